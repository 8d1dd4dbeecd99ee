using System.Text;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>
/// A mount needs something to lie on, and what was made for it must not become a part of the layer. Whatever is not empty, or
/// was changed beside that, stays.
/// </summary>
internal static unsafe class StubRemoval
{
    public static Errno Run(FileOperation.DropStub stub)
    {
        // The path with its links resolved in layer and below; links of the layer itself have been there before the mount.
        var way = new List<(byte[] Name, MergedFolder Folder)>();
        var error = MergedRoot.Of([.. stub.Below, stub.Layer]).Walk(stub.Path, way, out var last, out var rest);
        var place = string.Join('/', way.Skip(1).Select(w => Encoding.UTF8.GetString(w.Name.AsSpan().TrimEnd((byte)0))));
        foreach (var (_, folder) in way)
            folder.Dispose();
        if (error != Errno.None || rest.Length > 0)
            return error == Errno.ENOTDIR ? Errno.None : error;
        if (last is { } file)
            place += "/" + Encoding.UTF8.GetString(file.Name.AsSpan().TrimEnd((byte)0));
        nint layer;
        fixed (byte* path = Encoding.UTF8.GetBytes(stub.Layer + "\0"))
            layer = Sys.Open(path, MergedFolder.OpenFolder);
        if (layer < 0)
            return layer.Error();
        for (var (part, first) = (place.Trim('/'), true); part.Length > 0; part = part[..Math.Max(0, part.LastIndexOf('/'))], first = false)
        {
            if (!Remove((int)layer, part, first, stub))
                break;
        }
        _ = Sys.Close((int)layer);
        return Errno.None;
    }

    private static bool Remove(int layer, string place, bool target, FileOperation.DropStub stub)
    {
        nint parent;
        var slash = place.LastIndexOf('/');
        fixed (byte* path = Encoding.UTF8.GetBytes((slash < 0 ? "." : place[..slash]) + "\0"))
            parent = Sys.OpenAt2(layer, path, MergedFolder.OpenFolder, 0, Sys.ResolveBeneath | Sys.ResolveNoSymlinks);
        if (parent < 0)
            return true;
        FileStatus status;
        nint result;
        fixed (byte* name = Encoding.UTF8.GetBytes(place[(slash + 1)..] + "\0"))
        {
            result = Sys.Status((int)parent, name, Sys.AtSymlinkNoFollow, &status);
            var type = status.Mode & Sys.TypeMask;
            if (result >= 0 && type == Sys.TypeFolder)
                result = target || IsNoChange((int)parent, name, status, place, stub) ? Sys.RemoveFolderAt((int)parent, name) : -(int)Errno.ENOTEMPTY;
            else if (result >= 0)
                result = target && type == Sys.TypeFile && status.Size == 0 ? Sys.Unlink((int)parent, name) : -(int)Errno.ENOTEMPTY;
        }
        _ = Sys.Close((int)parent);
        return result >= 0 || result == -(int)Errno.ENOENT;
    }

    private static bool IsNoChange(int parent, byte* name, in FileStatus status, string place, FileOperation.DropStub stub)
    {
        var opened = Sys.OpenAt(parent, name, MergedFolder.OpenFolder);
        if (opened < 0)
            return false;
        var opaque = MergedFolder.IsOpaque((int)opened);
        _ = Sys.Close((int)opened);
        if (opaque || stub.Below.IsEmpty)
            return !opaque;
        var way = new List<(byte[] Name, MergedFolder Folder)>();
        _ = MergedRoot.Of(stub.Below).Walk(place, way, out var last, out var rest);
        var below = way.Count > 0 ? way[^1].Folder.Status : default;
        foreach (var (_, folder) in way)
            folder.Dispose();
        return rest.Length > 0 || (last is null && (below.Mode, below.Uid, below.Gid) == (status.Mode, status.Uid, status.Gid));
    }
}
