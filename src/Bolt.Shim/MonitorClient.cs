using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>One connection to the control socket, and what it asked for.</summary>
internal sealed unsafe class MonitorClient(int fd)
{
    /// <summary>Output that its socket did not take; while there is any, the capsule's output is not read.</summary>
    private readonly Queue<byte[]> _unsent = [];

    public int Fd { get; } = fd;
    public bool Watching { get; set; }
    public bool Following { get; set; }
    public bool Attached { get; set; }
    /// <summary>The command that it runs; it ends with the connection.</summary>
    public ExecutedProcess? Command { get; set; }
    /// <summary>No more is sent or read; closed once all is sent.</summary>
    public bool Done { get; set; }
    public bool HasUnsent => _unsent.Count > 0;
    public bool Closed => Done && !HasUnsent;

    public void Send(MonitorMessage message, params ReadOnlySpan<int> descriptors) => Send(MonitorCodec.Write(message), descriptors);

    /// <summary>Output is kept until the socket takes it, so that an attached terminal holds its capsule back, as terminals do.</summary>
    public void Send(ReadOnlySpan<byte> packet, params ReadOnlySpan<int> descriptors)
    {
        if (HasUnsent)
            _unsent.Enqueue(packet.ToArray());
        else if (TrySend(packet, descriptors) == Errno.EAGAIN)
            _unsent.Enqueue(packet.ToArray());
    }

    /// <summary>A full socket already holds an equal message unread.</summary>
    public void Tick(ReadOnlySpan<byte> packet)
    {
        if (!HasUnsent)
            _ = TrySend(packet, []);
    }

    public void SendUnsent()
    {
        while (_unsent.TryPeek(out var packet) && TrySend(packet, []) != Errno.EAGAIN)
            _unsent.Dequeue();
    }

    /// <summary>The peer is gone.</summary>
    public void Abandon()
    {
        _unsent.Clear();
        Done = true;
    }

    private Errno TrySend(ReadOnlySpan<byte> packet, ReadOnlySpan<int> descriptors)
    {
        nint result;
        fixed (byte* data = packet)
        fixed (int* numbers = descriptors)
            result = Sys.Send(Fd, data, (nuint)packet.Length, numbers, descriptors.Length);
        var error = result.Error();
        if (error is not (Errno.None or Errno.EAGAIN))
            Abandon();
        return error;
    }
}
