using System.Text;

namespace Bolt.Kernel;

internal static unsafe partial class Sys
{
    public const int SigHangUp = 1, SigPipe = 13;
    public const int SolSocket = 1;

    /// <summary>Sets a signal to be ignored; children that reset their signals do not inherit it.</summary>
    public static nint IgnoreSignal(int signal)
    {
        // struct sigaction of the kernel: handler 1 is SIG_IGN.
        var action = stackalloc ulong[4] { 1, 0, 0, 0 };
        return Call(SystemCall.rt_sigaction, signal, (nint)action, 0, 8);
    }

    /// <summary>The effective uid of the peer when it connected (SO_PEERCRED, unix(7)); -1 when there is none.</summary>
    public static long PeerUid(int fd)
    {
        const int peerCredentials = 17;
        // struct ucred { pid, uid, gid }
        var credentials = stackalloc uint[3];
        uint length = 12;
        return Call(SystemCall.getsockopt, fd, SolSocket, peerCredentials, (nint)credentials, (nint)(&length)) < 0 ? -1 : credentials[1];
    }

    /// <summary>Sets a terminal's size (TIOCSWINSZ, ioctl_tty(2)).</summary>
    public static nint SetTerminalSize(int fd, ushort columns, ushort rows)
    {
        // struct winsize { rows, columns, width and height in pixels }
        var size = stackalloc ushort[4] { rows, columns, 0, 0 };
        return Ioctl(fd, 0x5414, size);
    }

    /// <summary>struct sockaddr_un for a path shorter than 108 bytes; its length in <paramref name="length"/>.</summary>
    public static bool UnixAddress(ReadOnlySpan<byte> path, Span<byte> address, out uint length)
    {
        length = (uint)(2 + path.Length + 1);
        if (path.Length > 107 || address.Length < 110)
            return false;
        address.Clear();
        address[0] = AfUnix;
        path.CopyTo(address[2..]);
        return true;
    }

    /// <summary>Whether the effective ids may execute a file.</summary>
    public static bool MayExecute(string path)
    {
        const int execute = 1;
        fixed (byte* text = Encoding.UTF8.GetBytes(path + "\0"))
            return Access(text, execute) == 0;
    }

    /// <summary>chmod(2).</summary>
    public static Errno ChangeMode(string path, uint mode)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(path + "\0"))
            return ChangeModeAt(AtFdCwd, text, mode).Error();
    }

    /// <summary>Device and inode of what a descriptor names.</summary>
    public static (ulong Device, ulong Inode) Identity(int fd)
    {
        FileStatus status = default;
        byte empty = 0;
        _ = Status(fd, &empty, AtEmptyPath, &status);
        return (status.Device, status.Inode);
    }

    /// <summary>As above, of an open file.</summary>
    public static (ulong Device, ulong Inode) Identity(System.Runtime.InteropServices.SafeHandle file) => Identity((int)file.DangerousGetHandle());
}
