namespace Bolt.Benchmarks;

/// <summary>`bolt run` of a command, against `podman run`.</summary>
internal static class RunFigure
{
    public static async Task PrintAsync(int runs)
    {
        if (Peer.Find("bolt", "BOLT_BENCH_BOLT", "bolt") is not { } bolt)
            return;
        var entries = new List<Entry> { bolt.Entry("bolt run --rm busybox true", null, "run", "--rm", "busybox", "true") };
        if (Peer.Find("podman", "BOLT_BENCH_PODMAN", "podman") is { } podman)
        {
            var image = Environment.GetEnvironmentVariable("BOLT_BENCH_PODMAN_IMAGE") is { Length: > 0 } named ? named : "busybox";
            entries.Add(podman.Entry("podman run --rm", null, "run", "--rm", image, "/bin/true"));
        }
        entries.Add(Contest.Baseline);
        await Contest.PrintAsync("/bin/true, command start to exit", runs, entries);
    }
}
