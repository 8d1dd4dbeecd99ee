using System.Text;
using Bolt.Kernel;

namespace Bolt.Shim;

/// <summary>
/// Copies a tree with owners, modes, times, links and user.* attributes. Sockets are left out. With a
/// <paramref name="single"/> id map owners are left as they fall: there is one.
/// </summary>
internal sealed unsafe class TreeCopy(bool single)
{
    private const int MaxDepth = 256;

    private readonly Dictionary<(ulong, ulong), byte[]> _firstNames = [];
    private readonly List<byte> _path = [];
    private readonly byte[] _block = new byte[64 << 10];
    private int _targetRoot = -1;

    /// <summary>Where it failed, below the source.</summary>
    public string FailedAt => Encoding.UTF8.GetString([.. _path]);

    public Errno Copy(string source, string target)
    {
        nint from, to;
        FileStatus status = default;
        byte empty = 0;
        fixed (byte* path = Encoding.UTF8.GetBytes(source + "\0"))
            from = Sys.Open(path, Sys.OReadOnly | Sys.ODirectory | Sys.OCloseOnExec);
        if (from < 0)
            return from.Error();
        _ = Sys.Status((int)from, &empty, Sys.AtEmptyPath, &status);
        fixed (byte* path = Encoding.UTF8.GetBytes(target + "\0"))
        {
            to = Sys.MakeFolder(Sys.AtFdCwd, path, 0b111_000_000);
            if (to >= 0)
                to = Sys.Open(path, Sys.OReadOnly | Sys.ODirectory | Sys.ONoFollow | Sys.OCloseOnExec);
        }
        if (to < 0)
        {
            _ = Sys.Close((int)from);
            return to.Error();
        }
        _targetRoot = (int)to;
        return CopyFolder((int)from, (int)to, status, 0);
    }

    // Takes both descriptors; leaves the path where it failed.
    private Errno CopyFolder(int from, int to, in FileStatus status, int depth)
    {
        var names = FolderReader.Names(from, out var error);
        if (depth >= MaxDepth)
            error = Errno.ENAMETOOLONG;
        foreach (var name in names)
        {
            if (error != Errno.None)
                break;
            var before = _path.Count;
            _path.AddRange(before == 0 ? name.AsSpan(0, name.Length - 1) : [(byte)'/', .. name.AsSpan(0, name.Length - 1)]);
            error = CopyEntry(from, to, name, depth);
            if (error == Errno.None)
                _path.RemoveRange(before, _path.Count - before);
        }
        if (error == Errno.None)
            error = Finish(from, to, status);
        _ = Sys.Close(from);
        if (to != _targetRoot || depth == 0)
            _ = Sys.Close(to);
        return error;
    }

    private Errno CopyEntry(int from, int to, byte[] name, int depth)
    {
        FileStatus status = default;
        fixed (byte* text = name)
        {
            var result = Sys.Status(from, text, Sys.AtSymlinkNoFollow, &status);
            if (result < 0)
                return result.Error();
            var type = status.Mode & Sys.TypeMask;
            if (type != Sys.TypeFolder && status.Links > 1 && Link(to, text, status))
                return Errno.None;
            return type switch
            {
                Sys.TypeFolder => CopyInner(from, to, text, status, depth),
                Sys.TypeFile => CopyFile(from, to, text, status),
                Sys.TypeLink => CopyLink(from, to, text, status),
                Sys.TypePipe or Sys.TypeDevice or Sys.TypeBlockDevice => CopyNode(to, text, status),
                _ => Errno.None,
            };
        }
    }

    // The first name of an inode is copied; the others become links to that copy.
    private bool Link(int to, byte* name, in FileStatus status)
    {
        if (_firstNames.TryGetValue((status.Device, status.Inode), out var first))
            fixed (byte* text = first)
                return Sys.LinkAt(_targetRoot, text, to, name) >= 0;
        _firstNames[(status.Device, status.Inode)] = [.. _path, 0];
        return false;
    }

    private Errno CopyInner(int from, int to, byte* name, in FileStatus status, int depth)
    {
        const int flags = Sys.OReadOnly | Sys.ODirectory | Sys.ONoFollow | Sys.OCloseOnExec;
        var source = Sys.OpenAt(from, name, flags);
        if (source < 0)
            return source.Error();
        var target = Sys.MakeFolder(to, name, 0b111_000_000);
        if (target >= 0)
            target = Sys.OpenAt(to, name, flags);
        if (target >= 0)
            return CopyFolder((int)source, (int)target, status, depth + 1);
        _ = Sys.Close((int)source);
        return target.Error();
    }

