using System.Diagnostics;
using System.Globalization;

namespace Bolt.Benchmarks;

/// <summary>One competitor: a name and one timed piece of work. The first is Bolt; ratios are Bolt's time over theirs.</summary>
/// <param name="Waited">All processes that work for it are waited for by this one, or by those that are: their CPU time is known.</param>
internal sealed record Entry(string Name, Func<Task> Once, bool Waited = true);

/// <summary>Times entries in turn and prints one table.</summary>
internal static class Contest
{
    /// <summary>What it costs this program to start any other and to see its end; it is in every time of a command.</summary>
    public static Entry Baseline { get; } = new Peer("harness", ["/bin/true"]).Entry("(start and end of /bin/true)", null);

    /// <param name="row">How many times an entry runs before the next one does.</param>
    /// <param name="rest">Before each run: what a run leaves the kernel to do in the background is done by then.</param>
    public static async Task PrintAsync(string title, int runs, IReadOnlyList<Entry> entries, int row = 1, TimeSpan rest = default)
    {
        foreach (var entry in entries)
            await entry.Once();
        runs = (runs + row - 1) / row * row;
        var times = entries.Select(_ => new List<double>(runs)).ToArray();
        var worked = new double[entries.Count];
        for (var turn = 0; turn < runs * entries.Count; turn++)
        {
            var i = turn / row % entries.Count;
            await Task.Delay(rest);
            var (start, before) = (Stopwatch.GetTimestamp(), ChildMilliseconds());
            await entries[i].Once();
            times[i].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            worked[i] += ChildMilliseconds() - before;
        }

        Print($"{title} (n={runs}, ms)", [.. entries.Select((entry, i) => (entry.Name, times[i], entry.Waited ? worked[i] / runs : (double?)null))]);
    }

    /// <summary>The table without CPU times: what a daemon works is not seen from here. The first row is Bolt's.</summary>
    public static void PrintTimes(string title, IReadOnlyList<(string Name, List<double> Times)> rows) =>
        Print(title, [.. rows.Select(r => (r.Name, r.Times, (double?)null))]);

    // CPU is the mean.
    private static void Print(string title, IReadOnlyList<(string Name, List<double> Times, double? Cpu)> rows)
    {
        Console.WriteLine(title);
        Console.WriteLine($"  {"",-34}{"median",10}{"min",10}{"p95",10}{"cpu",10}{"bolt/this",12}{"by cpu",10}");
        var (own, ownCpu) = (Median(rows[0].Times), rows[0].Cpu);
        for (var i = 0; i < rows.Count; i++)
        {
            var (name, times, cpu) = rows[i];
            var ratio = i == 0 ? "" : FormattableString.Invariant($"{own / Median(times):F2}");
            var byCpu = i == 0 || cpu is null || ownCpu is null ? "" : FormattableString.Invariant($"{ownCpu / cpu:F2}");
            var work = cpu is null ? "-" : FormattableString.Invariant($"{cpu:F2}");
            Console.WriteLine(FormattableString.Invariant(
                $"  {name,-34}{Median(times),10:F2}{times.Min(),10:F2}{Quantile(times, 0.95),10:F2}{work,10}{ratio,12}{byCpu,10}"));
        }
    }

    // proc_pid_stat(5), fields 16 and 17: user and system time of children that have been waited for, and of theirs, in
    // hundredths of a second. Coarse, so only its sum over all runs says something.
    private static double ChildMilliseconds()
    {
        const int millisecondsOfTick = 10;
        var stat = File.ReadAllText("/proc/self/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[13], CultureInfo.InvariantCulture) + long.Parse(fields[14], CultureInfo.InvariantCulture)) * millisecondsOfTick;
    }

    private static double Median(List<double> values) => Quantile(values, 0.5);

    private static double Quantile(List<double> values, double q)
    {
        var sorted = values.Order().ToArray();
        return sorted[(int)Math.Round((sorted.Length - 1) * q)];
    }
}
