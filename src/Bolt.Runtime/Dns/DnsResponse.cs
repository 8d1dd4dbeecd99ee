using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Bolt.Dns;

/// <summary>Writes answers to a query (RFC 1035 section 4.1).</summary>
internal static class DnsResponse
{
    /// <summary>Seconds; a service may have another address after the next start of its stack.</summary>
    private const uint TimeToLive = 5;

    /// <summary>Only a code; the question is repeated where it could be read.</summary>
    public static byte[] Of(ReadOnlySpan<byte> query, DnsQuestion? question, DnsCode code)
    {
        var response = query[..(question?.End ?? DnsQuestion.HeaderLength)].ToArray();
        Header(response, question is null ? 0 : 1, 0, code, authoritative: false);
        return response;
    }

    /// <summary>The name exists; with no address, it has none of the asked type.</summary>
    public static byte[] Of(ReadOnlySpan<byte> query, DnsQuestion question, IPAddress? address) =>
        Answer(query, question, address is null ? null : address.GetAddressBytes(), DnsQuestion.A);

    /// <summary>The name of an address.</summary>
    public static byte[] Of(ReadOnlySpan<byte> query, DnsQuestion question, string name) =>
        Answer(query, question, Labels(name), DnsQuestion.Ptr);

    private static byte[] Answer(ReadOnlySpan<byte> query, DnsQuestion question, byte[]? data, ushort type)
    {
        var response = new byte[question.End + (data is null ? 0 : 12 + data.Length)];
        query[..question.End].CopyTo(response);
        Header(response, 1, data is null ? 0 : 1, DnsCode.NoError, authoritative: true);
        if (data is null) return response;
        // A pointer to the question's name at offset 12, then type, class, time to live, length.
        var record = response.AsSpan(question.End);
        BinaryPrimitives.WriteUInt16BigEndian(record, 0xC00C);
        BinaryPrimitives.WriteUInt16BigEndian(record[2..], type);
        BinaryPrimitives.WriteUInt16BigEndian(record[4..], DnsQuestion.ClassIn);
        BinaryPrimitives.WriteUInt32BigEndian(record[6..], TimeToLive);
        BinaryPrimitives.WriteUInt16BigEndian(record[10..], (ushort)data.Length);
        data.CopyTo(record[12..]);
        return response;
    }

    private static void Header(Span<byte> message, int questions, int answers, DnsCode code, bool authoritative)
    {
        // Keeps id, opcode and "recursion desired"; sets QR, AA and "recursion available".
        message[2] = (byte)(0x80 | message[2] & 0x79 | (authoritative ? 4 : 0));
        message[3] = (byte)(0x80 | (byte)code);
        BinaryPrimitives.WriteUInt16BigEndian(message[4..], (ushort)questions);
        BinaryPrimitives.WriteUInt16BigEndian(message[6..], (ushort)answers);
        message[8..12].Clear();
    }

    private static byte[] Labels(string name) =>
        [.. name.Split('.').SelectMany(label => Encoding.ASCII.GetBytes(label).Prepend((byte)label.Length)), 0];
}
