using System.Diagnostics;

namespace Bolt.Benchmarks;

/// <summary>One competitor: a name and one timed piece of work. The first is Bolt; ratios are Bolt's time over theirs.</summary>
internal sealed record Entry(string Name, Func<Task> Once);

/// <summary>Times entries in turn and prints one table.</summary>
internal static class Contest
{
    public static async Task PrintAsync(string title, int runs, IReadOnlyList<Entry> entries)
    {
        foreach (var entry in entries)
            await entry.Once();
        var times = entries.Select(_ => new List<double>(runs)).ToArray();
        for (var run = 0; run < runs; run++)
        {
            for (var i = 0; i < entries.Count; i++)
            {
                var start = Stopwatch.GetTimestamp();
                await entries[i].Once();
                times[i].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        }
        PrintTimes($"{title} (n={runs}, ms)", [.. entries.Select((entry, i) => (entry.Name, times[i]))]);
    }

    /// <summary>The table; the first row is Bolt's.</summary>
    public static void PrintTimes(string title, IReadOnlyList<(string Name, List<double> Times)> rows)
    {
        Console.WriteLine(title);
        Console.WriteLine($"  {"",-34}{"median",10}{"min",10}{"p95",10}{"bolt/this",12}");
        var own = Median(rows[0].Times);
        for (var i = 0; i < rows.Count; i++)
        {
            var (name, times) = rows[i];
            var ratio = i == 0 ? "" : FormattableString.Invariant($"{own / Median(times):F2}");
            Console.WriteLine(FormattableString.Invariant(
                $"  {name,-34}{Median(times),10:F2}{times.Min(),10:F2}{Quantile(times, 0.95),10:F2}{ratio,12}"));
        }
    }

    private static double Median(List<double> values) => Quantile(values, 0.5);

    private static double Quantile(List<double> values, double q)
    {
        var sorted = values.Order().ToArray();
        return sorted[(int)Math.Round((sorted.Length - 1) * q)];
    }
}
