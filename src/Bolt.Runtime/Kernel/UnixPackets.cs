using System.Text;

namespace Bolt.Kernel;

/// <summary>A client of a SOCK_SEQPACKET unix socket: packets, and descriptors with them.</summary>
internal static unsafe class UnixPackets
{
    /// <summary>Connects to a socket in a folder, whose path may be longer than sun_path's 107 bytes. Null with its errno.</summary>
    public static Fd? Connect(string folder, string name, out Errno error)
    {
        var path = Encoding.UTF8.GetBytes(folder + "\0");
        nint place;
        fixed (byte* start = path) place = Sys.Open(start, Sys.OPath | Sys.ODirectory | Sys.OCloseOnExec);
        if ((error = place.Error()) != Errno.None) return null;
        using var held = new Fd((int)place);
        var socket = Sys.Socket(Sys.AfUnix, Sys.SockSeqPacket | Sys.SockCloseOnExec, 0);
        if ((error = socket.Error()) != Errno.None) return null;
        var fd = new Fd((int)socket);

        var address = new byte[110];
        address[0] = Sys.AfUnix;
        var short_ = Encoding.UTF8.GetBytes($"/proc/self/fd/{held.Number}/{name}");
        if (short_.Length > 107) throw new ArgumentException("longer than any name that Bolt gives", nameof(name));
        short_.CopyTo(address, 2);
        fixed (byte* start = address) error = Sys.Connect(fd.Number, start, (uint)(2 + short_.Length + 1)).Error();
        if (error == Errno.None) return fd;
        fd.Dispose();
        return null;
    }

    /// <summary>Sends one packet of one byte, with a descriptor or without (-1).</summary>
    public static Errno Send(Fd socket, byte packet, int descriptor = -1) =>
        Sys.Send(socket.Number, &packet, 1, &descriptor, descriptor < 0 ? 0 : 1).Error();

    /// <summary>Waits for one packet: its length, 0 at the end; the descriptors that came with it are the caller's.</summary>
    public static int Receive(Fd socket, Span<byte> packet, out int[] descriptors)
    {
        var fds = stackalloc int[8];
        var count = 0;
        nint got;
        fixed (byte* start = packet) got = Sys.Receive(socket.Number, start, (nuint)packet.Length, fds, &count);
        descriptors = new ReadOnlySpan<int>(fds, count).ToArray();
        return (int)Math.Max(got, 0);
    }

    /// <summary>A memory file that holds the bytes, read from its start; null when the kernel gives none.</summary>
    public static Fd? MemoryFile(ReadOnlySpan<byte> bytes)
    {
        nint fd;
        fixed (byte* name = "sheet\0"u8) fd = Sys.MemoryFile(name);
        if (fd < 0) return null;
        fixed (byte* start = bytes)
        {
            for (nint done = 0; done < bytes.Length;)
            {
                var written = Sys.Write((int)fd, start + done, (nuint)(bytes.Length - done));
                if (written <= 0) return null;
                done += written;
            }
        }
        Sys.Call(SystemCall.lseek, fd, 0, 0);
        return new Fd((int)fd);
    }
}
