using System.Globalization;

namespace Bolt.Launch;

/// <summary>
/// One line of a capsule's log: <c>2026-11-24T11:00:00.123456Z O text</c>. The letter names the stream, O output and
/// E error; in lower case, no line end came after the text (a prompt, a line cut at <see cref="MaxText"/>, the end).
/// </summary>
internal static class LogLine
{
    /// <summary>Bytes before the text.</summary>
    public const int PrefixLength = 30;

    /// <summary>Most bytes of text in one line.</summary>
    public const int MaxText = 16 << 10;

    /// <summary>Name of the file in the capsule's folder, and of the one before it.</summary>
    public const string FileName = "log", OldFileName = "log.1";

    /// <summary>Writes the 30 bytes before the text.</summary>
    public static void WritePrefix(Span<byte> prefix, DateTime utc, bool isError, bool partial)
    {
        Digits(prefix[..4], utc.Year);
        prefix[4] = (byte)'-';
        Digits(prefix[5..7], utc.Month);
        prefix[7] = (byte)'-';
        Digits(prefix[8..10], utc.Day);
        prefix[10] = (byte)'T';
        Digits(prefix[11..13], utc.Hour);
        prefix[13] = (byte)':';
        Digits(prefix[14..16], utc.Minute);
        prefix[16] = (byte)':';
        Digits(prefix[17..19], utc.Second);
        prefix[19] = (byte)'.';
        Digits(prefix[20..26], (int)(utc.Ticks % TimeSpan.TicksPerSecond / 10));
        prefix[26] = (byte)'Z';
        prefix[27] = (byte)' ';
        prefix[28] = isError ? (byte)'E' : (byte)'O';
        if (partial)
            prefix[28] |= 0x20;
        prefix[29] = (byte)' ';
    }

    /// <summary>Reads the bytes before the text; false when the line is none of ours (a torn write).</summary>
    public static bool TryReadPrefix(ReadOnlySpan<byte> line, out DateTimeOffset at, out bool isError, out bool partial)
    {
        at = default;
        isError = partial = false;
        if (line.Length < PrefixLength || line[27] != ' ' || line[29] != ' ' || (line[28] | 0x20) is not ('o' or 'e'))
            return false;
        isError = (line[28] | 0x20) == 'e';
        partial = (line[28] & 0x20) != 0;
        Span<char> text = stackalloc char[27];
        for (var i = 0; i < text.Length; i++)
            text[i] = (char)line[i];
        return DateTimeOffset.TryParseExact(text, "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out at);
    }

    private static void Digits(Span<byte> target, int number)
    {
        for (var i = target.Length - 1; i >= 0; i--, number /= 10)
            target[i] = (byte)('0' + number % 10);
    }
}
