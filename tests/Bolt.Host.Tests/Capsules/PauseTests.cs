using Bolt.Capsules;
using Bolt.Diagnostics;
using Bolt.Kernel;

namespace Bolt.Host.Tests.Capsules;

/// <summary>A capsule that stands still, by the freezer or by signals as this user can, and one that is watched and limited while it runs.</summary>
public class PauseTests
{
    private const string Counting = "sleep 1000 & i=0; while :; do i=$((i+1)); echo $i > /tmp/count; done";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_process_of_a_paused_capsule_runs_until_it_goes_on()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var capsule = await room.StartAsync("sh", "-c", Counting);
        await capsule.PauseAsync(Token);
        Assert.True(capsule.IsPaused);
        var before = Ticks(capsule);
        // Longer than a tick of the clock that counts, spent by this process.
        var until = Environment.TickCount64 + 50;
        while (Environment.TickCount64 < until)
            Thread.SpinWait(1000);
        Assert.Equal(before, Ticks(capsule));
        var refused = await Assert.ThrowsAsync<BoltException>(() => CapsuleRoom.ExecAsync(capsule, CapsuleRoom.Command("true")));
        Assert.Equal("BOLT5121", refused.Diagnostic.Code);

        capsule.Resume();
        Assert.False(capsule.IsPaused);
        while (Ticks(capsule) == before)
            await Task.Yield();
        Assert.Equal(0, (await CapsuleRoom.ExecAsync(capsule, CapsuleRoom.Command("true"))).Code);
    }

    [Fact]
    public async Task A_new_owner_finds_it_paused_and_lets_it_go_on()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var capsule = await room.StartAsync("sh", "-c", Counting);
        await capsule.PauseAsync(Token);
        var adopted = Capsule.TryAdopt(capsule.Folder)!;
        Assert.True(adopted.IsPaused);
        var before = Ticks(adopted);
        adopted.Resume();
        while (Ticks(adopted) == before)
            await Task.Yield();
    }

    [Fact]
    public async Task A_paused_capsule_is_asked_to_end_and_can_do_it_in_order()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var capsule = await room.StartAsync("sh", "-c", "trap 'exit 5' TERM; echo up; while :; do sleep 1000 & wait; done");
        await foreach (var line in CapsuleLog.ReadAsync(capsule.Folder, true, null, null, Token))
            if (line.Text == "up")
                break;
        await capsule.PauseAsync(Token);
        Assert.Equal(5, (await capsule.StopAsync(TimeSpan.FromMinutes(1), Token)).Code);
        Assert.All(Bolt.Launch.CgroupNote.Read(capsule.Folder), group => Assert.False(Directory.Exists(group)));
    }

    [Fact]
    public async Task A_paused_capsule_can_be_killed_and_dies_with_its_monitor()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var killed = await room.StartAsync("sh", "-c", Counting);
        await killed.PauseAsync(Token);
        await killed.SignalAsync(9, Token);
        Assert.Equal(9, (await killed.WaitAsync(Token)).Signal);
        Assert.All(Bolt.Launch.CgroupNote.Read(killed.Folder), group => Assert.False(Directory.Exists(group)));

        var orphan = await room.StartAsync("sh", "-c", Counting);
        await orphan.PauseAsync(Token);
        var monitor = ProcessTable.Find(orphan.Pid)!.Parent;
        using (var pidfd = Pidfd.Open(monitor)!)
            Pidfd.Signal(pidfd, 9);
        Assert.True((await orphan.WaitAsync(Token)).MonitorDied);
        Assert.All(Bolt.Launch.CgroupNote.Read(orphan.Folder), group => Assert.False(Directory.Exists(group)));
    }

    [Fact]
    public async Task A_command_that_was_there_before_stands_still_too()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var capsule = await room.StartAsync("sleep", "1000");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var command = capsule.ExecAsync(CapsuleRoom.Command("sh", "-c", Counting), new ExecStreams(null, Stream.Null, Stream.Null), null, stop.Token);
        // Not only forked: a shell that is stopped before it becomes its sleep would outlive the command.
        while (CapsuleProcesses.Of(capsule.Pid, room.Ids).Count(p => p.Seen.Name == "sleep") < 2)
            await Task.Yield();
        await capsule.PauseAsync(Token);
        Assert.All(CapsuleProcesses.Of(capsule.Pid, room.Ids).Where(p => p.Seen.Pid != capsule.Pid), p => Assert.NotEqual('R', p.Seen.State));
        // Its caller leaves: it is killed though it stands still.
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => command);
        while (CapsuleProcesses.Of(capsule.Pid, room.Ids).Any(p => p.Seen.Name == "sh"))
            await Task.Yield();
        Assert.NotNull(Capsule.TryAdopt(capsule.Folder));
    }

    [Fact]
    public async Task Its_processes_have_their_inner_numbers_and_users()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var capsule = await room.StartAsync(room.Spec("sh", "-c", "sleep 1000 & exec sleep 2000"));
        IReadOnlyList<CapsuleProcess> processes;
        while ((processes = CapsuleProcesses.Of(capsule.Pid, room.Ids)).Count(p => p.Seen.Name == "sleep") < 2)
            await Task.Yield();
        Assert.Equal((capsule.Pid, 1), (processes[0].Seen.Pid, processes[0].InnerPid));
        Assert.Equal([1, 2, 3], processes.Select(p => p.InnerPid).Order());
        Assert.All(processes, p => Assert.Equal(0u, p.InnerUid));
        Assert.Equal("sleep 2000", ProcessTable.CommandOf(processes.Single(p => p.InnerPid == 2).Seen.Pid));
        Assert.Equal("guest", CapsuleProcesses.Users(processes[1].Seen.Pid)[1000]);
    }

    [Fact]
    public async Task What_it_uses_is_counted()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var capsule = await room.StartAsync("sh", "-c", Counting);
        var first = CapsuleUsage.Of(capsule)!;
        Assert.InRange(first.Memory, 64 << 10, 64 << 20);
        Assert.Equal(0, first.Network!.Value.Received);
        CapsuleUsage later;
        while ((later = CapsuleUsage.Of(capsule)!).Cpu < first.Cpu + TimeSpan.FromMilliseconds(50))
            await Task.Yield();
        Assert.True(later.At > first.At);
        Assert.InRange(later.Tasks, 2, 10);
        await capsule.StopAsync(TimeSpan.Zero, Token);
        Assert.Null(CapsuleUsage.Of(capsule));
    }

    [Fact]
    public async Task Limits_change_while_it_runs()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var capsule = await room.StartAsync("sleep", "1000");
        try
        {
            capsule.Limit(new CapsuleLimits(Pids: 20));
        }
        catch (BoltException e) when (e.Diagnostic.Code == "BOLT9501")
        {
            Assert.Skip(e.Diagnostic.Code + ": " + e.Diagnostic.Message);
        }
        Assert.Equal(20, CapsuleUsage.Of(capsule)!.TaskLimit);
        var (code, _, _) = await CapsuleRoom.ExecAsync(capsule, CapsuleRoom.Command("true"));
        Assert.Equal(0, code);
        capsule.Limit(new CapsuleLimits(MemoryBytes: 32 << 20, Pids: -1));
        Assert.Equal((32L << 20, null), (CapsuleUsage.Of(capsule)!.MemoryLimit, CapsuleUsage.Of(capsule)!.TaskLimit));
        var groups = Bolt.Launch.CgroupNote.Read(capsule.Folder);
        Assert.NotEmpty(groups);
        await capsule.StopAsync(TimeSpan.Zero, Token);
        Assert.All(groups, group => Assert.False(Directory.Exists(group)));
    }

    private static long Ticks(Capsule capsule) => CapsuleProcesses.Of(capsule.Pid, Bolt.Launch.IdMap.OfCurrentUser()).Sum(p => p.Seen.Ticks);
}
