using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using Bolt.Capsules;
using Bolt.Launch;

namespace Bolt.Runtime.Tests.Capsules;

public class CapsuleLaunchTests
{
    private static readonly ObservedHost Root = new()
    {
        Root = true,
        Cgroups = ImmutableSortedDictionary<string, string>.Empty
            .Add("memory", "/sys/fs/cgroup/memory").Add("cpu", "/sys/fs/cgroup/cpu").Add("pids", "/sys/fs/cgroup/pids"),
    };

    private static readonly ObservedHost User = new() { Root = false, Unified = true };

    private static readonly CapsuleSpec Plain = new()
    {
        Id = "plain",
        Folder = "/run/c",
        Ids = new IdMap(1000, 1000, 100000, 100000, 65536),
        Layers = ["/trees/low", "/trees/high"],
        Command = ["web", "--port", "80"],
        Environment = ["PATH=/bin"],
        Hostname = "web",
    };

    private static readonly CapsuleSpec Full = Plain with
    {
        Id = "full",
        Ids = new IdMap(0x70000000, 0x70000000, 0x70000001, 0x70000001, 65535),
        Upper = "/run/c/overlay",
        ReadOnlyRoot = true,
        Mounts =
        [
            new CapsuleMount.Bind("/srv/site", "/var/www", ReadOnly: true),
            new CapsuleMount.Volume("/volumes/data", "/var/lib/data", ReadOnly: false),
            new CapsuleMount.Tmpfs("/tmp", 1 << 20, Convert.ToInt32("1777", 8)),
        ],
        User = "web:www",
        WorkingDirectory = "/srv",
        Terminal = true,
        Notify = true,
        Capabilities = ["CAP_CHOWN", "NET_RAW"],
        Sysctls = [new("net.core.somaxconn", "1024")],
        Limits = new CapsuleLimits(64 << 20, 0.5, 100),
        Seat = new NetworkSeat(99, "br0", "v1", IPAddress.Parse("10.1.2.3"), 24, IPAddress.Parse("10.1.2.1"), 65520, "/run/hosts", "/run/resolv.conf"),
    };

    public static TheoryData<string> Cases => ["user", "user-single", "root-full"];

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_order_sheet(string name)
    {
        var plan = name switch
        {
            "user" => CapsuleLaunch.Plan(Plain, User),
            "user-single" => CapsuleLaunch.Plan(Plain with { Ids = new IdMap(1000, 1000, 0, 0, 0), User = "web" }, User),
            _ => CapsuleLaunch.Plan(Full, Root),
        };
        Assert.True(plan.Ok);
        Golden.Check("Capsules/sheet-" + name, Text(plan.Value!));
    }

    [Fact]
    public void What_cannot_be_is_said_all_at_once()
    {
        var plan = CapsuleLaunch.Plan(Plain with
        {
            Capabilities = ["CAP_FLY"],
            Mounts =
            [
                new CapsuleMount.Tmpfs("/", 0, 0), new CapsuleMount.Tmpfs("/proc/sys", 0, 0), new CapsuleMount.Tmpfs("/a/../proc", 0, 0),
                new CapsuleMount.Tmpfs("relative", 0, 0),
            ],
            Sysctls = [new("kernel.panic", "1"), new("kernel.shmmax", "1")],
            Limits = new CapsuleLimits(MemoryBytes: 1 << 20),
        }, User);
        Assert.False(plan.Ok);
        Assert.Equal(
            ["BOLT5001", "BOLT5002", "BOLT5002", "BOLT5002", "BOLT5002", "BOLT5003", "BOLT9501"], plan.Diagnostics.Select(d => d.Code));
    }

    [Fact]
    public void A_limit_of_best_effort_is_a_warning() =>
        Assert.True(CapsuleLaunch.Plan(Plain with { Limits = new CapsuleLimits(Pids: 5, BestEffort: true) }, User).Ok);

    [Fact]
    public void In_a_scope_of_systemd_the_shim_moves_aside_before_the_controllers_are_handed_down()
    {
        var scope = "/sys/fs/cgroup/bolt-plain-7.scope";
        var host = User with { Scope = scope, Cgroups = ImmutableSortedDictionary<string, string>.Empty.Add("memory", scope).Add("pids", scope) };
        var sheet = CapsuleLaunch.Plan(Plain with { Limits = new CapsuleLimits(MemoryBytes: 1 << 20, Pids: 5) }, host).Value!;
        Assert.Equal(
        [
            $"MakeFolder {scope}/monitor ", $"WriteFile {scope}/monitor/cgroup.procs 0",
            $"WriteFile {scope}/cgroup.subtree_control +memory", $"WriteFile {scope}/cgroup.subtree_control +pids", $"MakeFolder {scope}/capsule ",
            $"WriteFile {scope}/capsule/memory.max 1048576", $"WriteFile {scope}/capsule/memory.swap.max 0", $"WriteFile {scope}/capsule/pids.max 5",
        ], sheet.Before.Select(step => $"{step.Operation} {step.A} {step.B}"));
        Assert.Equal([scope + "/capsule"], sheet.Cgroups);
    }

    private static string Text(CapsuleSheet sheet)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"maps {sheet.MapWay}, sandbox {sheet.SandboxPid}, namespaces {sheet.Namespaces:x8}, {sheet.Slots} slots");
        foreach (var (section, steps) in new[]
        {
            ("before", sheet.Before), ("between", sheet.Between), ("beside", sheet.Beside), ("entry", sheet.Entry), ("inside", sheet.Inside), ("service", sheet.Service),
        })
        {
            text.AppendLine(section);
            foreach (var step in steps)
            {
                text.Append("  ").Append(step.Operation);
                foreach (var word in new[] { step.A, step.B, step.C }.Where(word => word.Length > 0))
                    text.Append(' ').Append(word.ReplaceLineEndings("\\n"));
                text.AppendLine(CultureInfo.InvariantCulture, $" | {step.X} {step.Y} {step.Z}");
            }
        }

        text.AppendJoin('\n', sheet.Environment.Prepend("environment")).AppendLine();
        text.AppendJoin('\n', sheet.Cgroups.Prepend("cgroups")).AppendLine();
        return text.Append("oom ").AppendLine(sheet.OutOfMemoryFile).ToString();
    }
}
