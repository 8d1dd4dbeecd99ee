using System.Globalization;

namespace Bolt.Shim;

/// <summary>The command line as /proc/PID/cmdline shows it, which is read from the process's own memory.</summary>
internal static unsafe class ProcessTitle
{
    /// <summary>proc_pid_stat(5): arg_start and arg_end are fields 48 and 49; the name before field 3 may hold anything.</summary>
    public static void Find(LaunchState* state)
    {
        var stat = File.ReadAllText("/proc/self/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        if (fields.Length > 46
            && ulong.TryParse(fields[45], CultureInfo.InvariantCulture, out var start)
            && ulong.TryParse(fields[46], CultureInfo.InvariantCulture, out var end)
            && start < end)
        {
            state->TitleStart = (byte*)start;
            state->TitleEnd = (byte*)end;
        }
    }

    /// <summary>Everybody inside may read the command line of pid 1; where the shim lies on the host is not theirs to know.</summary>
    public static void Clear(LaunchState* state)
    {
        for (var at = state->TitleStart; at < state->TitleEnd; at++)
            *at = 0;
    }
}
