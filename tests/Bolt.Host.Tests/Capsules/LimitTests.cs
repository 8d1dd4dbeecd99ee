using Bolt.Capsules;
using Bolt.Diagnostics;

namespace Bolt.Host.Tests.Capsules;

/// <summary>What the kernel makes of a capsule's limits, on whichever hierarchy of cgroups this host has.</summary>
public class LimitTests
{
    private const long Megabyte = 1 << 20;

    [Fact]
    public async Task Memory_beyond_the_limit_ends_the_service_and_is_told_as_such()
    {
        await using var room = await LaunchRoom.OpenAsync();
        var capsule = await StartAsync(room, new CapsuleLimits(MemoryBytes: 16 * Megabyte), "x=x; while :; do x=$x$x; done");
        var exit = await capsule.WaitAsync(TestContext.Current.CancellationToken);
        Assert.True(exit.OutOfMemory);
        Assert.Equal(9, exit.Signal);
    }

    [Fact]
    public async Task No_more_processes_than_the_limit()
    {
        await using var room = await LaunchRoom.OpenAsync();
        // The init and the shell are two of eight.
        var capsule = await StartAsync(room, new CapsuleLimits(Pids: 8),
            "i=0; while [ $i -lt 20 ]; do sleep 100 & i=$((i+1)); done 2>/dev/null; exit 3");
        var exit = await capsule.WaitAsync(TestContext.Current.CancellationToken);
        // ash ends with 2 when it cannot fork.
        Assert.Equal(2, exit.Code);
    }

    [Fact]
    public async Task A_tenth_of_a_processor_is_throttled()
    {
        await using var room = await LaunchRoom.OpenAsync();
        var capsule = await StartAsync(room, new CapsuleLimits(Cpus: 0.1), "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; sleep 1000");
        var group = GroupOf(capsule, "cpu");
        while (!File.ReadLines(group + "/cpu.stat").Any(line => line.StartsWith("nr_throttled ", StringComparison.Ordinal) && line != "nr_throttled 0"))
        {
            Assert.Null(Capsule.ReadExit(capsule.Folder));
            await Task.Yield();
        }
        await capsule.StopAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_command_that_joins_is_under_the_limits_and_the_group_goes_with_the_capsule()
    {
        await using var room = await LaunchRoom.OpenAsync();
        var capsule = await StartAsync(room, new CapsuleLimits(Pids: 50), "sleep 1000");
        var group = GroupOf(capsule, "pids");
        Assert.Equal("50", File.ReadAllText(group + "/pids.max").Trim());
        var output = new MemoryStream();
        // Inside, its own group is the root of all.
        await capsule.ExecAsync(new ExecSpec(["cat", "/proc/self/cgroup"], [], null, null, Terminal: false),
            new ExecStreams(null, output, output), null, TestContext.Current.CancellationToken);
        Assert.Contains(System.Text.Encoding.UTF8.GetString(output.ToArray()).Split('\n'), line => line.EndsWith(":/", StringComparison.Ordinal)
            && (line.StartsWith("0::", StringComparison.Ordinal) || line.Contains("pids", StringComparison.Ordinal)));
        await capsule.StopAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
        Assert.False(Directory.Exists(group));
    }

    [Fact]
    public async Task A_limit_of_best_effort_is_there_or_a_warning_says_that_it_is_not()
    {
        await using var room = await LaunchRoom.OpenAsync();
        var capsule = await StartAsync(room, new CapsuleLimits(MemoryBytes: 64 * Megabyte, BestEffort: true), "sleep 1000");
        var limits = new[] { "memory.max", "memory.limit_in_bytes" }.Select(file => Path.Combine(GroupOf(capsule, "memory"), file)).Where(File.Exists);
        var limited = limits.Any(file => File.ReadAllText(file).Trim() == (64 * Megabyte).ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(limited ? [] : ["BOLT9501"], capsule.Warnings.Select(warning => warning.Code));
        await capsule.StopAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
    }

    /// <summary>/proc/PID/cgroup: "4:pids:/…" or "0::/…" (cgroups(7)).</summary>
    private static string GroupOf(Capsule capsule, string controller)
    {
        foreach (var parts in File.ReadLines($"/proc/{capsule.Pid}/cgroup").Select(line => line.Split(':', 3)))
        {
            if (parts[1].Split(',').Contains(controller))
                return MountOf(controller) + parts[2];
        }
        return "/sys/fs/cgroup" + File.ReadLines($"/proc/{capsule.Pid}/cgroup").Single(line => line.StartsWith("0::", StringComparison.Ordinal))[3..];
    }

    private static string MountOf(string controller) => File.ReadLines("/proc/self/mounts").Select(line => line.Split(' '))
        .First(fields => fields[2] == "cgroup" && fields[3].Split(',').Contains(controller))[1];

    private static async Task<Capsule> StartAsync(LaunchRoom room, CapsuleLimits limits, string script)
    {
        try
        {
            return await Capsule.StartAsync(room.Shim, room.Spec("sh", "-c", script) with { Limits = limits }, TestContext.Current.CancellationToken);
        }
        catch (BoltException e) when (e.Diagnostic.Code == "BOLT9501")
        {
            Assert.Skip(e.Diagnostic.Code + ": " + e.Diagnostic.Message);
            throw;
        }
    }
}
