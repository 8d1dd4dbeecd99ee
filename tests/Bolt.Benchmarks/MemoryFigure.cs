using System.Globalization;

namespace Bolt.Benchmarks;

/// <summary>What the running demo costs: proc_pid_status(5) VmRSS of its supervisor, smaps_rollup's Pss of each shim.</summary>
internal static class MemoryFigure
{
    public static async Task PrintAsync(int runs)
    {
        if (Peer.Find("bolt", "BOLT_BENCH_BOLT", "bolt") is not { } bolt)
            return;
        await using var demo = await Demo.WarmAsync(bolt);
        // Other stacks may run on this machine.
        var before = Processes().Select(p => p.Pid).ToHashSet();
        await demo.UpAsync();
        Console.WriteLine("memory of the running demo");
        foreach (var (pid, line) in Processes().Where(p => !before.Contains(p.Pid)))
        {
            if (line.Contains("supervise", StringComparison.Ordinal))
                Console.WriteLine(FormattableString.Invariant($"  supervisor {pid,-8} RSS {Kilobytes($"/proc/{pid}/status", "VmRSS:") / 1024.0,8:F1} MiB"));
            else if (line.Contains("bolt-shim", StringComparison.Ordinal) || line.StartsWith("bolt-shim", StringComparison.Ordinal))
                Console.WriteLine(FormattableString.Invariant($"  shim       {pid,-8} PSS {Kilobytes($"/proc/{pid}/smaps_rollup", "Pss:") / 1024.0,8:F2} MiB  {line}"));
            else if (line.StartsWith("pasta", StringComparison.Ordinal))
                Console.WriteLine(FormattableString.Invariant($"  pasta      {pid,-8} PSS {Kilobytes($"/proc/{pid}/smaps_rollup", "Pss:") / 1024.0,8:F2} MiB"));
        }
    }

    private static IEnumerable<(int Pid, string Line)> Processes()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
                continue;
            string line;
            try
            {
                line = File.ReadAllText(folder + "/cmdline").Replace('\0', ' ').Trim();
            }
            catch (IOException)
            {
                continue;
            }
            yield return (pid, line);
        }
    }

    public static long Kilobytes(string file, string name)
    {
        try
        {
            var line = File.ReadLines(file).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal)) ?? "";
            return long.TryParse(line.AsSpan(name.Length).Trim().TrimEnd("kB").TrimEnd(), NumberStyles.None, CultureInfo.InvariantCulture, out var kb) ? kb : 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
