using System.Diagnostics;

namespace Bolt.Benchmarks;

/// <summary>The cached demo, to all ready, against compose with the same services. Only `up` is timed, `down` is not.</summary>
internal static class UpFigure
{
    public static async Task PrintAsync(int runs)
    {
        if (Peer.Find("bolt", "BOLT_BENCH_BOLT", "bolt") is not { } bolt)
            return;
        runs = Math.Min(runs, 10);
        await using var demo = await Demo.WarmAsync(bolt);
        var compose = Peer.Find("compose", "BOLT_BENCH_COMPOSE", "docker", "compose");
        var file = Environment.GetEnvironmentVariable("BOLT_BENCH_COMPOSE_FILE");
        if (compose is not null && file is null)
            Console.WriteLine("(compose is left out: BOLT_BENCH_COMPOSE_FILE does not name a file with the demo's services)");
        var own = new List<double>();
        var theirs = new List<double>();
        for (var run = 0; run < runs; run++)
        {
            own.Add(await TimeAsync(() => demo.UpAsync()));
            await demo.DownAsync();
            if (compose is null || file is null)
                continue;
            theirs.Add(await TimeAsync(() => compose.RunAsync(null, "-f", file, "up", "-d", "--wait")));
            await compose.RunAsync(null, "-f", file, "down", "-t", "1");
        }
        Contest.PrintTimes($"demo, cached: up -d --wait to all ready (n={runs}, ms)",
            theirs.Count == 0 ? [("bolt up -d --wait", own)] : [("bolt up -d --wait", own), ("compose up -d --wait", theirs)]);
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var start = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
