using System.Buffers.Binary;

namespace Bolt.Dns;

/// <summary>Messages over TCP have their length before them, two bytes (RFC 1035 section 4.2.2).</summary>
internal static class TcpMessage
{
    /// <summary>Null at the end of the stream.</summary>
    public static async Task<byte[]?> ReadAsync(Stream stream, CancellationToken cancel)
    {
        var prefix = new byte[2];
        if (await stream.ReadAtLeastAsync(prefix, 2, throwOnEndOfStream: false, cancel).ConfigureAwait(false) < 2) return null;
        var message = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
        return await stream.ReadAtLeastAsync(message, message.Length, throwOnEndOfStream: false, cancel).ConfigureAwait(false) < message.Length ? null : message;
    }

    /// <summary>In one write: some clients do not put two segments together.</summary>
    public static async Task WriteAsync(Stream stream, ReadOnlyMemory<byte> message, CancellationToken cancel)
    {
        var framed = new byte[2 + message.Length];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)message.Length);
        message.CopyTo(framed.AsMemory(2));
        await stream.WriteAsync(framed, cancel).ConfigureAwait(false);
    }
}
