using System.Globalization;
namespace Bolt.Oci;

/// <summary>Numbers behind the names that config.json uses for a process.</summary>
internal static class ProcessNames
{
    private static readonly string[] Limits =
    [
        "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CORE", "RLIMIT_RSS", "RLIMIT_NPROC", "RLIMIT_NOFILE",
        "RLIMIT_MEMLOCK", "RLIMIT_AS", "RLIMIT_LOCKS", "RLIMIT_SIGPENDING", "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO", "RLIMIT_RTTIME",
    ];

    private static readonly string[] Signals =
    [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT",
        "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    public static int? Limit(string? name) => Index(Limits, name);

    /// <summary>A signal by its number, or its name with or without SIG; RTMIN and RTMAX with an offset.</summary>
    public static int? Signal(string text)
    {
        if (int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number))
            return number is >= 0 and <= 64 ? number : null;
        var name = text.ToUpperInvariant();
        if (name.StartsWith("SIG", StringComparison.Ordinal))
            name = name[3..];
        if (Index(Signals, name) is { } index)
            return index + 1;
        // As the C library counts them: the kernel's first two are its own.
        var offset = name.Length > 5 && int.TryParse(name[5..], out var given) ? given : 0;
        var real = name.StartsWith("RTMIN", StringComparison.Ordinal) ? 34 + offset : name.StartsWith("RTMAX", StringComparison.Ordinal) ? 64 + offset : 0;
        return real is >= 34 and <= 64 ? real : name switch { "IOT" => 6, "POLL" => 29, "CLD" => 17, _ => null };
    }

    public static uint? Policy(string? name) => name switch
    {
        "SCHED_OTHER" => 0,
        "SCHED_FIFO" => 1,
        "SCHED_RR" => 2,
        "SCHED_BATCH" => 3,
        "SCHED_ISO" => 4,
        "SCHED_IDLE" => 5,
        "SCHED_DEADLINE" => 6,
        _ => null,
    };

    public static uint? SchedulerFlag(string name) => name switch
    {
        "SCHED_FLAG_RESET_ON_FORK" => 1,
        "SCHED_FLAG_RECLAIM" => 2,
        "SCHED_FLAG_DL_OVERRUN" => 4,
        "SCHED_FLAG_KEEP_POLICY" => 8,
        "SCHED_FLAG_KEEP_PARAMS" => 16,
        "SCHED_FLAG_UTIL_CLAMP_MIN" => 32,
        "SCHED_FLAG_UTIL_CLAMP_MAX" => 64,
        _ => null,
    };

    public static int? IoClass(string? name) => name switch
    {
        "IOPRIO_CLASS_NONE" => 0,
        "IOPRIO_CLASS_RT" => 1,
        "IOPRIO_CLASS_BE" => 2,
        "IOPRIO_CLASS_IDLE" => 3,
        _ => null,
    };

    public static long? Personality(string? domain) => domain switch { "LINUX" => 0, "LINUX32" => 8, _ => null };

    public static IEnumerable<(string Name, IReadOnlyList<string> Set)> Sets(OciCapabilities? capabilities) => capabilities is null ? [] :
    [
        ("bounding", capabilities.Bounding ?? []), ("effective", capabilities.Effective ?? []), ("permitted", capabilities.Permitted ?? []),
        ("inheritable", capabilities.Inheritable ?? []), ("ambient", capabilities.Ambient ?? []),
    ];

    private static int? Index(string[] names, string? name) => Array.IndexOf(names, name) is >= 0 and var index ? index : null;

    /// <summary>A list such as "0-3, 7" (cpuset(7)) without its blanks; empty for none, null for what is no list of numbers below 1024.</summary>
    public static string? Processors(string? list)
    {
        var parts = (list ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return list is not { Length: > 0 } || (parts.Length > 0 && parts.All(IsRange)) ? string.Join(',', parts) : null;
    }

    private static bool IsRange(string part)
    {
        var ends = part.Split('-');
        return ends.Length <= 2 && ends.All(end => TryProcessor(end, out _))
            && TryProcessor(ends[0], out var first) && TryProcessor(ends[^1], out var last) && first <= last;
    }

    private static bool TryProcessor(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < 1024;
}
