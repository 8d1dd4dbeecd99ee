using System.Text;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>
/// Packs layers, or a part of them, as a tar in the order of names: the folders on the way to the path first. With marks, one
/// layer is packed as it is, its deletions as OCI's whiteouts (image-spec layer.md).
/// </summary>
internal sealed unsafe class TreePacking(FileOperation.Pack pack, Func<uint, uint> uid, Func<uint, uint> gid)
{
    private const int MaxDepth = 256;

    private readonly Dictionary<(ulong, ulong), string> _firstNames = [];
    private readonly byte[] _block = new byte[256 << 10];
    private TarWriter _tar = null!;

    /// <summary>Where it failed.</summary>
    public string FailedAt { get; private set; } = "";

    public Errno Run()
    {
        nint target;
        fixed (byte* path = Encoding.UTF8.GetBytes(pack.Target + "\0"))
            target = Sys.Open(path, Sys.OWriteOnly | Sys.OTruncate | Sys.ONoFollow | Sys.OCloseOnExec);
        if (target < 0)
            return target.Error();
        _tar = new TarWriter((int)target);
        var error = pack.Layers.IsEmpty ? Errno.None : Write();
        _tar.End();
        _ = Sys.Close((int)target);
        return error != Errno.None ? error : _tar.Error;
    }

    private Errno Write()
    {
        var way = new List<(byte[] Name, MergedFolder Folder)>();
        var error = MergedRoot.Of(pack.Layers).Walk(pack.Path, way, out var last, out var rest);
        var place = "";
        if (!pack.Marks)
            Found(way, last, rest);
        foreach (var (name, folder) in way)
        {
            place = Join(place, name);
            if (place.Length > 0)
                Folder(place, folder);
        }
        if (error == Errno.None && last is { } file)
            error = Node(Join(place, file.Name), file.Name, file.Entry);
        else if (error == Errno.None && pack.Recurse && rest.Length == 0)
            error = Below(place, way[^1].Folder, 0);
        foreach (var (_, folder) in way)
            folder.Dispose();
        return error == Errno.ENOTDIR ? Errno.None : error;
    }

    // Where the path led, and what of it does not exist: for a reader that must know which entry was meant.
    private void Found(List<(byte[] Name, MergedFolder Folder)> way, (byte[] Name, MergedEntry Entry)? last, string rest)
    {
        var place = way.Aggregate("", (to, step) => step.Name.Length == 0 ? to : Join(to, step.Name));
        place = last is { } file ? Join(place, file.Name) : place;
        _tar.Entry(FileOperation.FoundName, '2', 0, 0, 0, 0, 0, "/" + place + "\n" + rest, null);
    }

    private Errno Below(string place, MergedFolder folder, int depth)
    {
        if (depth >= MaxDepth)
            return Fail(place, Errno.ENAMETOOLONG);
        var names = folder.Names(out var error);
        foreach (var name in names)
        {
            if (error == Errno.None)
                error = Child(place, folder, name, depth);
        }
        return error == Errno.None ? _tar.Error : Fail(place, error);
    }

    private Errno Child(string place, MergedFolder folder, byte[] name, int depth)
    {
        var inner = Join(place, name);
        if (pack.Marks && IsDeleted(folder.Top, name))
        {
            _tar.Entry(Join(place, [.. ".wh."u8, .. name]), '0', 0, 0, 0, 0, Time(0), "", null);
            return Errno.None;
        }
        if (folder.Find(name) is not { } found)
            return Errno.None;
        if (found.Folder is not { } below)
            return Node(inner, name, found);
        using (below)
        {
            Folder(inner, below);
            if (pack.Marks && MergedFolder.IsOpaque(below.Top))
                _tar.Entry(inner + "/.wh..wh..opq", '0', 0, 0, 0, 0, Time(0), "", null);
            return Below(inner, below, depth + 1);
        }
    }

    private void Folder(string place, MergedFolder folder)
    {
        var status = folder.Status;
        _tar.Entry(place + "/", '5', status.Mode & 0xFFF, uid(status.Uid), gid(status.Gid), 0, Time(status.ChangeSeconds), "", Attributes(folder.Top));
    }

