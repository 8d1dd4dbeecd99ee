using System.Text;

namespace Bolt.Kernel;

/// <summary>Descriptors that are handed to other processes.</summary>
internal static unsafe class Descriptors
{
    /// <summary>A file in memory with this content.</summary>
    public static Fd? Memory(string name, ReadOnlySpan<byte> content, out Errno error)
    {
        nint fd;
        fixed (byte* text = Encoding.UTF8.GetBytes(name + "\0"))
            fd = Sys.MemoryFile(text);
        error = fd.Error();
        if (fd < 0)
            return null;
        var file = new Fd((int)fd);
        fixed (byte* start = content)
        {
            nint done = 0;
            while (done < content.Length && error == Errno.None)
            {
                var written = Sys.WriteBlocking(file.Number, start + done, (nuint)(content.Length - done));
                error = written.Error();
                done += written;
            }
        }
        if (error == Errno.None)
            return file;
        file.Dispose();
        return null;
    }

    /// <summary>
    /// A program that nobody can write to by way of the /proc/PID/exe of its process (CVE-2019-5736): through a read-only
    /// mount that stands nowhere, else, where no mount may be made, a sealed copy.
    /// </summary>
    public static Fd? Unwritable(string path, out Errno error)
    {
        if (ReadOnlyMount(path) is not { } mount)
            return SealedCopy(path, out error);
        error = Errno.None;
        return mount;
    }

    private static Fd? ReadOnlyMount(string path)
    {
        nint tree;
        fixed (byte* text = Encoding.UTF8.GetBytes(path + "\0"))
            tree = Sys.OpenTree(Sys.AtFdCwd, text, Sys.OpenTreeClone | Sys.OCloseOnExec);
        if (tree < 0)
            return null;
        var mount = new Fd((int)tree);
        if (Sys.SetMountAttributes(mount.Number, Sys.AttrReadOnly, 0, 0, recursive: false) >= 0)
            return mount;
        mount.Dispose();
        return null;
    }

    private static Fd? SealedCopy(string path, out Errno error)
    {
        const int closeOnExec = 1, allowSealing = 2, addSeals = 1033, sealAll = 15;
        nint source;
        fixed (byte* text = Encoding.UTF8.GetBytes(path + "\0"))
            source = Sys.Open(text, Sys.OReadOnly | Sys.OCloseOnExec);
        error = source.Error();
        if (source < 0)
            return null;
        using var file = new Fd((int)source);
        nint memory;
        fixed (byte* name = "bolt-shim\0"u8)
            memory = Sys.Call(SystemCall.memfd_create, (nint)name, closeOnExec | allowSealing);
        error = memory.Error();
        if (memory < 0)
            return null;
        var copy = new Fd((int)memory);
        nint sent;
        do
            sent = Sys.Block(SystemCall.sendfile, copy.Number, file.Number, 0, 1 << 30);
        while (sent > 0);
        if (sent == 0)
            sent = Sys.Call(SystemCall.fcntl, copy.Number, addSeals, sealAll);
        error = sent.Error();
        if (sent >= 0)
            return copy;
        copy.Dispose();
        return null;
    }

    /// <summary>Sends a descriptor over a connected unix socket, with some bytes.</summary>
    public static Errno Send(Fd socket, ReadOnlySpan<byte> bytes, Fd descriptor)
    {
        var number = descriptor.Number;
        fixed (byte* start = bytes)
            return Sys.Send(socket.Number, start, (nuint)bytes.Length, &number, 1).Error();
    }

    /// <summary>Connects to a stream socket by its path.</summary>
    public static Fd? ConnectStream(string path, out Errno error)
    {
        Span<byte> address = stackalloc byte[110];
        if (!Sys.UnixAddress(Encoding.UTF8.GetBytes(path), address, out var length))
        {
            error = Errno.ENAMETOOLONG;
            return null;
        }
        var socket = Sys.Socket(Sys.AfUnix, Sys.SockStream | Sys.SockCloseOnExec, 0);
        error = socket.Error();
        if (socket < 0)
            return null;
        var fd = new Fd((int)socket);
        fixed (byte* start = address)
            error = Sys.Connect(fd.Number, start, length).Error();
        if (error == Errno.None)
            return fd;
        fd.Dispose();
        return null;
    }

    /// <summary>A pair of connected packet sockets: this end, and the one for a child.</summary>
    public static (PacketSocket Mine, Fd Child)? Pair(out Errno error)
    {
        var ends = stackalloc int[2];
        var result = Sys.SocketPair(Sys.SockSeqPacket | Sys.SockCloseOnExec, ends);
        error = result.Error();
        return result < 0 ? null : (PacketSocket.Adopt(new Fd(ends[0])), new Fd(ends[1]));
    }

    /// <summary>A copy of a descriptor whose number is at least <paramref name="least"/>.</summary>
    public static Fd Above(Fd fd, int least) => new((int)Sys.Call(SystemCall.fcntl, fd.Number, 1030 /* F_DUPFD_CLOEXEC */, least));

    /// <summary>/dev/null for reading and writing.</summary>
    public static Fd? OpenNull()
    {
        fixed (byte* path = "/dev/null\0"u8)
            return Sys.Open(path, Sys.OReadWrite | Sys.OCloseOnExec) is >= 0 and var fd ? new Fd((int)fd) : null;
    }

    /// <summary>Reads and writes begin at the start again.</summary>
    public static void Rewind(Fd file) => _ = Sys.Call(SystemCall.lseek, file.Number, 0, 0);

    /// <summary>Whether a descriptor is open.</summary>
    public static bool IsOpen(int fd) => Sys.Call(SystemCall.fcntl, fd, 1 /* F_GETFD */) >= 0;

    /// <summary>Whether it is a terminal.</summary>
    public static bool IsTerminal(int fd)
    {
        var settings = stackalloc byte[64];
        return Sys.Ioctl(fd, 0x5401 /* TCGETS */, settings) >= 0;
    }

    /// <summary>The size of a terminal; 0 when it has none.</summary>
    public static (ushort Columns, ushort Rows) TerminalSize(int fd)
    {
        var size = stackalloc ushort[4];
        return Sys.Ioctl(fd, 0x5413 /* TIOCGWINSZ */, size) < 0 ? default : (size[1], size[0]);
    }
}
