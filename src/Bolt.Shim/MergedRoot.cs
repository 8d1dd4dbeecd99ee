using System.Text;
using Bolt.Kernel;

namespace Bolt.Shim;

/// <summary>Layers as one root: paths are walked in it as a process would whose root it is.</summary>
internal sealed unsafe class MergedRoot
{
    private const int MaxLinks = 40;

    private readonly List<string> _layers;

    private MergedRoot(List<string> layers) => _layers = layers;

    /// <param name="layers">Paths, the lowest first.</param>
    public static MergedRoot Of(IEnumerable<string> layers) => new([.. layers.Reverse()]);

    /// <summary>Opened anew for each walk; null when one cannot be.</summary>
    public MergedFolder? Open(out Errno error)
    {
        var folders = new List<int>();
        error = Errno.None;
        foreach (var layer in _layers)
        {
            nint fd;
            fixed (byte* path = Encoding.UTF8.GetBytes(layer + "\0"))
                fd = Sys.Open(path, MergedFolder.OpenFolder);
            if (fd < 0)
            {
                error = fd.Error();
                folders.ForEach(f => Sys.Close(f));
                return null;
            }
            folders.Add((int)fd);
        }
        return new MergedFolder(folders);
    }

    /// <summary>
    /// The folders on the way to a path, links followed, the root first and each with its name; then the last part, if it is there
    /// and no folder. What does not exist ends the walk and is the
    /// <paramref name="rest"/>. The caller disposes of the folders.
    /// </summary>
    public Errno Walk(string path, List<(byte[] Name, MergedFolder Folder)> way, out (byte[] Name, MergedEntry Entry)? last, out string rest)
    {
        (last, rest) = (null, path);
        if (Open(out var error) is not { } root)
            return error;
        way.Add(([], root));
        var parts = new Stack<string>(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        for (var links = 0; parts.TryPop(out var part);)
        {
            if (part == ".")
                continue;
            if (part == "..")
            {
                if (way.Count > 1)
                {
                    way[^1].Folder.Dispose();
                    way.RemoveAt(way.Count - 1);
                }
                continue;
            }
            byte[] name = [.. Encoding.UTF8.GetBytes(part), 0];
            rest = string.Join('/', [part, .. parts]);
            if (way[^1].Folder.Find(name) is not { } found)
                return Errno.None;
            if (found.Folder is { } folder)
            {
                way.Add((name, folder));
                continue;
            }
            if ((found.Status.Mode & Sys.TypeMask) != Sys.TypeLink)
            {
                // A file in the middle of a path: the path does not exist.
                last = parts.Count == 0 ? (name, found) : null;
                rest = parts.Count == 0 ? "" : rest;
                return parts.Count == 0 ? Errno.None : Errno.ENOTDIR;
            }
            if (++links > MaxLinks || Follow(found.Parent, name) is not { } target)
                return Errno.ELOOP;
            if (target.StartsWith('/'))
            {
                foreach (var (_, left) in way.Skip(1))
                    left.Dispose();
                way.RemoveRange(1, way.Count - 1);
            }
            foreach (var step in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
                parts.Push(step);
        }
        rest = "";
        return Errno.None;
    }

    private static string? Follow(int parent, byte[] name)
    {
        var target = new byte[4096];
        fixed (byte* text = name, block = target)
        {
            var length = Sys.ReadLink(parent, text, block, (nuint)target.Length);
            return length < 0 ? null : Encoding.UTF8.GetString(target, 0, (int)length);
        }
    }
}
