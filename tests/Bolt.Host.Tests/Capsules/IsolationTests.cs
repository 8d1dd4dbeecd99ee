using System.Globalization;
using Bolt.Capsules;

namespace Bolt.Host.Tests.Capsules;

/// <summary>What a process in a capsule sees of the kernel, told by itself.</summary>
public class IsolationTests
{
    [Theory]
    [InlineData(Map.OfUser)]
    [InlineData(Map.Single)]
    public async Task All_namespaces_are_its_own(Map map)
    {
        await using var room = await LaunchRoom.OpenAsync(map);
        string[] kinds = ["user", "mnt", "pid", "uts", "ipc", "net", "cgroup"];
        var inside = (await room.SayAsync($"for kind in {string.Join(' ', kinds)}; do readlink /proc/self/ns/$kind; done")).Split('\n');
        for (var i = 0; i < kinds.Length; i++)
        {
            Assert.StartsWith(kinds[i] + ":[", inside[i], StringComparison.Ordinal);
            Assert.NotEqual(new FileInfo("/proc/self/ns/" + kinds[i]).LinkTarget, inside[i]);
        }
    }

    [Theory]
    [InlineData(Map.OfUser)]
    [InlineData(Map.Single)]
    public async Task It_has_few_capabilities_no_new_ones_and_a_filter(Map map)
    {
        await using var room = await LaunchRoom.OpenAsync(map);
        var status = Status(await room.SayAsync(room.Spec("cat", "/proc/self/status")));
        var expected = CapabilitySet.Default.ToString("x16", CultureInfo.InvariantCulture);
        Assert.Equal(
            [expected, expected, expected, "0000000000000000", "0000000000000000"],
            ((string[])["CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb"]).Select(key => status[key]));
        Assert.Equal(("1", "2"), (status["NoNewPrivs"], status["Seccomp"]));
        Assert.Equal("0000000000000000", status["SigIgn"]);
        Assert.Equal("0000000000000000", status["SigBlk"]);
    }

    [Theory]
    [InlineData(Map.OfUser)]
    [InlineData(Map.Single)]
    public async Task Another_user_has_no_capabilities_at_all(Map map)
    {
        await using var room = await LaunchRoom.OpenAsync(map);
        var status = Status(await room.SayAsync(room.Spec("cat", "/proc/self/status") with { User = "web" }));
        Assert.Equal("101\t101\t101\t101", status["Uid"]);
        Assert.Equal("102\t102\t102\t102", status["Gid"]);
        Assert.Equal(["0000000000000000", "0000000000000000"], ((string[])["CapEff", "CapPrm"]).Select(key => status[key]));
        // With one id setgroups(2) is forbidden: the caller's groups stay, and none can be joined.
        if (!room.IsSingle)
            Assert.Equal("102 300", status["Groups"].Trim());
    }

    [Fact]
    public async Task Nothing_of_the_host_is_open_or_mounted()
    {
        await using var room = await LaunchRoom.OpenAsync();
        // 3 is the folder that ls itself has opened.
        Assert.Equal("0\n1\n2\n3\n", await room.SayAsync(room.Spec("ls", "/proc/self/fd")));
        var mounts = await room.SayAsync("cat /proc/self/mountinfo");
        Assert.DoesNotContain(room.Folder, mounts, StringComparison.Ordinal);
        Assert.All(mounts.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.DoesNotContain("shared:", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Map.OfUser)]
    [InlineData(Map.Single)]
    public async Task The_shims_own_file_is_out_of_reach(Map map)
    {
        await using var room = await LaunchRoom.OpenAsync(map);
        var said = await room.SayAsync("readlink /proc/1/exe; ls /proc/1/fd; cat /proc/1/environ /proc/1/cmdline; cat /proc/1/exe; echo end");
        Assert.DoesNotContain(room.Shim, said, StringComparison.Ordinal);
        Assert.DoesNotContain("ELF", said, StringComparison.Ordinal);
        Assert.EndsWith("end\n", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kernel_files_are_masked_or_read_only()
    {
        await using var room = await LaunchRoom.OpenAsync();
        Assert.Equal("", await room.SayAsync("for f in kallsyms keys kmsg timer_list interrupts; do cat /proc/$f; done; ls /proc/acpi /sys/firmware 2>/dev/null | grep -v :$ | grep ."));
        var said = await room.SayAsync("for f in /proc/sys/kernel/domainname /proc/sysrq-trigger /sys/x /proc/irq/x; do echo 1 > $f && echo written $f; done");
        Assert.DoesNotContain("written", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mount -t tmpfs none /tmp")]
    [InlineData("unshare -U true")]
    [InlineData("unshare -m true")]
    [InlineData("mount -o remount,rw /proc/sys")]
    public async Task Calls_that_change_the_isolation_are_refused(string command)
    {
        await using var room = await LaunchRoom.OpenAsync();
        Assert.EndsWith("refused\n", await room.SayAsync(command + " && echo done || echo refused"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Map.OfUser)]
    [InlineData(Map.Single)]
    public async Task A_low_port_needs_no_privilege(Map map)
    {
        await using var room = await LaunchRoom.OpenAsync(map);
        const string script = "nc -l -p 80 & while ! grep -q ':0050 ' /proc/net/tcp /proc/net/tcp6; do :; done; echo listens";
        Assert.Equal("listens\n", await room.SayAsync(room.Spec("sh", "-c", script) with { User = "web" }));
    }

    [Theory]
    [InlineData(Map.OfUser, null, "101")]
    [InlineData(Map.OfUser, "root", "0")]
    [InlineData(Map.Single, null, "101")]
    [InlineData(Map.Single, "root", "0")]
    public async Task A_command_joins_with_the_services_identity_or_its_own(Map map, string? user, string uid)
    {
        await using var room = await LaunchRoom.OpenAsync(map);
        var token = TestContext.Current.CancellationToken;
        var capsule = await Capsule.StartAsync(room.Shim, room.Spec("sleep", "1000") with { User = "web" }, token);
        var output = new MemoryStream();
        const string script = "stat -c %u /proc/self/; grep -E '^(NoNewPrivs|Seccomp|CapBnd):' /proc/self/status; readlink /proc/self/ns/pid";
        await capsule.ExecAsync(
            new ExecSpec(["sh", "-c", "exec 2>&1; " + script], [], user, null, Terminal: false), new ExecStreams(null, output, output), null, token);
        await capsule.StopAsync(TimeSpan.Zero, token);
        var said = System.Text.Encoding.UTF8.GetString(output.ToArray()).Split('\n');
        var bounding = CapabilitySet.Default.ToString("x16", CultureInfo.InvariantCulture);
        Assert.Equal([uid, "CapBnd:\t" + bounding, "NoNewPrivs:\t1", "Seccomp:\t2"], said[..4]);
        Assert.NotEqual(new FileInfo("/proc/self/ns/pid").LinkTarget, said[4]);
    }

    [Fact]
    public async Task A_small_init_reaps_and_nothing_else_runs()
    {
        await using var room = await LaunchRoom.OpenAsync();
        Assert.Equal("bolt-init\n", await room.SayAsync("cat /proc/1/comm"));
        // Orphans become the init's, which leaves no zombie.
        Assert.Equal("", await room.SayAsync("sh -c 'true & true & exec true'; i=0; while grep -qs '^State:.Z' /proc/[0-9]*/status; do i=$((i+1)); [ $i -gt 200 ] && echo zombie; done; true"));
    }

    private static Dictionary<string, string> Status(string text) =>
        text.Split('\n').Select(line => line.Split(':', 2)).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1].Trim());
}
