using System.Text;

namespace Bolt.Kernel;

/// <summary>A connected packet socket (unix(7), SOCK_SEQPACKET) that also receives descriptors. Never blocks.</summary>
internal sealed unsafe class PacketSocket : IDisposable
{
    private readonly Fd _socket;

    private PacketSocket(Fd socket) => _socket = socket;

    /// <summary>One that is connected already.</summary>
    public static PacketSocket Adopt(Fd socket)
    {
        _ = Sys.SetNonBlocking(socket.Number);
        return new PacketSocket(socket);
    }

    /// <summary>
    /// Connects to <paramref name="name"/> in a folder. By way of /proc/self/fd, because a unix address ends at 107 bytes
    /// and folders do not.
    /// </summary>
    public static PacketSocket? Connect(string folder, string name, out Errno error)
    {
        nint opened;
        fixed (byte* path = Encoding.UTF8.GetBytes(folder + "\0"))
            opened = Sys.Open(path, Sys.OPath | Sys.ODirectory | Sys.OCloseOnExec);
        error = opened.Error();
        if (opened < 0)
            return null;
        using var held = new Fd((int)opened);
        Span<byte> address = stackalloc byte[110];
        if (!Sys.UnixAddress(Encoding.UTF8.GetBytes($"/proc/self/fd/{opened}/{name}"), address, out var length))
        {
            error = Errno.ENAMETOOLONG;
            return null;
        }
        var socket = Sys.Socket(Sys.AfUnix, Sys.SockSeqPacket | Sys.SockCloseOnExec, 0);
        error = socket.Error();
        if (socket < 0)
            return null;
        fixed (byte* start = address)
        {
            var connected = Sys.Connect((int)socket, start, length);
            if (connected >= 0)
                connected = Sys.SetNonBlocking((int)socket);
            error = connected.Error();
        }
        if (error == Errno.None)
            return new PacketSocket(new Fd((int)socket));
        Sys.Close((int)socket);
        return null;
    }

    /// <summary>EAGAIN when the peer has not taken enough of what came before.</summary>
    public Errno TrySend(ReadOnlySpan<byte> packet)
    {
        fixed (byte* start = packet)
            return Sys.Send(_socket.Number, start, (nuint)packet.Length, null, 0).Error();
    }

    /// <summary>EAGAIN when there is none; 0 bytes at the end. Descriptors that came along are added, or closed.</summary>
    public Errno TryReceive(Span<byte> packet, List<Fd>? descriptors, out int length)
    {
        var numbers = stackalloc int[8];
        int count;
        nint got;
        fixed (byte* start = packet)
        {
            got = Sys.Receive(_socket.Number, start, (nuint)packet.Length, numbers, &count);
            // A peer that closed with something of ours unread is told of once, ahead of what it had sent before
            // (unix_release_sock sets sk_err); the packets are still there.
            if (got.Error() == Errno.ECONNRESET)
                got = Sys.Receive(_socket.Number, start, (nuint)packet.Length, numbers, &count);
        }
        length = (int)Math.Max(got, 0);
        for (var i = 0; i < count; i++)
        {
            var descriptor = new Fd(numbers[i]);
            if (descriptors is null)
                descriptor.Dispose();
            else
                descriptors.Add(descriptor);
        }
        return got.Error();
    }

    public Task ReadableAsync(CancellationToken cancellationToken) => FdEvents.ReadableAsync(_socket.Number, cancellationToken);

    public Task WritableAsync(CancellationToken cancellationToken) => FdEvents.WritableAsync(_socket.Number, cancellationToken);

    /// <summary>Blocks until a packet is there; false when none came in time.</summary>
    public bool WaitReadable(TimeSpan within)
    {
        var entry = new PollEntry(_socket.Number, PollEntry.In);
        return Sys.Poll(&entry, 1, (int)within.TotalMilliseconds) > 0;
    }

    public void Dispose() => _socket.Dispose();
}
