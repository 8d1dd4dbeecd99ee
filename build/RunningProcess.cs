using System.Diagnostics;
using System.Globalization;

namespace Bolt.Build;

/// <summary>A process in /proc, known by pid and start time.</summary>
internal sealed record RunningProcess(int Pid, string StartTime, char State, uint Uid, string Name)
{
    public static IEnumerable<RunningProcess> All() => Directory.EnumerateDirectories("/proc")
        .Select(d => int.TryParse(Path.GetFileName(d), CultureInfo.InvariantCulture, out var pid) ? pid : 0)
        .Where(pid => pid > 0).Select(Read).OfType<RunningProcess>();

    /// <summary>Its environment holds this text; false when it may not be read.</summary>
    public bool HasInEnvironment(string text) => Try(() => File.ReadAllText($"/proc/{Pid}/environ").Contains(text, StringComparison.Ordinal));

    public string Command => TryText(() => File.ReadAllText($"/proc/{Pid}/cmdline").Replace('\0', ' ').Trim());

    /// <summary>Returns when it has ended, or when that takes longer.</summary>
    public void AwaitEnd(TimeSpan limit)
    {
        try
        {
            using var process = Process.GetProcessById(Pid);
            process.WaitForExit(limit);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It ended before it could be looked at.
        }
    }

    public void Kill()
    {
        // The pid is checked again: it may be another's by now.
        if (Read(Pid) == this)
        {
            Shell.Run("kill", ["-KILL", Pid.ToString(CultureInfo.InvariantCulture)], TimeSpan.FromSeconds(10));
        }
    }

    private static RunningProcess? Read(int pid)
    {
        try
        {
            // stat: "pid (name) state ppid …", the 22nd field is the start time; name may hold blanks and brackets.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            var uid = File.ReadLines($"/proc/{pid}/status").First(l => l.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1];
            var name = stat[(stat.IndexOf('(') + 1)..stat.LastIndexOf(')')];
            return new RunningProcess(pid, fields[19], fields[0][0], uint.Parse(uid, CultureInfo.InvariantCulture), name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return null;
        }
    }

    private static bool Try(Func<bool> look)
    {
        try
        {
            return look();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string TryText(Func<string> look)
    {
        try
        {
            return look();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