    private Errno Node(string place, byte[] name, in MergedEntry found)
    {
        var status = found.Status;
        if (status.Links > 1)
        {
            if (_firstNames.TryGetValue((status.Device, status.Inode), out var first))
            {
                _tar.Entry(place, '1', status.Mode & 0xFFF, uid(status.Uid), gid(status.Gid), 0, Time(status.ChangeSeconds), first, null);
                return Errno.None;
            }
            _firstNames[(status.Device, status.Inode)] = place;
        }
        switch (status.Mode & Sys.TypeMask)
        {
            case Sys.TypeFile:
                return File(place, name, found);
            case Sys.TypeLink:
                fixed (byte* text = name, block = _block)
                {
                    var length = Sys.ReadLink(found.Parent, text, block, (nuint)_block.Length);
                    if (length < 0)
                        return Fail(place, length.Error());
                    _tar.Entry(place, '2', 0x1FF, uid(status.Uid), gid(status.Gid), 0, Time(status.ChangeSeconds), Encoding.UTF8.GetString(_block, 0, (int)length), null);
                }
                return Errno.None;
            case Sys.TypePipe:
                _tar.Entry(place, '6', status.Mode & 0xFFF, uid(status.Uid), gid(status.Gid), 0, Time(status.ChangeSeconds), "", null);
                return Errno.None;
            default:
                // Sockets end with their program, and every capsule has devices of its own.
                return Errno.None;
        }
    }

    private Errno File(string place, byte[] name, in MergedEntry found)
    {
        nint fd;
        fixed (byte* text = name)
            fd = Sys.OpenAt(found.Parent, text, Sys.OReadOnly | Sys.ONoFollow | Sys.OCloseOnExec);
        if (fd < 0)
            return Fail(place, fd.Error());
        var status = found.Status;
        _tar.Entry(place, '0', status.Mode & 0xFFF, uid(status.Uid), gid(status.Gid), status.Size, Time(status.ChangeSeconds), "", Attributes((int)fd));
        var left = status.Size;
        nint got = 1;
        fixed (byte* block = _block)
        {
            while (left > 0 && (got = Sys.ReadBlocking((int)fd, block, (nuint)Math.Min(left, _block.Length))) > 0)
            {
                _tar.Append(_block.AsSpan(0, (int)got));
                left -= got;
            }
        }
        _ = Sys.Close((int)fd);
        _tar.Pad(status.Size);
        // Shorter than it was a moment ago: the tar would be torn.
        return left == 0 ? _tar.Error : Fail(place, got < 0 ? got.Error() : Errno.EIO);
    }

    // What layers may carry (README of Storage); overlayfs's own marks are told by whiteouts.
    private List<(string Name, byte[] Value)>? Attributes(int fd)
    {
        List<(string, byte[])>? found = null;
        var list = new byte[4096];
        fixed (byte* names = list, value = _block)
        {
            var length = Sys.ListAttributes(fd, names, (nuint)list.Length);
            for (nint at = 0; at < length;)
            {
                var name = list.AsSpan((int)at);
                name = name[..name.IndexOf((byte)0)];
                if (name.StartsWith("user."u8) && !name.StartsWith("user.overlay."u8) && Sys.GetAttribute(fd, names + at, value, 65536) is >= 0 and var got)
                    (found ??= []).Add((Encoding.UTF8.GetString(name), _block[..(int)got]));
                at += name.Length + 1;
            }
        }
        found?.Sort((a, b) => string.CompareOrdinal(a.Item1, b.Item1));
        return found;
    }

    private static bool IsDeleted(int folder, byte[] name)
    {
        FileStatus status;
        fixed (byte* text = name)
            return Sys.Status(folder, text, Sys.AtSymlinkNoFollow, &status) >= 0 && MergedFolder.IsWhiteout(status);
    }

    private long Time(long seconds) => pack.Latest >= 0 && seconds > pack.Latest ? pack.Latest : seconds;

    private Errno Fail(string place, Errno error)
    {
        FailedAt = FailedAt.Length == 0 ? place : FailedAt;
        return error;
    }

    private static string Join(string place, ReadOnlySpan<byte> name)
    {
        var text = Encoding.UTF8.GetString(name.TrimEnd((byte)0));
        return place.Length == 0 ? text : place + "/" + text;
    }
}
