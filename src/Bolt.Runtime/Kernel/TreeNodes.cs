using System.Text;

namespace Bolt.Kernel;

/// <summary>What trees are made of and .NET has no call for. Paths are the caller's own: nothing is resolved inside a root.</summary>
internal static unsafe class TreeNodes
{
    private const uint CharacterDevice = 0x2000, Pipe = 0x1000;

    /// <summary>A second name for a file; a symbolic link is named itself, not what it points to.</summary>
    public static Errno Link(string existing, string name)
    {
        fixed (byte* from = Text(existing), to = Text(name))
            return Sys.Call(SystemCall.linkat, Sys.AtFdCwd, (nint)from, Sys.AtFdCwd, (nint)to, 0).Error();
    }

    /// <summary>
    /// Overlayfs's mark "deleted here": a character device 0:0. Since Linux 5.8 anybody may make this one device.
    /// </summary>
    public static Errno Whiteout(string path) => Node(path, CharacterDevice);

    public static Errno Fifo(string path) => Node(path, Pipe);

    /// <summary>Overlayfs's mark "nothing below shows through here", as a mount with userxattr reads it.</summary>
    public static Errno Opaque(string folder)
    {
        var value = (byte)'y';
        fixed (byte* path = Text(folder), name = "user.overlay.opaque\0"u8)
            return Sys.Call(SystemCall.lsetxattr, (nint)path, (nint)name, (nint)(&value), 1, 0).Error();
    }

    /// <summary>Sets an extended attribute; EOPNOTSUPP where the file system has none.</summary>
    public static Errno SetAttribute(string path, string name, ReadOnlySpan<byte> value)
    {
        fixed (byte* text = Text(path), attribute = Text(name), bytes = value)
            return Sys.Call(SystemCall.lsetxattr, (nint)text, (nint)attribute, (nint)bytes, value.Length, 0).Error();
    }

    /// <summary>Writes out the whole file system that holds the path.</summary>
    public static Errno Sync(string path)
    {
        nint fd;
        fixed (byte* text = Text(path))
            fd = Sys.Open(text, Sys.OReadOnly | Sys.OCloseOnExec);
        if (fd < 0)
            return fd.Error();
        var result = Sys.Block(SystemCall.syncfs, fd);
        _ = Sys.Close((int)fd);
        return result.Error();
    }

    private static Errno Node(string path, uint type)
    {
        fixed (byte* text = Text(path))
            return Sys.Call(SystemCall.mknodat, Sys.AtFdCwd, (nint)text, (nint)(type | 0b110_000_000), 0).Error();
    }

    private static byte[] Text(string path) => Encoding.UTF8.GetBytes(path + "\0");
}
