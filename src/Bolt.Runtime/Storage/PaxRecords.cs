using System.Buffers.Text;
using System.Text;

namespace Bolt.Storage;

/// <summary>Records of a pax header: "27 SCHILY.xattr.user.a=value\n", the number being the whole record's length (POSIX.1-2001).</summary>
internal static class PaxRecords
{
    private const int MostAttributes = 100, LongestName = 255, LongestValue = 64 << 10;

    private delegate void Visit(Span<byte> name, Span<byte> value);

    /// <summary>The extended attributes among them, bounded; a record that is none ends the list, as a broken header has no rest.</summary>
    public static IReadOnlyList<(string Name, byte[] Value)> Attributes(Span<byte> records)
    {
        var found = new List<(string, byte[])>();
        Walk(records, (name, value) =>
        {
            if (found.Count < MostAttributes && name.Length <= LongestName && value.Length <= LongestValue)
            {
                found.Add((Encoding.UTF8.GetString(name), value.ToArray()));
            }
        });
        return found;
    }

    /// <summary>Writes harmless text over the values of extended attributes.</summary>
    public static void BlankAttributes(Span<byte> records) => Walk(records, (_, value) => value.Fill((byte)'-'));

    private static void Walk(Span<byte> records, Visit visit)
    {
        var prefix = "SCHILY.xattr."u8;
        if (records.IndexOf(prefix) < 0)
        {
            return;
        }
        while (Utf8Parser.TryParse(records, out int length, out var digits) && length > digits + 1 && length <= records.Length && records[digits] == ' ')
        {
            var record = records[(digits + 1)..(length - 1)];
            records = records[length..];
            var equals = record.IndexOf((byte)'=');
            if (equals > prefix.Length && record.StartsWith(prefix))
            {
                visit(record[prefix.Length..equals], record[(equals + 1)..]);
            }
        }
    }
}
