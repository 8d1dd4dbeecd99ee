namespace Bolt.Storage;

/// <summary>A content address as OCI writes it: "sha256:" and 64 lower-case hex digits (image-spec descriptor.md).</summary>
internal readonly record struct Digest(string Hex)
{
    private const int Short = 16 << 10;

    /// <summary>SHA-256 of the bytes.</summary>
    public static Digest Of(ReadOnlySpan<byte> bytes) =>
        new(Convert.ToHexStringLower(bytes.Length <= Short ? Kernel.ShortHash.Of(bytes) : System.Security.Cryptography.SHA256.HashData(bytes)));

    /// <summary>Null when the text is not a sha256 digest.</summary>
    public static Digest? Parse(string text) =>
        text.StartsWith("sha256:", StringComparison.Ordinal) && IsHex(text.AsSpan(7)) ? new Digest(text[7..]) : null;

    /// <inheritdoc/>
    public override string ToString() => "sha256:" + Hex;

    private static bool IsHex(ReadOnlySpan<char> hex) => hex.Length == 64 && hex.IndexOfAnyExcept(HexDigits) < 0;

    private static readonly System.Buffers.SearchValues<char> HexDigits = System.Buffers.SearchValues.Create("0123456789abcdef");
}
