namespace Bolt.Benchmarks;

/// <summary>What every command line pays.</summary>
internal static class VersionFigure
{
    public static async Task PrintAsync(int runs)
    {
        if (Peer.Find("bolt", "BOLT_BENCH_BOLT", "bolt") is { } bolt)
            await Contest.PrintAsync("bolt --version", runs, [bolt.Entry("bolt --version", null, "--version"), Contest.Baseline]);
    }
}
