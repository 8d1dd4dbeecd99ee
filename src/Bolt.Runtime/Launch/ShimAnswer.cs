using System.Buffers.Binary;

namespace Bolt.Launch;

/// <summary>Awaits a shim's answer on its standard output.</summary>
internal static class ShimAnswer
{
    private const int MaxLength = 64 << 10;

    /// <summary>Null when the stream ends before a whole report, or brings something else.</summary>
    public static async Task<ShimReport?> ReadAsync(Stream output, CancellationToken cancellationToken)
    {
        var prefix = new byte[8];
        if (await output.ReadAtLeastAsync(prefix, 8, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false) < 8)
            return null;
        var length = BinaryPrimitives.ReadInt64LittleEndian(prefix);
        if (length is < 0 or > MaxLength)
            return null;
        var body = new byte[length];
        if (await output.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false) < body.Length)
            return null;
        try
        {
            return ShimReport.Read(new SheetReader(body));
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
