using Bolt.Capsules;
using Bolt.Launch;

namespace Bolt.Benchmarks;

/// <summary>A capsule's whole life, against OCI runtimes that run the same files.</summary>
internal static class ShimFigure
{
    public static async Task PrintAsync(int runs)
    {
        var shim = ShimLocation.Find(Environment.GetEnvironmentVariable("BOLT_SHIM"))
            ?? throw new InvalidOperationException("bolt-shim is not beside this program");
        using var bundle = new Bundle();
        var entries = new List<Entry> { new("bolt capsule", () => OnceAsync(shim, bundle)) };
        foreach (var peer in new[] { Peer.Find("crun", "BOLT_BENCH_CRUN", "crun"), Peer.Find("runc", "BOLT_BENCH_RUNC", "runc") })
        {
            if (peer is null)
                continue;
            await bundle.WriteConfigAsync(peer, rootless: Environment.UserName != "root");
            var state = Directory.CreateDirectory(Path.Combine(bundle.Folder, peer.Name)).FullName;
            entries.Add(peer.Entry($"{peer.Name} run", bundle.Folder, "--root", state, "run", "bench"));
        }
        await Contest.PrintAsync("/bin/true in a fresh capsule, shim start to exit", runs, entries);
    }

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
