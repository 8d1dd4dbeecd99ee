using CsCheck;

namespace Bolt.Runtime.Tests.Fuzz;

/// <summary>
/// Bytes that nobody meant: mutations of good ones, and none at all. A reader may refuse them in its own way, and no other; it comes to
/// an end, and allocates no more than a bound that grows with their length. A failure prints CsCheck's seed and keeps the bytes as a
/// file to be put into corpus/, whose files are read first, always.
/// </summary>
internal static class Hostile
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly byte[][] Pieces =
    [
        [0], [0xFF], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], [0, 0, 0, 0, 0, 0, 0, 0x80], [0xFF, 0xFF, 0xFF, 0x7F], [0, 0, 0, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0, 0, 0],
        [.. "null"u8], [.. "[]"u8], [.. "{}"u8], [.. "-1"u8], [.. "99999999999999999999"u8], [.. "\"\""u8], [.. "\"\\u0000\""u8], [.. "[null]"u8], [.. ","u8], [.. "../"u8], [.. "1e400"u8],
        [.. "77777777777\0"u8],
    ];

    /// <param name="name">Of the folder below corpus/.</param>
    /// <param name="seeds">Good ones.</param>
    /// <param name="iterations">How many hostile ones.</param>
    /// <param name="bound">Most bytes to allocate, by length.</param>
    /// <param name="read">Throws what it may not.</param>
    public static void Check(string name, byte[][] seeds, long iterations, Func<int, long> bound, Action<byte[]> read)
    {
        // What is allocated once, for whoever comes first, is no one's.
        foreach (var seed in seeds)
            read(seed);
        foreach (var file in Corpus(name))
            Judge(name, File.ReadAllBytes(file), bound, read);
        Mutated(seeds).Sample(bytes => Judge(name, bytes, bound, read), iter: iterations, threads: 2);
    }

    private static string[] Corpus(string name)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "Fuzz/corpus", name);
        return Directory.Exists(folder) ? [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal)] : [];
    }

    private static void Judge(string name, byte[] bytes, Func<int, long> bound, Action<byte[]> read)
    {
        long allocated = 0;
        var reading = Task.Run(() =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            read(bytes);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        });
        try
        {
            Assert.True(reading.Wait(Patience), "it does not come to an end");
            Assert.True(allocated <= bound(bytes.Length), $"it allocates {allocated} bytes for {bytes.Length}");
        }
        catch (Exception e)
        {
            var file = Path.Combine(Path.GetTempPath(), $"bolt-fuzz-{name}-{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes))[..12]}");
            File.WriteAllBytes(file, bytes);
            throw new Xunit.Sdk.XunitException($"{name}, {file}: {(e as AggregateException)?.InnerException ?? e}");
        }
    }

    private static Gen<byte[]> Mutated(byte[][] seeds) => Gen.Frequency(
        (1, Gen.Byte.Array[0, 200]),
        (20,
            from seed in Gen.OneOf(seeds)
            from edits in Gen.Select(Gen.Int[0, 5], Gen.Int[0, 1 << 24], Gen.Int[1, 40], Gen.OneOf(Pieces)).List[1, 6]
            select edits.Aggregate(seed, Edit)));

    private static byte[] Edit(byte[] bytes, (int Kind, int At, int Length, byte[] Piece) edit)
    {
        var at = bytes.Length == 0 ? 0 : edit.At % bytes.Length;
        var end = Math.Min(bytes.Length, at + edit.Length);
        return edit.Kind switch
        {
            0 => [.. bytes[..at], .. edit.Piece, .. bytes[Math.Min(bytes.Length, at + edit.Piece.Length)..]],
            1 => [.. bytes[..at], .. edit.Piece, .. bytes[at..]],
            2 => [.. bytes[..at], .. bytes[end..]],
            3 => [.. bytes[..end], .. bytes[at..end], .. bytes[end..]],
            4 => bytes[..at],
            _ => Flipped(bytes, at, edit.Length),
        };
    }

    private static byte[] Flipped(byte[] bytes, int at, int bit)
    {
        var copy = (byte[])bytes.Clone();
        if (copy.Length > 0)
            copy[at] ^= (byte)(1 << (bit % 8));
        return copy;
    }
}
