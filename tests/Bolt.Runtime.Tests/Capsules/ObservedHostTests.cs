using Bolt.Capsules;

namespace Bolt.Runtime.Tests.Capsules;

public class ObservedHostTests
{
    private static readonly string[] V1 =
    [
        "30 24 0:26 / /sys/fs/cgroup/memory rw,nosuid shared:9 - cgroup cgroup rw,memory",
        "31 24 0:27 / /sys/fs/cgroup/cpu rw,nosuid shared:10 - cgroup cgroup rw,cpu,cpuacct",
        "32 24 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
        "nonsense",
    ];

    private static readonly string[] V2 = ["30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate"];

    [Fact]
    public void Version_1_has_a_folder_a_controller()
    {
        var (unified, second, groups) = ObservedHost.FindGroups(V1, ["4:memory:/slice/one", "3:cpu,cpuacct:/"], root: true, _ => true, _ => ["hugetlb"]);
        Assert.False(unified);
        // What version 2 has on such a host is its own.
        Assert.Equal(["hugetlb"], second);
        Assert.Equal("/sys/fs/cgroup/unified", groups["hugetlb"]);
        Assert.Equal("/sys/fs/cgroup/memory/slice/one", groups["memory"]);
        Assert.Equal("/sys/fs/cgroup/cpu", groups["cpu"]);
        Assert.DoesNotContain("pids", groups.Keys);
    }

    [Fact]
    public void What_is_not_writable_is_not_there() =>
        Assert.Empty(ObservedHost.FindGroups(V1, ["4:memory:/a"], root: false, _ => false, _ => []).Groups);

    [Fact]
    public void Version_2_of_a_user_begins_at_the_highest_delegated_group()
    {
        var (unified, _, groups) = ObservedHost.FindGroups(
            V2, ["0::/user.slice/user-7.slice/user@7.service/app.slice/run-1.scope"], root: false,
            folder => folder.Contains("user@7.service", StringComparison.Ordinal), _ => ["memory", "pids", "misc"]);
        Assert.True(unified);
        Assert.Equal(["memory", "pids"], groups.Keys);
        Assert.Equal("/sys/fs/cgroup/user.slice/user-7.slice/user@7.service", groups["memory"]);
    }
}
