using System.Net;
using System.Net.Sockets;

namespace Bolt.Dns;

/// <summary>Answers a stack's names itself and asks the host's resolvers for all others.</summary>
internal sealed class DnsServer(Zone zone, IReadOnlyList<IPEndPoint> upstreams)
{
    /// <summary>Queries under way at once; members that ask more wait in the socket's queue.</summary>
    private const int MostQueries = 256;

    /// <summary>TCP connections at once.</summary>
    private const int MostConnections = 64;

    /// <summary>How long an idle connection is kept (RFC 7766 section 6.2.3 asks for seconds).</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);

    private readonly Forwarder _forwarder = new(upstreams);
    private volatile ZoneAnswers _answers = new(zone);
    private Zone _zone = zone;

    /// <summary>The names answered from now on; replaced when services come or go.</summary>
    public Zone Zone
    {
        get => _zone;
        set
        {
            _zone = value;
            _answers = new ZoneAnswers(value);
        }
    }

    /// <summary>Where all other names are asked.</summary>
    public IReadOnlyList<IPEndPoint> Upstreams { get; } = upstreams;

    /// <summary>Serves both sockets until cancelled; closes them at the end.</summary>
    public async Task RunAsync(Socket udp, Socket tcp, CancellationToken cancel)
    {
        using (udp)
        using (tcp)
        {
            await Task.WhenAll(ServeUdpAsync(udp, cancel), ServeTcpAsync(tcp, cancel)).ConfigureAwait(false);
        }
    }

    private async Task ServeUdpAsync(Socket socket, CancellationToken cancel)
    {
        using var room = new SemaphoreSlim(MostQueries);
        var buffer = new byte[ushort.MaxValue];
        var from = new IPEndPoint(IPAddress.Any, 0);
        try
        {
            while (true)
            {
                await room.WaitAsync(cancel).ConfigureAwait(false);
                var got = await socket.ReceiveFromAsync(buffer, SocketFlags.None, from, cancel).ConfigureAwait(false);
                _ = ReplyUdpAsync(socket, buffer[..got.ReceivedBytes], got.RemoteEndPoint, room, cancel);
            }
        }
        catch (OperationCanceledException)
        {
            // Those under way give their places back before the socket and the room go.
            for (var i = 1; i < MostQueries; i++) await room.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task ReplyUdpAsync(Socket socket, byte[] query, EndPoint to, SemaphoreSlim room, CancellationToken cancel)
    {
        try
        {
            if (await ReplyAsync(query, tcp: false, cancel).ConfigureAwait(false) is { } reply)
                await socket.SendToAsync(reply, SocketFlags.None, to, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // The member is gone, or we are; either way nobody waits for this answer.
        }
        finally
        {
            room.Release();
        }
    }

    private async Task ServeTcpAsync(Socket socket, CancellationToken cancel)
    {
        using var room = new SemaphoreSlim(MostConnections);
        try
        {
            while (true)
            {
                await room.WaitAsync(cancel).ConfigureAwait(false);
                try
                {
                    _ = ConverseAsync(await socket.AcceptAsync(cancel).ConfigureAwait(false), room, cancel);
                }
                catch (SocketException)
                {
                    // The connection was given up between the queue and here (accept(2)).
                    room.Release();
                }
            }
        }
        catch (OperationCanceledException)
        {
            for (var i = 1; i < MostConnections; i++) await room.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task ConverseAsync(Socket connection, SemaphoreSlim room, CancellationToken cancel)
    {
        try
        {
            using var stream = new NetworkStream(connection, ownsSocket: true);
            while (true)
            {
                using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                idle.CancelAfter(Idle);
                if (await TcpMessage.ReadAsync(stream, idle.Token).ConfigureAwait(false) is not { } query) return;
                if (await ReplyAsync(query, tcp: true, idle.Token).ConfigureAwait(false) is not { } reply) return;
                await TcpMessage.WriteAsync(stream, reply, idle.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
        {
            // Ended by the member, by its silence or by us.
        }
        finally
        {
            room.Release();
        }
    }

    private async Task<byte[]?> ReplyAsync(byte[] query, bool tcp, CancellationToken cancel) => _answers.Decide(query) switch
    {
        DnsVerdict.Reply(var message) => message,
        DnsVerdict.Forward(var question) => await _forwarder.AskAsync(query, question, tcp, cancel).ConfigureAwait(false)
            ?? DnsResponse.Of(query, question, DnsCode.ServerFailure),
        _ => null,
    };
}
