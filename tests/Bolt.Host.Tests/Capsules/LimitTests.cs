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

    [Fact]
    public async Task Processors_and_memory_nodes()
    {
        await using var room = await LaunchRoom.OpenAsync();
        // The highest processor that this process may use is not that of every other.
        var own = File.ReadLines("/proc/self/status").First(line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal));
        var last = own.Split((char[])['\t', ',', '-'])[^1];
        var capsule = await StartAsync(room, new CapsuleLimits { Cpuset = last }, "sleep 1000");
        Assert.Contains("Cpus_allowed_list:\t" + last, File.ReadAllLines($"/proc/{capsule.Pid}/status"));
        await capsule.StopAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_disk_has_a_rate()
    {
        await using var room = await LaunchRoom.OpenAsync();
        var disk = Directory.GetDirectories("/sys/block").Select(Path.GetFileName).FirstOrDefault(name => File.Exists("/dev/" + name));
        var limits = new CapsuleLimits { Io = [new IoLimit(disk is null ? "/dev/null" : "/dev/" + disk, IoMeasure.WriteBytes, Megabyte)] };
        if (disk is null)
        {
            var failed = await Assert.ThrowsAsync<BoltException>(() => StartAsync(room, limits, "sleep 1000"));
            Assert.Equal("BOLT5004", failed.Diagnostic.Code);
            return;
        }
        var capsule = await StartAsync(room, limits, "sleep 1000");
        var number = File.ReadAllText($"/sys/block/{disk}/dev").Trim();
        var rates = new[] { "io.max", "blkio.throttle.write_bps_device" }.Select(file => Path.Combine(GroupOf(capsule, "blkio"), file)).First(File.Exists);
        Assert.Contains(File.ReadAllLines(rates), line => line == $"{number} {Megabyte}" || line == $"{number} rbps=max wbps={Megabyte} riops=max wiops=max");
        await capsule.StopAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Swap_and_reserved_memory_and_weight()
    {
        await using var room = await LaunchRoom.OpenAsync();
        var limits = new CapsuleLimits(MemoryBytes: 32 * Megabyte) { SwapBytes = 48 * Megabyte, ReservedBytes = 8 * Megabyte, CpuShares = 512 };
        var capsule = await StartAsync(room, limits, "sleep 1000");
        var unified = File.Exists("/sys/fs/cgroup/cgroup.controllers");
        Assert.Equal(unified ? 16 * Megabyte : 48 * Megabyte, Read("memory", unified ? "memory.swap.max" : "memory.memsw.limit_in_bytes"));
        Assert.Equal(8 * Megabyte, Read("memory", unified ? "memory.low" : "memory.soft_limit_in_bytes"));
        Assert.Equal(unified ? 20 : 512, Read("cpu", unified ? "cpu.weight" : "cpu.shares"));
        await capsule.StopAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);

        long Read(string controller, string file) =>
            long.Parse(File.ReadAllText($"{GroupOf(capsule, controller)}/{file}"), System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task Huge_pages()
    {
        await using var room = await LaunchRoom.OpenAsync();
        var limits = new CapsuleLimits { HugePages = System.Collections.Immutable.ImmutableSortedDictionary<string, long>.Empty.Add("2MB", 4 * Megabyte) };
        var capsule = await StartAsync(room, limits, "sleep 1000");
        var group = GroupOf(capsule, "hugetlb");
        var file = new[] { group, group.Replace("/sys/fs/cgroup/", "/sys/fs/cgroup/unified/", StringComparison.Ordinal) }
            .SelectMany(folder => new[] { folder + "/hugetlb.2MB.max", folder + "/hugetlb.2MB.limit_in_bytes" }).First(File.Exists);
        Assert.Equal(4 * Megabyte, long.Parse(File.ReadAllText(file), System.Globalization.CultureInfo.InvariantCulture));
        await capsule.StopAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_single_limit_of_best_effort_that_the_kernel_refuses_is_a_warning_and_an_error_otherwise()
    {
        await using var room = await LaunchRoom.OpenAsync();
        var limits = new CapsuleLimits { Cpuset = "60000", BestEffort = true };
        var capsule = await StartAsync(room, limits, "sleep 1000");
        // A cpuset of version 1 that has no processors takes no process either.
        Assert.NotEmpty(capsule.Warnings);
        Assert.All(capsule.Warnings, warning => Assert.Contains(warning.Code, (string[])["BOLT9501", "BOLT9509"]));
        await capsule.StopAsync(TimeSpan.Zero, TestContext.Current.CancellationToken);
        var failed = await Assert.ThrowsAsync<BoltException>(() => Capsule.StartAsync(
            room.Shim, room.Spec("sleep", "1000") with { Limits = limits with { BestEffort = false } }, TestContext.Current.CancellationToken));
        Assert.Contains(failed.Diagnostic.Code, (string[])["BOLT9501", "BOLT5021"]);
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
