using System.Net;
using System.Net.Sockets;
using Bolt.Dns;

namespace Bolt.Runtime.Tests.Dns;

public class DnsServerTests
{
    private static readonly byte[] Outside = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, .. "org"u8, 0, 0, 1, 0, 1];
    private static readonly byte[] Inside = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, .. "db"u8, 0, 0, 1, 0, 1];

    [Fact]
    public async Task Udp_and_tcp_are_answered_and_others_forwarded()
    {
        using var upstream = Bound(SocketType.Dgram);
        var answering = AnswerOnceAsync(upstream);
        await using var server = new Running([(IPEndPoint)upstream.LocalEndPoint!]);

        Assert.Equal([10, 89, 3, 3], (await server.AskUdpAsync(Inside))[^4..]);
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(server.Tcp);
        await TcpMessage.WriteAsync(tcp.GetStream(), Inside, CancellationToken.None);
        Assert.Equal([10, 89, 3, 3], (await TcpMessage.ReadAsync(tcp.GetStream(), CancellationToken.None))![^4..]);

        var forwarded = await server.AskUdpAsync(Outside);
        Assert.Equal(Outside[..2], forwarded[..2]);
        Assert.Equal([9, 9, 9, 9], forwarded[^4..]);
        // The upstream saw an id of the server's own choice.
        Assert.Equal(Outside[2..], (await answering)[2..]);
    }

    [Fact]
    public async Task Without_a_resolver_to_ask_it_is_a_failure_and_not_silence()
    {
        await using var server = new Running([]);
        Assert.Equal(2, (await server.AskUdpAsync(Outside))[3] & 0xF);
    }

    [Fact]
    public async Task A_replaced_zone_counts_at_once()
    {
        await using var server = new Running([]);
        server.Server.Zone = new Zone("shop", [new("db", IPAddress.Parse("10.89.3.9"))]);
        Assert.Equal([10, 89, 3, 9], (await server.AskUdpAsync(Inside))[^4..]);
    }

    private static async Task<byte[]> AnswerOnceAsync(Socket upstream)
    {
        var buffer = new byte[512];
        var got = await upstream.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
        var query = buffer[..got.ReceivedBytes];
        byte[] forged = [(byte)~query[0], .. query[1..]];
        forged[2] |= 0x80;
        await upstream.SendToAsync(forged, got.RemoteEndPoint);
        byte[] answer = [.. query, 0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 9, 9, 9, 9];
        (answer[2], answer[7]) = ((byte)(answer[2] | 0x80), 1);
        await upstream.SendToAsync(answer, got.RemoteEndPoint);
        return query;
    }

    private static Socket Bound(SocketType type)
    {
        var socket = new Socket(AddressFamily.InterNetwork, type, type == SocketType.Dgram ? ProtocolType.Udp : ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        if (type == SocketType.Stream) socket.Listen();
        return socket;
    }

    private sealed class Running : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _task;
        private readonly IPEndPoint _udp;

        public Running(IReadOnlyList<IPEndPoint> upstreams)
        {
            var (udp, tcp) = (Bound(SocketType.Dgram), Bound(SocketType.Stream));
            _udp = (IPEndPoint)udp.LocalEndPoint!;
            Tcp = (IPEndPoint)tcp.LocalEndPoint!;
            Server = new DnsServer(new Zone("shop", [new("db", IPAddress.Parse("10.89.3.3"))]), upstreams);
            _task = Server.RunAsync(udp, tcp, _stop.Token);
        }

        public DnsServer Server { get; }
        public IPEndPoint Tcp { get; }

        public async Task<byte[]> AskUdpAsync(byte[] query)
        {
            using var client = new UdpClient();
            client.Connect(_udp);
            await client.SendAsync(query);
            return (await client.ReceiveAsync()).Buffer;
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _task;
            _stop.Dispose();
        }
    }
}
