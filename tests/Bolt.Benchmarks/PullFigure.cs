using System.Diagnostics;

namespace Bolt.Benchmarks;

/// <summary>Pull and unpack of one image from a registry of this machine into an empty store, against `podman pull`.</summary>
internal static class PullFigure
{
    public static async Task PrintAsync(int runs)
    {
        if (Environment.GetEnvironmentVariable("BOLT_BENCH_IMAGE") is not { Length: > 0 } image)
        {
            Console.WriteLine("(no BOLT_BENCH_IMAGE: name an image of a registry on loopback, for example 127.0.0.1:5000/app:1)");
            return;
        }
        if (Peer.Find("bolt", "BOLT_BENCH_BOLT", "bolt") is not { } bolt)
            return;
        var podman = Peer.Find("podman", "BOLT_BENCH_PODMAN", "podman");
        var times = (Bolt: new List<double>(), Podman: new List<double>());
        // A minute for each pair is usual; the first pair warms the registry's page cache.
        for (var run = -1; run < Math.Min(runs, 10); run++)
        {
            var own = await TimeAsync(() => bolt.RunAsync(null, "pull", image), () => ForgetAsync(bolt, image));
            var other = podman is null ? 0 : await TimeAsync(
                () => podman.RunAsync(null, "pull", "-q", "--tls-verify=false", image), () => podman.RunAsync(null, "rmi", "-f", image));
            if (run >= 0)
            {
                times.Bolt.Add(own);
                times.Podman.Add(other);
            }
        }
        Contest.PrintTimes($"pull and unpack of {image} (n={times.Bolt.Count}, ms)",
            [("bolt pull", times.Bolt), .. podman is null ? [] : new[] { ("podman pull", times.Podman) }]);
    }

    // The time to take it away again is nobody's.
    private static async Task<double> TimeAsync(Func<Task> pull, Func<Task> forget)
    {
        var start = Stopwatch.GetTimestamp();
        await pull();
        var taken = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        await forget();
        return taken;
    }

    private static async Task ForgetAsync(Peer bolt, string image)
    {
        await bolt.RunAsync(null, "rmi", image);
        await bolt.RunAsync(null, "gc", "--now");
    }
}
