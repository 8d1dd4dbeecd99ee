using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>
/// Host ports kept bound while rules lead them into a sandbox: the kernel then refuses them to everybody else, and they
/// show up in lists of listening sockets. No packet reaches these sockets.
/// </summary>
internal static class SandboxPorts
{
    /// <summary>Keeps what is wanted and not kept yet, and lets go of the rest. The place of the first refused one, or -1.</summary>
    public static int Keep(Dictionary<SandboxPort, int> kept, IReadOnlyList<SandboxPort> wanted, out Errno error)
    {
        foreach (var (port, fd) in kept.Where(k => !wanted.Contains(k.Key)).ToList())
        {
            Sys.Close(fd);
            kept.Remove(port);
        }
        for (var i = 0; i < wanted.Count; i++)
        {
            if (kept.ContainsKey(wanted[i])) continue;
            var fd = Open(wanted[i]);
            if (fd.Error() is not Errno.None and var refused)
            {
                error = refused;
                return i;
            }
            kept.Add(wanted[i], (int)fd);
        }
        error = Errno.None;
        return -1;
    }

    /// <summary>bind(2) of an IPv4 socket. Allocates nothing.</summary>
    public static unsafe nint Bind(int fd, uint address, int port)
    {
        // struct sockaddr_in { u16 family; be16 port; be32 address; u8 zero[8]; }
        var name = stackalloc byte[16];
        new Span<byte>(name, 16).Clear();
        *(ushort*)name = Sys.AfInet;
        name[2] = (byte)(port >> 8);
        name[3] = (byte)port;
        *(uint*)(name + 4) = address;
        return Sys.Bind(fd, name, 16);
    }

    private static nint Open(SandboxPort port)
    {
        const int socketLevel = 1, reuseAddress = 2;
        var fd = Sys.Socket(Sys.AfInet, (port.Udp ? Sys.SockDatagram : Sys.SockStream) | Sys.SockCloseOnExec, 0);
        if (fd < 0) return fd;
        // Connections of an earlier run linger in TIME_WAIT; a listening socket still refuses a second one.
        if (!port.Udp) Sys.SetOption((int)fd, socketLevel, reuseAddress, 1);
        var result = Bind((int)fd, port.Address, port.Port);
        if (result == 0 && !port.Udp) result = Sys.Listen((int)fd, 1);
        if (result == 0) return fd;
        Sys.Close((int)fd);
        return result;
    }
}
