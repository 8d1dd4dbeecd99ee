using System.Globalization;

namespace Bolt.Launch;

/// <summary>
/// How a capsule ended, as kept in its folder's <c>exit</c> file: one line, "code 0" or "signal 9", then "oom" and
/// "monitor-died" where true, then "at" and Unix microseconds: <c>signal 9 oom at 1795518000123456</c>.
/// </summary>
internal sealed record ExitRecord(int? Code, int? Signal, bool OutOfMemory, bool MonitorDied, long AtMicroseconds)
{
    /// <summary>Name of the file in the capsule's folder.</summary>
    public const string FileName = "exit";

    /// <summary>Longest record.</summary>
    public const int MaxLength = 128;

    /// <summary>From the status of wait4(2).</summary>
    public static ExitRecord FromWaitStatus(int status, bool outOfMemory, long atMicroseconds) =>
        (status & 0x7f) == 0
            ? new((status >> 8) & 0xff, null, outOfMemory, false, atMicroseconds)
            : new(null, status & 0x7f, outOfMemory, false, atMicroseconds);

    /// <summary>Null when the text is not a record.</summary>
    public static ExitRecord? Parse(string text)
    {
        if (text.Length > MaxLength)
            return null;
        var words = text.TrimEnd('\n').Split(' ');
        var next = 2;
        bool Flag(string name) => next < words.Length && words[next] == name && ++next > 0;
        bool oom = Flag("oom"), monitor = Flag("monitor-died");
        if (next + 2 != words.Length || words[next] != "at" || !TryNumber(words[next + 1], long.MaxValue, out var at))
            return null;
        return words[0] switch
        {
            "code" when TryNumber(words[1], 255, out var code) => new((int)code, null, oom, monitor, at),
            "signal" when TryNumber(words[1], 127, out var signal) && signal > 0 => new(null, (int)signal, oom, monitor, at),
            _ => null,
        };
    }

    /// <inheritdoc/>
    public override string ToString() =>
        (Code is { } code ? "code " + Text(code) : "signal " + Text(Signal ?? 0))
        + (OutOfMemory ? " oom" : "") + (MonitorDied ? " monitor-died" : "") + " at " + Text(AtMicroseconds);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static bool TryNumber(string text, long max, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= max;
}
