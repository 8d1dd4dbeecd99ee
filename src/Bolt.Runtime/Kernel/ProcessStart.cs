using System.Globalization;

namespace Bolt.Kernel;

/// <summary>When a process began, in clock ticks since boot: with the pid it names one process for ever.</summary>
internal static class ProcessStart
{
    /// <summary>0 when there is no such process, or only its zombie: the machine's init may reap late.</summary>
    public static long Of(int pid)
    {
        var file = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat");
        if (!File.Exists(file)) return 0;
        string stat;
        try
        {
            stat = File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
        // proc_pid_stat(5): "pid (comm) state ppid …"; comm may hold anything, so count from its end: state is the 3rd field,
        // starttime the 22nd.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields.Length < 20 || fields[0] is "Z" or "X" ? 0 : long.Parse(fields[19], CultureInfo.InvariantCulture);
    }
}
