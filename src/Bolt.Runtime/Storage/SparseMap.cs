using System.Formats.Tar;
using System.Globalization;
using Bolt.Diagnostics;

namespace Bolt.Storage;

/// <summary>
/// A sparse file as GNU tar writes it into pax archives: its real name and size among the records, and the pieces that are
/// there, either as a record too (format 0.1) or in front of the data (format 1.0).
/// </summary>
internal sealed record SparseMap(string Name, long Size, IReadOnlyList<(long Offset, long Length)> Pieces)
{
    private const int MostPieces = 1 << 20, Block = 512;

    /// <summary>Null for a file that is not sparse. Of format 1.0 the map is read from the data here.</summary>
    public static SparseMap? Of(TarEntry entry)
    {
        if (entry is not PaxTarEntry { ExtendedAttributes: var records } || !records.Keys.Any(k => k.StartsWith("GNU.sparse.", StringComparison.Ordinal)))
        {
            return null;
        }
        var name = records.GetValueOrDefault("GNU.sparse.name") ?? entry.Name;
        return records.GetValueOrDefault("GNU.sparse.major") == "1" && records.GetValueOrDefault("GNU.sparse.minor") == "0"
            ? Checked(entry, name, Number(entry, records.GetValueOrDefault("GNU.sparse.realsize")), FromData(entry))
            : records.GetValueOrDefault("GNU.sparse.map") is { } map
                ? Checked(entry, name, Number(entry, records.GetValueOrDefault("GNU.sparse.size")), FromText(entry, map))
                : throw Bad(entry);
    }

    private static SparseMap Checked(TarEntry entry, string name, long size, List<(long Offset, long Length)> pieces)
    {
        long at = 0, stored = 0;
        foreach (var (offset, length) in pieces)
        {
            if (offset < at || length < 0 || offset > size - length)
            {
                throw Bad(entry);
            }
            (at, stored) = (offset + length, stored + length);
        }
        return size <= ContentStore.MaxBlob && (entry.DataStream is { } data ? data.Length - data.Position : 0) >= stored ? new SparseMap(name, size, pieces) : throw Bad(entry);
    }

    private static List<(long, long)> FromText(TarEntry entry, string map)
    {
        var numbers = map.Length == 0 ? [] : map.Split(',').Select(n => Number(entry, n)).ToArray();
        return numbers.Length % 2 == 0 ? [.. numbers.Chunk(2).Select(p => (p[0], p[1]))] : throw Bad(entry);
    }

    // "2\n0\n512\n4096\n512\n" and NULs up to a whole block: how many, then offset and length of each.
    private static List<(long, long)> FromData(TarEntry entry)
    {
        var lines = new LineReader(entry);
        var count = lines.Next();
        if (count > MostPieces)
        {
            throw Bad(entry);
        }
        var pieces = new List<(long, long)>();
        for (var i = 0L; i < count; i++)
        {
            pieces.Add((lines.Next(), lines.Next()));
        }
        return pieces;
    }

    private static long Number(TarEntry entry, string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Bad(entry);

    private static BoltException Bad(TarEntry entry) => new(StorageErrors.EntryKind(entry.Name, "sparse file with an unsound map"));

    // Whole blocks are read, so that the data that follows starts where it should.
    private sealed class LineReader(TarEntry entry)
    {
        private readonly byte[] block = new byte[Block];
        private int at = Block;

        public long Next()
        {
            long number = 0;
            for (var digits = 0; ; digits++)
            {
                if (at == Block)
                {
                    if (entry.DataStream?.ReadAtLeast(block, Block, throwOnEndOfStream: false) != Block)
                    {
                        throw Bad(entry);
                    }
                    at = 0;
                }
                var value = block[at++];
                if (value == '\n' && digits > 0)
                {
                    return number;
                }
                number = value is >= (byte)'0' and <= (byte)'9' && digits < 18 ? (number * 10) + (value - '0') : throw Bad(entry);
            }
        }
    }
}
