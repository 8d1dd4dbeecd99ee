using System.IO.Compression;
using Bolt.Kernel;

namespace Bolt.Packages;

/// <summary>The compressions that Debian's and Ubuntu's archives use.</summary>
internal static class Decompression
{
    /// <summary>In order of preference for an index.</summary>
    public static readonly string[] Extensions = [".xz", ".zst", ".gz", ""];

    /// <summary>What the decoders, and the reader of the tar within, say of damaged bytes.</summary>
    public static bool IsDamage(Exception e) => e is InvalidDataException or EndOfStreamException or FormatException or OverflowException or ArgumentException
        or NotSupportedException or ZstdSharp.ZstdException or SharpCompress.Common.SharpCompressException;

    /// <summary>A stream of at most <paramref name="limit"/> bytes; null when the extension is none of <see cref="Extensions"/>.</summary>
    /// <param name="managed">Never the host's liblzma.</param>
    public static Stream? Open(Stream source, string extension, long limit, bool managed = false)
    {
        Stream? plain = extension switch
        {
            ".xz" when !managed && Xz.TryOpen() is { } decoder => new XzStream(source, decoder),
            ".xz" => new SharpCompress.Compressors.Xz.XZStream(source),
            ".zst" => new ZstdSharp.DecompressionStream(source),
            ".gz" => new GZipStream(source, System.IO.Compression.CompressionMode.Decompress),
            "" => source,
            _ => null,
        };
        return plain is null ? null : new BoundedStream(plain, limit);
    }
}
