using Bolt.Capsules;
using System.Collections.Immutable;
using System.Text;
using Bolt.Diagnostics;
using Bolt.Launch;
using Bolt.Oci;

namespace Bolt.Runtime.Tests.Oci;

public class OciPlanTests
{
    private static readonly OciHost Host = new()
    {
        Root = true,
        Uid = 0,
        Gid = 0,
        Nested = false,
        Apparmor = false,
        Selinux = false,
        Cgroups = CgroupTree.Of(
            ["30 22 0:27 / /sys/fs/cgroup rw - tmpfs tmpfs rw", "31 30 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
                "32 30 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct", "40 30 0:37 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw"],
            ["4:memory:/mine", "1:cpu,cpuacct:/", "0::/"]),
    };

    [Theory]
    [InlineData("/a/b", "/sys/fs/cgroup/memory/a/b")]
    [InlineData("b", "/sys/fs/cgroup/memory/mine/b")]
    [InlineData("/a/../../../../etc", "/sys/etc")]
    public void A_group_lies_below_the_hierarchy(string path, string folder) => Assert.Equal(folder, Host.Cgroups.With("memory")!.Folder(path));

    [Fact]
    public void A_hybrid_host_limits_by_version_1() => Assert.False(Host.Cgroups.Unified);

    [Theory]
    [InlineData(2UL, 1UL)]
    [InlineData(1024UL, 39UL)]
    [InlineData(262144UL, 10000UL)]
    public void Shares_become_a_weight(ulong shares, ulong weight) => Assert.Equal(weight, CgroupFiles.CpuWeight(shares));

    [Theory]
    [InlineData("ro,nosuid", 3, 3, 0, "")]
    [InlineData("ro,rw", 0, 0, 1, "")]
    [InlineData("mode=755,size=1m,noexec", 8, 8, 0, "mode=755,size=1m")]
    [InlineData("noatime", 1024, 0x10, 0x70, "")]
    public void Options_are_sorted(string options, ulong flags, ulong set, ulong clear, string data)
    {
        var read = MountOptions.Of(options.Split(','));
        Assert.Equal((flags, set, clear, data), (read.Flags, read.Set, read.Clear, read.Data));
    }

    [Fact]
    public void Recursive_options_are_apart()
    {
        var read = MountOptions.Of(["rbind", "rro", "rslave", "rnoexec"]);
        Assert.True(read is { Bind: true, Recursive: true, Set: 0, SetBelow: 9, PropagationBelow: true, Propagation: 1 << 19 });
    }

    [Theory]
    [InlineData("""{"ociVersion":"2.0","root":{"path":"r"},"linux":{"namespaces":[{"type":"mount"}]}}""", "ociVersion")]
    [InlineData("""{"ociVersion":"1.0.2","linux":{"namespaces":[{"type":"mount"}]}}""", "root.path")]
    [InlineData("""{"ociVersion":"1.0.2","root":{"path":"r"},"linux":{}}""", "mount namespace")]
    [InlineData("""{"ociVersion":"1.0.2","root":{"path":"r"},"linux":{"namespaces":[{"type":"mount"}],"sysctl":{"net.core.somaxconn":"1"}}}""", "network namespace")]
    [InlineData("""{"ociVersion":"1.0.2","root":{"path":"r"},"linux":{"namespaces":[{"type":"mount"}],"intelRdt":{}}}""", "intelRdt")]
    [InlineData("""{"ociVersion":"1.0.2","root":{"path":"r"},"process":{"cwd":"/","args":["a"],"apparmorProfile":"x"},"linux":{"namespaces":[{"type":"mount"}]}}""", "AppArmor")]
    public void What_cannot_be_had_is_said(string json, string word)
    {
        var config = OciConfigReader.Config(Encoding.UTF8.GetBytes(json), "config.json");
        Assert.Contains(OciCheck.Of(config, Host), finding => finding.Message.Contains(word, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"process":{"user":{"uid":-1}}}""")]
    [InlineData("""{"process":{"args":"sh"}}""")]
    [InlineData("""{"mounts":{}}""")]
    public void Other_JSON_is_a_diagnostic(string json) =>
        Assert.Equal("BOLT5302", Assert.Throws<BoltException>(() => OciConfigReader.Config(Encoding.UTF8.GetBytes(json), "config.json")).Diagnostic.Code);

    [Theory]
    [InlineData("TERM", 15)]
    [InlineData("SIGKILL", 9)]
    [InlineData("9", 9)]
    [InlineData("rtmin+1", 35)]
    [InlineData("RTMAX-1", 63)]
    [InlineData("nothing", null)]
    [InlineData("65", null)]
    public void A_signal_has_many_names(string text, int? number) => Assert.Equal(number, ProcessNames.Signal(text));

    [Fact]
    public void A_sheet_is_read_back_equal()
    {
        var sheet = new OciLaunch(new OciConfig
        {
            OciVersion = "1.0.2",
            Root = new OciRoot("rootfs", true),
            Process = new OciProcess { Args = ["a"], Cwd = "/w", Env = ["A=b"] },
            Hooks = new OciHooks { CreateContainer = [new OciHook { Path = "/h", Args = ["h", "x"], Timeout = 3 }] },
            Mounts = [new OciMount { Destination = "/b", Source = "/s", Type = "bind", Options = ["rbind", "ro"] }],
            Linux = new OciLinux { Namespaces = [new OciNamespace("mount", null), new OciNamespace("network", "/proc/1/ns/net")] },
        }, Host, new OciLaunchRequest { Id = "i", Bundle = "/bundle", Folder = "/run/i", Cgroups = ["/sys/fs/cgroup/memory/i"] }, null).ToSheet();
        var message = sheet.ToMessage();
        Assert.Equal(message, ContainerSheet.Read(new SheetReader(message.AsMemory(8))).ToMessage());
        Assert.Contains("\"status\":\"creating\",\"pid\":", sheet.Hooks[0].StateHead, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ok-1.2_3+x", true)]
    [InlineData("", false)]
    [InlineData("..", false)]
    [InlineData("a/b", false)]
    [InlineData("ä", false)]
    public void An_id_is_a_plain_name(string id, bool fits) => Assert.Equal(fits, OciStore.IsId(id));
}
