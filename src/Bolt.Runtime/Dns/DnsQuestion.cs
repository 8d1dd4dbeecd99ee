using System.Buffers.Binary;
using System.Text;

namespace Bolt.Dns;

/// <summary>Why a message is not answered as a question; the response codes of RFC 1035 section 4.1.1.</summary>
internal enum DnsCode : byte
{
    NoError = 0,
    FormatError = 1,
    ServerFailure = 2,
    NotImplemented = 4,
    Refused = 5,
}

/// <summary>The one question of a query. The name is in lower case, without the last dot.</summary>
/// <param name="End">Offset of the first byte after the question.</param>
internal sealed record DnsQuestion(string Name, ushort Type, ushort Class, int End)
{
    public const ushort A = 1, Ptr = 12, Aaaa = 28, Any = 255, ClassIn = 1;
    public const int HeaderLength = 12;

    /// <summary>
    /// Reads a query. False with <paramref name="code"/> null: no query at all, to be dropped, so that two servers never
    /// answer each other; with a code: what to answer.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out DnsQuestion? question, out DnsCode? code)
    {
        question = null;
        code = null;
        // Header: id, flags, then the counts of questions, answers, authorities, additionals; 16 bits each.
        if (message.Length < HeaderLength || (message[2] & 0x80) != 0) return false;
        code = (message[2] & 0x78) != 0 ? DnsCode.NotImplemented : DnsCode.FormatError;
        if (code == DnsCode.NotImplemented || BinaryPrimitives.ReadUInt16BigEndian(message[4..]) != 1) return false;
        var at = HeaderLength;
        if (ReadName(message, ref at) is not { } name || message.Length < at + 4) return false;
        question = new DnsQuestion(name, BinaryPrimitives.ReadUInt16BigEndian(message[at..]), BinaryPrimitives.ReadUInt16BigEndian(message[(at + 2)..]), at + 4);
        code = null;
        return true;
    }

    /// <summary>
    /// Labels of 1 to 63 bytes, a zero at the end, 255 bytes in all (RFC 1035 section 3.1). A compression pointer can lead
    /// nowhere in a first name, so it is refused; with it goes every loop.
    /// </summary>
    private static string? ReadName(ReadOnlySpan<byte> message, ref int at)
    {
        var name = new StringBuilder();
        for (var start = at; at < message.Length && at - start < 255;)
        {
            int length = message[at++];
            if (length == 0) return name.ToString();
            if (length > 63 || at + length >= message.Length) return null;
            if (name.Length > 0) name.Append('.');
            // A dot inside a label must not become a border between two.
            foreach (var b in message.Slice(at, length)) name.Append(b is (byte)'.' or < 33 or > 126 ? '\ufffd' : char.ToLowerInvariant((char)b));
            at += length;
        }
        return null;
    }
}
