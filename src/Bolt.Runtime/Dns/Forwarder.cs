using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Bolt.Dns;

/// <summary>Asks the host's resolvers, one after the other.</summary>
internal sealed class Forwarder(IReadOnlyList<IPEndPoint> upstreams)
{
    /// <summary>Less than a member's own patience (resolv.conf: 3 tries of 1 s), so that it hears of a failure.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);

    /// <summary>The answer with the query's id, or null when nobody answered.</summary>
    public async Task<byte[]?> AskAsync(ReadOnlyMemory<byte> query, DnsQuestion question, bool tcp, CancellationToken cancel)
    {
        foreach (var upstream in upstreams)
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            timeout.CancelAfter(Patience);
            try
            {
                var answer = tcp ? await AskTcpAsync(upstream, query, timeout.Token).ConfigureAwait(false)
                    : await AskUdpAsync(upstream, query, question, timeout.Token).ConfigureAwait(false);
                query.Span[..2].CopyTo(answer);
                return answer;
            }
            catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
            {
                cancel.ThrowIfCancellationRequested();
            }
        }
        return null;
    }

    /// <summary>A socket and an id of its own for each query, so that a forged answer has to guess both.</summary>
    private static async Task<byte[]> AskUdpAsync(IPEndPoint upstream, ReadOnlyMemory<byte> query, DnsQuestion question, CancellationToken cancel)
    {
        using var socket = new Socket(upstream.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(upstream, cancel).ConfigureAwait(false);
        var asked = WithOwnId(query);
        await socket.SendAsync(asked, cancel).ConfigureAwait(false);
        var buffer = new byte[ushort.MaxValue];
        while (true)
        {
            var length = await socket.ReceiveAsync(buffer, cancel).ConfigureAwait(false);
            if (Answers(buffer.AsSpan(0, length), asked, question)) return buffer[..length];
        }
    }

    private static async Task<byte[]> AskTcpAsync(IPEndPoint upstream, ReadOnlyMemory<byte> query, CancellationToken cancel)
    {
        using var socket = new Socket(upstream.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(upstream, cancel).ConfigureAwait(false);
        using var stream = new NetworkStream(socket);
        await TcpMessage.WriteAsync(stream, WithOwnId(query), cancel).ConfigureAwait(false);
        return await TcpMessage.ReadAsync(stream, cancel).ConfigureAwait(false) is { Length: >= DnsQuestion.HeaderLength } answer
            ? answer
            : throw new IOException("short answer");
    }

    private static byte[] WithOwnId(ReadOnlyMemory<byte> query)
    {
        var copy = query.ToArray();
        RandomNumberGenerator.Fill(copy.AsSpan(0, 2));
        return copy;
    }

    /// <summary>Same id, a response, and the same question byte for byte (RFC 5452 section 9.1), but for a server that sends none back.</summary>
    private static bool Answers(ReadOnlySpan<byte> answer, ReadOnlySpan<byte> asked, DnsQuestion question) =>
        answer.Length >= DnsQuestion.HeaderLength
        && answer[..2].SequenceEqual(asked[..2])
        && (answer[2] & 0x80) != 0
        && (BinaryPrimitives.ReadUInt16BigEndian(answer[4..]) == 0
            || answer.Length >= question.End && answer[12..question.End].SequenceEqual(asked[12..question.End]));
}
