using System.Collections.Concurrent;
using System.Diagnostics;
using Bolt.Capsules;
using Bolt.Diagnostics;
using Bolt.Host.Tests.Capsules;
using Bolt.Host.Tests.Oci;
using Bolt.Kernel;
using Bolt.Oci;

namespace Bolt.Host.Tests.Stress;

/// <summary>Very many lives, very many at once, and lives that are cut short anywhere: every end is told truly, and nothing is left.</summary>
[Collection(nameof(LifeCycleTests))]
public class LifeCycleTests
{
    private const int SubreaperOption = 36;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Capsules_come_and_go()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var count = StressSize.Full ? StressSize.FullCycles / 2 : 150;
        var begun = Stopwatch.StartNew();
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Token }, async (i, _) => await CycleAsync(room, i));
        Say($"{count} capsules in {begun.Elapsed.TotalSeconds:f1} s");
        await new Traces(room.Folder, Path.GetFileName(room.Folder)).AssertNoneAsync();
    }

    [Fact]
    public async Task Containers_of_the_runtime_come_and_go()
    {
        using var bundle = new Bundle();
        bundle.Write(bundle.Config("exec sleep 1000"));
        var runtime = new OciRuntime(Path.Combine(bundle.Folder, "state"));
        var count = StressSize.Full ? StressSize.FullCycles / 2 : 100;
        var begun = Stopwatch.StartNew();
        // Whoever uses a runtime collects its containers, as conmon does.
        Sys.Prctl(SubreaperOption, 1);
        try
        {
            await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Token },
                (i, _) => new ValueTask(Task.Run(() => Cycle(runtime, bundle, i), Token)));
        }
        finally
        {
            Sys.Prctl(SubreaperOption, 0);
        }
        Say($"{count} containers in {begun.Elapsed.TotalSeconds:f1} s");
        Assert.Empty(runtime.List());
        await new Traces(bundle.Folder, $"{Environment.ProcessId}-{Path.GetFileName(bundle.Folder)[^4..]}-").AssertNoneAsync();
    }

    [Fact]
    public async Task Two_hundred_capsules_at_once()
    {
        const int many = 200;
        await using var room = await CapsuleRoom.OpenAsync();
        var begun = Stopwatch.StartNew();
        var running = new ConcurrentBag<Capsule>();
        await Parallel.ForAsync(0, many, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Token },
            async (i, _) => running.Add(await room.StartAsync(Marked(room, "sh", "-c", $"trap 'exit {i}' TERM; while :; do sleep 1000 & wait; done"))));
        var started = begun.Elapsed;
        Assert.Equal(many, running.Select(c => c.Pid).Distinct().Count());
        Assert.All(running, c => Assert.Equal(c.Pid, Capsule.TryAdopt(c.Folder)!.Pid));
        // A command in each proves that it is whole, and that its handler is set by then.
        await Parallel.ForEachAsync(running, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Token },
            async (c, _) => Assert.Equal(3, (await CapsuleRoom.ExecAsync(c, CapsuleRoom.Command("sh", "-c", "exit 3"))).Code));
        var ends = await Task.WhenAll(running.Select(c => c.StopAsync(TimeSpan.FromMinutes(2), Token)));
        Assert.Equal(Enumerable.Range(0, many), ends.Select(e => e.Code!.Value).Order());
        Say($"{many} capsules ran {started.TotalSeconds:f1} s after the first began, all had ended after {begun.Elapsed.TotalSeconds:f1} s");
        await new Traces(room.Folder, Path.GetFileName(room.Folder)).AssertNoneAsync();
    }

    [Fact]
    public async Task Monitors_inits_and_services_that_are_killed_anywhere()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var random = new Random(StressSize.Seed);
        var kills = StressSize.Full ? 500 : 40;
        for (var i = 0; i < kills; i++)
        {
            var (what, pause, limits) = (random.Next(4), random.Next(1, 2_000_000), random.Next(2) == 0);
            var spec = Marked(room, "sh", "-c", "sleep 1000 & wait") with
            {
                Limits = limits ? new CapsuleLimits(Pids: 50, BestEffort: true) : new CapsuleLimits(),
            };
            var why = $"seed {StressSize.Seed}, kill {i}: {(what, pause, limits)}";
            if (what == 0)
                await KillWhileStartingAsync(room, spec, pause, why);
            else
                await KillWhileRunningAsync(room, spec, what, pause, why);
            await new Traces(spec.Folder, spec.Id).AssertNoneAsync();
        }
        Say($"{kills} kills, seed {StressSize.Seed}");
    }

    private static async Task CycleAsync(CapsuleRoom room, int i)
    {
        var code = i % 256;
        var spec = (i % 4) switch
        {
            0 => Marked(room, "sh", "-c", $"exit {code}"),
            1 => Marked(room, "sh", "-c", "kill -KILL $$"),
            _ => Marked(room, "sleep", "1000"),
        };
        var capsule = await room.StartAsync(spec);
        if (i % 4 == 2)
            await capsule.SignalAsync(9, Token);
        var exit = i % 4 == 3 ? await capsule.StopAsync(TimeSpan.FromMinutes(1), Token) : await capsule.WaitAsync(Token);
        Assert.Equal((i % 4) switch { 0 => (code, null), 3 => (null, 15), _ => ((int?)null, (int?)9) }, (exit.Code, exit.Signal));
        Assert.False(exit.MonitorDied);
        await Capsule.DeleteAsync(spec.Folder, room.Files, Token);
        Assert.False(Directory.Exists(spec.Folder));
    }

    private static unsafe void Cycle(OciRuntime runtime, Bundle bundle, int i)
    {
        var id = $"bolt-test-{Environment.ProcessId}-{Path.GetFileName(bundle.Folder)[^4..]}-c{i}";
        runtime.Create(new OciCreateOptions { Id = id, Bundle = bundle.Folder });
        try
        {
            var made = runtime.List().Single(c => c.Id == id);
            Assert.Equal("created", made.Status);
            runtime.Start(id);
            runtime.Kill(id, "KILL", all: false);
            int status;
            Assert.Equal(made.Pid, (int)Sys.Wait(made.Pid, &status, 0));
            Assert.Equal(9, status);
            runtime.Delete(id, force: false);
        }
        catch
        {
            runtime.Delete(id, force: true);
            throw;
        }
    }

    private static async Task KillWhileStartingAsync(CapsuleRoom room, CapsuleSpec spec, int pause, string why)
    {
        var start = Task.Run(() => room.StartAsync(spec), Token);
        int shim;
        while ((shim = ShimIn(spec.Folder)) == 0 && !start.IsCompleted)
            await Task.Yield();
        Thread.SpinWait(pause / 10);
        // One that ran before anyone could look is killed while it runs.
        if (shim == 0 && start.IsCompletedSuccessfully)
            shim = ProcessTable.Find((await start).Pid)!.Parent;
        if (shim != 0)
            Sys.Kill(shim, Sys.SigKill);
        try
        {
            var exit = await (await start).WaitAsync(Token);
            Assert.True(exit.MonitorDied, why);
        }
        catch (BoltException e)
        {
            Assert.True(e.Diagnostic.Code is "BOLT5102" or "BOLT5108", $"{why}: {e.Diagnostic}");
        }
    }

    private static async Task KillWhileRunningAsync(CapsuleRoom room, CapsuleSpec spec, int what, int pause, string why)
    {
        var capsule = await room.StartAsync(spec);
        var end = capsule.WaitAsync(Token);
        var monitor = ProcessTable.Find(capsule.Pid)!.Parent;
        var service = CapsuleProcesses.Of(capsule.Pid, room.Ids).First(p => p.InnerPid == 2).Seen.Pid;
        Thread.SpinWait(pause / 100);
        Sys.Kill(what switch { 1 => monitor, 2 => capsule.Pid, _ => service }, Sys.SigKill);
        var exit = await end;
        Assert.True((exit.Code, exit.Signal, exit.MonitorDied) == (null, 9, what == 1), $"{why}: {exit}");
    }

    // A child of this process whose folder is the capsule's; 0: none yet.
    private static int ShimIn(string folder) => ProcessTable.Read()
        .Where(p => p.Parent == Environment.ProcessId && new FileInfo($"/proc/{p.Pid}/cwd").LinkTarget == folder && p.Name.StartsWith("bolt", StringComparison.Ordinal))
        .Select(p => p.Pid).FirstOrDefault();

    private static CapsuleSpec Marked(CapsuleRoom room, params string[] command)
    {
        var spec = room.Spec(command);
        return spec with { Environment = [.. spec.Environment, $"BOLT_STRESS={Path.GetFileName(room.Folder)} {spec.Id}"] };
    }

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
