namespace Bolt.Benchmarks;

/// <summary>
/// A Dockerfile of five instructions over nothing but busybox, with no network: every step anew, and with nothing changed.
/// Against buildah and podman, which build with layers and a cache as BuildKit does.
/// </summary>
internal static class BuildFigure
{
    private const string Busybox = "/bin/busybox";

    private const string Dockerfile = """
        FROM scratch
        COPY busybox /bin/busybox
        RUN ["/bin/busybox", "mkdir", "-p", "/app", "/tmp"]
        COPY src /app/
        RUN ["/bin/busybox", "sh", "-c", "/bin/busybox sha256sum /app/* > /app/sums"]
        """;

    public static async Task PrintAsync(int runs)
    {
        if (!File.Exists(Busybox))
        {
            Console.WriteLine($"(no {Busybox}: install busybox-static)");
            return;
        }
        if (Peer.Find("bolt", "BOLT_BENCH_BOLT", "bolt") is not { } bolt)
            return;
        var folder = Directory.CreateTempSubdirectory("bolt-bench-").FullName;
        try
        {
            Fill(folder);
            var peers = new[] { Peer.Find("buildah", "BOLT_BENCH_BUILDAH", "buildah"), Peer.Find("podman", "BOLT_BENCH_PODMAN", "podman") }.OfType<Peer>().ToArray();
            await ContestAsync("five instructions, every step anew", Math.Min(runs, 10), bolt, peers, folder, cold: true);
            await ContestAsync("five instructions, nothing changed", Math.Min(runs, 20), bolt, peers, folder, cold: false);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Task ContestAsync(string title, int runs, Peer bolt, Peer[] peers, string folder, bool cold) => Contest.PrintAsync(title, runs,
    [
        bolt.Entry("bolt build", folder, ["build", "--progress", "quiet", "-t", "bench:1", .. cold ? ["--no-cache"] : Array.Empty<string>(), "."]),
        .. peers.Select(p => p.Entry(p.Name + " build", folder, ["build", "-q", "--layers", "-t", "bench:1", .. cold ? ["--no-cache"] : Array.Empty<string>(), "."])),
        Contest.Baseline,
    ]);

    private static void Fill(string folder)
    {
        File.WriteAllText(folder + "/Dockerfile", Dockerfile + "\n");
        File.Copy(Busybox, folder + "/busybox");
        Directory.CreateDirectory(folder + "/src");
        for (var i = 0; i < 200; i++)
            File.WriteAllText($"{folder}/src/file{i}.txt", new string((char)('a' + i % 26), 1000 + i));
    }
}
