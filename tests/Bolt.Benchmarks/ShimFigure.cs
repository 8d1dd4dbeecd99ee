using Bolt.Capsules;
using Bolt.Kernel;
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
        var rootless = Environment.UserName != "root";
        var entries = new List<Entry> { new("bolt capsule", () => OnceAsync(shim, bundle, "bench"), Waited: false) };
        var commands = new List<Entry>();
        var many = new List<(string Name, Func<int, Task> Once)> { ("bolt capsule", i => OnceAsync(shim, bundle, $"bench{i}")) };
        await using var own = await CommandHost.OpenAsync(shim, Spec(bundle, "host", "/bin/sleep", "100000"));
        commands.Add(own.Entry);
        var hosts = new List<(Peer Peer, string State)>();
        foreach (var peer in new[] { Peer.Find("crun", "BOLT_BENCH_CRUN", "crun"), Peer.Find("runc", "BOLT_BENCH_RUNC", "runc") }.OfType<Peer>())
        {
            var state = Directory.CreateDirectory(Path.Combine(bundle.Folder, peer.Name)).FullName;
            await bundle.WriteConfigAsync(peer, rootless, "/bin/sleep", "100000");
            await peer.RunDetachedAsync(bundle.Folder, "--root", state, "run", "-d", "bench-host");
            hosts.Add((peer, state));
            commands.Add(peer.Entry($"{peer.Name} exec", bundle.Folder, "--root", state, "exec", "bench-host", "/bin/true"));
            await bundle.WriteConfigAsync(peer, rootless);
            entries.Add(peer.Entry($"{peer.Name} run", bundle.Folder, "--root", state, "run", "bench"));
            many.Add(($"{peer.Name} run", i => peer.RunAsync(bundle.Folder, "--root", state, "run", $"bench{i}")));
        }
        entries.Add(Contest.Baseline);
        Console.WriteLine($"load {File.ReadAllText("/proc/loadavg").Trim()}");
        // The kernel waits about 9 ms to move a process into a group, but not within that time after another move: who runs
        // again and again waits less than who runs from rest.
        const string what = "/bin/true in a fresh capsule, with seccomp, capabilities, all namespaces and, as root, a cgroup: start to end";
        var rest = TimeSpan.FromMilliseconds(30);
        await Contest.PrintAsync(what + ", from rest", runs, entries, rest: rest);
        await Contest.PrintAsync(what + ", ten in a row", runs, entries, row: 10);
        if (Peer.Find("bolt oci", "BOLT_BENCH_BOLT", "bolt") is { } tool)
        {
            var bolt = tool with { Command = [.. tool.Command, "oci"] };
            var state = Directory.CreateDirectory(Path.Combine(bundle.Folder, "bolt-oci")).FullName;
            Entry[] runtimes = [bolt.Entry("bolt oci run", bundle.Folder, "--root", state, "run", "bench"), .. entries[1..^1]];
            const string same = "the same bundle by an OCI runtime's command line: start to end";
            await Contest.PrintAsync(same + ", from rest", runs, runtimes, rest: rest);
            await Contest.PrintAsync(same + ", ten in a row", runs, runtimes, row: 10);
        }

        await Contest.PrintAsync("/bin/true in a running capsule, from rest", runs, commands, rest: rest);
        await Contest.PrintAsync("/bin/true in a running capsule, ten in a row", runs, commands, row: 10);
        await PrintParallelAsync(many, Math.Max(3, runs / 8));
        foreach (var (peer, state) in hosts)
            await peer.RunAsync(bundle.Folder, "--root", state, "delete", "-f", "bench-host");
        await PrintMemoryAsync(shim, bundle);
        Console.WriteLine($"load {File.ReadAllText("/proc/loadavg").Trim()}");
    }

    private static async Task PrintParallelAsync(List<(string Name, Func<int, Task> Once)> entries, int rounds)
    {
        const int side = 8;
        var rows = entries.Select(e => (e.Name, Times: new List<double>())).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            for (var entry = 0; entry < entries.Count; entry++)
            {
                var begun = System.Diagnostics.Stopwatch.GetTimestamp();
                await Task.WhenAll(Enumerable.Range(0, side).Select(i => Task.Run(() => entries[entry].Once(i))));
                rows[entry].Times.Add(System.Diagnostics.Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            }
        }
        Contest.PrintTimes($"{side} of them at once (n={rounds}, ms for all)", rows);
    }

    // proc_pid_status(5) VmHWM, the most that was ever resident; smaps_rollup's Pss.
    private static async Task PrintMemoryAsync(string shim, Bundle bundle)
    {
        var ten = new List<Capsule>();
        for (var i = 0; i < 10; i++)
            ten.Add(await Capsule.StartAsync(shim, Spec(bundle, $"idle{i}", "/bin/sleep", "100000"), CancellationToken.None));
        var shims = ten.Select(c => ProcessTable.Find(c.Pid)!.Parent).ToArray();
        Console.WriteLine(FormattableString.Invariant(
            $"shim: peak RSS {shims.Max(p => MemoryFigure.Kilobytes($"/proc/{p}/status", "VmHWM:"))} kB; ten idle: PSS {shims.Average(p => MemoryFigure.Kilobytes($"/proc/{p}/smaps_rollup", "Pss:")):F0} kB each"));
        foreach (var capsule in ten)
        {
            await capsule.StopAsync(TimeSpan.Zero, CancellationToken.None);
            Directory.Delete(capsule.Folder, recursive: true);
        }
    }

    // A layer's files belong to mapped ids; the peers, as root, may use them all the same.
    private static Task OwnAsync(string shim, Bundle bundle) =>
        new MappedFiles(shim, IdMap.OfCurrentUser()).ApplyAsync(
            bundle.Root,
            [.. Directory.EnumerateDirectories(bundle.Root).Select(f => new OwnedEntry(Path.GetFileName(f), 0, 0, 0b111_101_101))],
            CancellationToken.None);

    private static CapsuleSpec Spec(Bundle bundle, string id, params string[] command) => new()
    {
        Id = id,
        Folder = Path.Combine(bundle.Folder, "capsule-" + id),
        Ids = IdMap.OfCurrentUser(),
        Layers = [bundle.Root],
        Command = [.. command],
        Hostname = "bench",
        // An ordinary user of version 1 can have none, here or there.
        Limits = Environment.UserName == "root" ? new CapsuleLimits(Pids: 1000) : new CapsuleLimits(),
    };

    private static async Task OnceAsync(string shim, Bundle bundle, string id)
    {
        var spec = Spec(bundle, id, "/bin/true");
        var capsule = await Capsule.StartAsync(shim, spec, CancellationToken.None);
        var exit = await capsule.WaitAsync(CancellationToken.None);
        if (exit.ShellCode != 0)
            throw new InvalidOperationException($"the capsule ended with {exit.ShellCode}");
        Directory.Delete(spec.Folder, recursive: true);
    }

    /// <summary>A capsule that commands are put into.</summary>
    private sealed class CommandHost(Capsule capsule) : IAsyncDisposable
    {
        public Entry Entry => new("bolt exec", async () =>
        {
            var command = new ExecSpec(["/bin/true"], [], null, null, Terminal: false);
            if (await capsule.ExecAsync(command, new ExecStreams(null, Stream.Null, Stream.Null), null, CancellationToken.None) is not 0 and var code)
                throw new InvalidOperationException($"the command ended with {code}");
        }, Waited: false);

        public static async Task<CommandHost> OpenAsync(string shim, CapsuleSpec spec) => new(await Capsule.StartAsync(shim, spec, CancellationToken.None));

        public async ValueTask DisposeAsync()
        {
            await capsule.StopAsync(TimeSpan.Zero, CancellationToken.None);
            Directory.Delete(capsule.Folder, recursive: true);
        }
    }
}
