using Bolt.Capsules;
using Bolt.Launch;
using Bolt.Storage;

namespace Bolt.Benchmarks;

/// <summary>A capsule's whole life, against OCI runtimes that run the same files.</summary>
internal static class ShimFigure
{
    public static async Task PrintAsync(int runs)
    {
        var shim = ShimLocation.Find(Environment.GetEnvironmentVariable("BOLT_SHIM"))
            ?? throw new InvalidOperationException("bolt-shim is not beside this program");
        using var bundle = new Bundle();
        await OwnAsync(shim, bundle);
        var entries = new List<Entry> { new("bolt capsule", () => OnceAsync(shim, bundle), Waited: false) };
        foreach (var peer in new[] { Peer.Find("crun", "BOLT_BENCH_CRUN", "crun"), Peer.Find("runc", "BOLT_BENCH_RUNC", "runc") })
        {
            if (peer is null)
                continue;
            await bundle.WriteConfigAsync(peer, rootless: Environment.UserName != "root");
            var state = Directory.CreateDirectory(Path.Combine(bundle.Folder, peer.Name)).FullName;
            entries.Add(peer.Entry($"{peer.Name} run", bundle.Folder, "--root", state, "run", "bench"));
        }
        entries.Add(Contest.Baseline);
        await Contest.PrintAsync("/bin/true in a fresh capsule, shim start to exit", runs, entries);
    }

    // A layer's files belong to mapped ids; the peers, as root, may use them all the same.
    private static Task OwnAsync(string shim, Bundle bundle) =>
        new MappedFiles(shim, IdMap.OfCurrentUser()).ApplyAsync(
            bundle.Root,
            [.. Directory.EnumerateDirectories(bundle.Root).Select(f => new OwnedEntry(Path.GetFileName(f), 0, 0, 0b111_101_101))],
            CancellationToken.None);

    private static async Task OnceAsync(string shim, Bundle bundle)
    {
        var folder = Path.Combine(bundle.Folder, "capsule");
        var capsule = await Capsule.StartAsync(shim, new CapsuleSpec
        {
            Id = "bench",
            Folder = folder,
            Ids = IdMap.OfCurrentUser(),
            Layers = [bundle.Root],
            Command = ["/bin/true"],
            Hostname = "bench",
        }, CancellationToken.None);
        var exit = await capsule.WaitAsync(CancellationToken.None);
        if (exit.ShellCode != 0)
            throw new InvalidOperationException($"the capsule ended with {exit.ShellCode}");
        Directory.Delete(folder, recursive: true);
    }
}
