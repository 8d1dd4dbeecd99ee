using System.Buffers;
using Bolt.Diagnostics;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Capsules;

/// <summary>One connection to a shim's control socket.</summary>
internal sealed class CapsuleControl : IDisposable
{
    private readonly PacketSocket _socket;
    private readonly string _folder;

    private CapsuleControl(PacketSocket socket, string folder)
    {
        _socket = socket;
        _folder = folder;
    }

    /// <summary>Null when no shim serves the folder.</summary>
    public static CapsuleControl? TryConnect(string folder)
    {
        if (PacketSocket.Connect(folder, "shim.sock", out var error) is { } socket)
            return new CapsuleControl(socket, folder);
        return error is Errno.ENOENT or Errno.ENOTDIR or Errno.ECONNREFUSED or Errno.ECONNRESET
            ? null
            : throw new BoltException(CapsuleErrors.MonitorSilent(folder, error.Text()));
    }

    /// <summary>False when the shim is gone.</summary>
    public async Task<bool> SendAsync(MonitorMessage message, CancellationToken cancellationToken)
    {
        var packet = MonitorCodec.Write(message);
        while (true)
        {
            switch (_socket.TrySend(packet))
            {
                case Errno.None: return true;
                case Errno.EAGAIN: await _socket.WritableAsync(cancellationToken).ConfigureAwait(false); break;
                default: return false;
            }
        }
    }

    /// <summary>The next message; null when the shim is gone or said nonsense.</summary>
    public Task<MonitorMessage?> ReceiveAsync(CancellationToken cancellationToken) => ReceiveAsync(null, cancellationToken);

    /// <summary>Descriptors that came along are added to the list, else closed.</summary>
    public async Task<MonitorMessage?> ReceiveAsync(List<Fd>? descriptors, CancellationToken cancellationToken)
    {
        while (true)
        {
            await _socket.ReadableAsync(cancellationToken).ConfigureAwait(false);
            if (Receive(descriptors, out var message) != Errno.EAGAIN)
                return message;
        }
    }

    /// <summary>A message that must come at once, for callers that cannot wait asynchronously.</summary>
    public MonitorMessage? Receive(TimeSpan within)
    {
        if (!_socket.WaitReadable(within))
            throw new BoltException(CapsuleErrors.MonitorSilent(_folder, "no answer in time"));
        Receive(null, out var message);
        return message;
    }

    /// <summary>Sends at once, for the same.</summary>
    public bool SendNow(MonitorMessage message) => _socket.TrySend(MonitorCodec.Write(message)) == Errno.None;

    public void Dispose() => _socket.Dispose();

    private Errno Receive(List<Fd>? descriptors, out MonitorMessage? message)
    {
        // Nothing that a shim sends is longer than output with its kind byte.
        var buffer = ArrayPool<byte>.Shared.Rent(MonitorMessage.MaxData + 1);
        var error = _socket.TryReceive(buffer, descriptors, out var length);
        message = length > 0 ? MonitorCodec.Read(buffer.AsSpan(0, length)) : null;
        ArrayPool<byte>.Shared.Return(buffer);
        return error;
    }
}
