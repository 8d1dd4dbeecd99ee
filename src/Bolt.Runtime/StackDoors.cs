using System.Net;
using System.Net.Sockets;

namespace Bolt;

/// <summary>
/// The ways from this process into one stack: a loopback address of its own (127.0.0.0/8 is all the machine's), where each port of
/// a service has the number that it has inside, so that stacks with the same ports stand side by side. Nothing of the host is
/// published, and nothing but this process has to run.
/// </summary>
public sealed class StackDoors(EphemeralStack stack) : IDisposable
{
    private readonly Dictionary<(string Service, int Port), Door> _doors = [];
    private readonly Lock _lock = new();
    // 127.64.0.0/10: far from what programs of the host bind; two stacks that meet here find their port taken and move.
    private readonly IPAddress _address = new([127, (byte)(64 + Random.Shared.Next(64)), (byte)Random.Shared.Next(256), (byte)(1 + Random.Shared.Next(254))]);
    private bool _closed;

    /// <summary>Where a TCP port of a service is reached from this machine; a door is opened when it is first asked for.</summary>
    public IPEndPoint EndpointOf(string service, int port)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closed, stack);
            if (!_doors.TryGetValue((service, port), out var door))
                _doors[(service, port)] = door = new Door(stack, service, port, Listen(port));
            return door.Endpoint;
        }
    }

    /// <summary>Closes all doors, and the connections through them.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
            foreach (var door in _doors.Values) door.Dispose();
            _doors.Clear();
        }
    }

    // An ordinary user has no ports below 1024, and another service of this stack may have the number already.
    private Socket Listen(int port)
    {
        const int moved = 8000;
        foreach (var wanted in (ReadOnlySpan<int>)[port, port < 1024 ? port + moved : 0, 0])
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(_address, wanted));
                socket.Listen(128);
                return socket;
            }
            catch (SocketException e) when (wanted != 0 && e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                socket.Dispose();
            }
        }
        throw new InvalidOperationException($"{_address} has no free port");
    }
}

/// <summary>A listening socket whose connections go on to a service's port.</summary>
internal sealed class Door : IDisposable
{
    private readonly EphemeralStack _stack;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _closed = new();

    public Door(EphemeralStack stack, string service, int port, Socket listener)
    {
        (_stack, _listener) = (stack, listener);
        Endpoint = (IPEndPoint)listener.LocalEndPoint!;
        _ = ServeAsync(service, port);
    }

    public IPEndPoint Endpoint { get; }

    public void Dispose()
    {
        _closed.Cancel();
        _listener.Dispose();
    }

    private async Task ServeAsync(string service, int port)
    {
        try
        {
            while (true) _ = PassAsync(await _listener.AcceptAsync(_closed.Token).ConfigureAwait(false), service, port);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    private async Task PassAsync(Socket outside, string service, int port)
    {
        using (outside)
        {
            try
            {
                outside.NoDelay = true;
                using var inside = await _stack.ConnectAsync(service, port, _closed.Token).ConfigureAwait(false);
                await Task.WhenAll(CopyAsync(outside, inside), CopyAsync(inside, outside)).ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or Diagnostics.BoltException or ObjectDisposedException)
            {
                // Nobody listens inside, or one side broke off: the other sees a reset, as it would without a door in between.
                if (outside.Connected) outside.LingerState = new LingerOption(true, 0);
            }
        }
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        var chunk = new byte[64 * 1024];
        while (await from.ReceiveAsync(chunk, SocketFlags.None, _closed.Token).ConfigureAwait(false) is > 0 and var got)
        {
            for (var sent = 0; sent < got;)
                sent += await to.SendAsync(chunk.AsMemory(sent, got - sent), SocketFlags.None, _closed.Token).ConfigureAwait(false);
        }
        to.Shutdown(SocketShutdown.Send);
    }
}