    private Errno CopyFile(int from, int to, byte* name, in FileStatus status)
    {
        var source = Sys.OpenAt(from, name, Sys.OReadOnly | Sys.ONoFollow | Sys.OCloseOnExec);
        if (source < 0)
            return source.Error();
        var target = Sys.OpenAt(to, name, Sys.OWriteOnly | Sys.OCreate | Sys.OExclusive | Sys.ONoFollow | Sys.OCloseOnExec, 0b110_000_000);
        var error = target.Error();
        if (error == Errno.None)
            error = CopyContent((int)source, (int)target);
        if (error == Errno.None)
            error = Finish((int)source, (int)target, status);
        _ = Sys.Close((int)source);
        if (target >= 0)
            _ = Sys.Close((int)target);
        return error;
    }

    private Errno CopyContent(int source, int target)
    {
        if (Sys.CloneFile(target, source) >= 0)
            return Errno.None;
        nint copied;
        do copied = Sys.CopyRange(source, target, 1 << 30);
        while (copied > 0);
        if (copied == 0 || copied.Error() is Errno.ENOSPC or Errno.EIO or Errno.EDQUOT or Errno.EFBIG)
            return copied.Error();
        fixed (byte* block = _block)
        {
            while (true)
            {
                var got = Sys.ReadBlocking(source, block, (nuint)_block.Length);
                if (got <= 0)
                    return got.Error();
                if (!StandardStreams.WriteAll(target, new ReadOnlySpan<byte>(block, (int)got)))
                    return Errno.ENOSPC;
            }
        }
    }

    private Errno CopyLink(int from, int to, byte* name, in FileStatus status)
    {
        nint length;
        fixed (byte* block = _block)
        {
            length = Sys.ReadLink(from, name, block, (nuint)_block.Length - 1);
            if (length < 0)
                return length.Error();
            block[length] = 0;
            var made = Sys.Symlink(block, to, name);
            return made < 0 ? made.Error() : FinishAt(to, name, status);
        }
    }

    private Errno CopyNode(int to, byte* name, in FileStatus status)
    {
        var made = Sys.MakeNodeAt(to, name, status.Mode & (Sys.TypeMask | 0xFFF), status.SpecialDevice);
        if (made < 0)
            return made.Error();
        var error = FinishAt(to, name, status);
        return error == Errno.None ? Sys.ChangeModeAt(to, name, status.Mode & 0xFFF).Error() : error;
    }

    private Errno FinishAt(int to, byte* name, in FileStatus status)
    {
        var error = single ? Errno.None : Sys.ChangeOwnerAt(to, name, status.Uid, status.Gid).Error();
        return error == Errno.None ? Sys.SetTimesAt(to, name, status).Error() : error;
    }

    // The mode after the owner: chown(2) clears set-id bits. The times last.
    private Errno Finish(int source, int target, in FileStatus status)
    {
        CopyAttributes(source, target);
        var result = single ? 0 : Sys.ChangeOwner(target, status.Uid, status.Gid);
        if (result >= 0)
            result = Sys.ChangeMode(target, status.Mode & 0xFFF);
        if (result < 0)
            return result.Error();
        var times = stackalloc long[4] { status.AccessSeconds, status.AccessNanoseconds, status.ChangeSeconds, status.ChangeNanoseconds };
        // A null name is the descriptor itself (utimensat(2), futimens).
        return Sys.Call(SystemCall.utimensat, target, 0, (nint)times, 0).Error();
    }

    private void CopyAttributes(int source, int target)
    {
        var list = new byte[4096];
        fixed (byte* names = list)
        fixed (byte* value = _block)
        {
            var length = Sys.ListAttributes(source, names, (nuint)list.Length);
            for (nint at = 0; at < length;)
            {
                var name = list.AsSpan((int)at);
                var size = name.IndexOf((byte)0) + 1;
                if (name.StartsWith("user."u8) && Sys.GetAttribute(source, names + at, value, (nuint)_block.Length) is >= 0 and var got)
                    _ = Sys.SetAttribute(target, names + at, value, (nuint)got);
                at += size;
            }
        }
    }
}
