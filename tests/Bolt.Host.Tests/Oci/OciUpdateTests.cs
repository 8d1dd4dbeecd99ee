using System.Text.Json.Nodes;

namespace Bolt.Host.Tests.Oci;

/// <summary>`update` and what an exec has of its own: what the kernel says afterwards.</summary>
public sealed class OciUpdateTests : IDisposable
{
    private readonly Bundle _bundle = new();

    private static bool Unified { get; } = File.Exists("/sys/fs/cgroup/cgroup.controllers");

    private OciPeer Bolt => OciPeer.Bolt(_bundle.Folder);

    [Fact]
    public void Each_option_is_the_kernel_s()
    {
        // An ordinary user has no groups of version 1, and of version 2 what his systemd gives.
        if (!Bundle.IsRoot)
            return;
        var id = Start(c => c["linux"]!["resources"] = JsonNode.Parse("""{"memory":{"limit":67108864},"cpu":{"quota":40000,"period":100000}}"""));
        var group = Group(id, Unified ? "" : "memory");
        Do("update", "--memory", "32m", "--memory-reservation", "16MiB", "--pids-limit", "77", id);
        Assert.Equal("33554432", Read(group, "memory.limit_in_bytes", "memory.max"));
        Assert.Equal("16777216", Read(group, "memory.soft_limit_in_bytes", "memory.low"));
        Assert.Equal("77", Read(Group(id, Unified ? "" : "pids"), "pids.max", "pids.max"));
        // One of two that are one file: the other stays.
        var cpu = Group(id, Unified ? "" : "cpu");
        Do("update", "--cpu-period", "50000", id);
        Assert.Equal(Unified ? "40000 50000" : "40000", Read(cpu, "cpu.cfs_quota_us", "cpu.max"));
        Do("update", "--cpu-quota", "20000", "--cpuset-cpus", "", id);
        Assert.Equal(Unified ? "20000 50000" : "20000", Read(cpu, "cpu.cfs_quota_us", "cpu.max"));
        Do("update", "--cpu-share", "512", "--cpuset-cpus", "0", id);
        Assert.Equal(Unified ? "20" : "512", Read(cpu, "cpu.shares", "cpu.weight"));
        Assert.Equal("0", Read(Group(id, Unified ? "" : "cpuset"), "cpuset.cpus", "cpuset.cpus"));
        Do("update", "--memory", "-1", id);
        Assert.Equal(Unified ? "max" : "9223372036854771712", Read(group, "memory.limit_in_bytes", "memory.max"));
        // From a file, and then nothing else counts.
        var file = Path.Combine(_bundle.Folder, "resources.json");
        File.WriteAllText(file, """{"pids":{"limit":55}}""");
        Do("update", "--resources", file, "--pids-limit", "9", id);
        Assert.Equal("55", Read(Group(id, Unified ? "" : "pids"), "pids.max", "pids.max"));
        Assert.Equal(0, Bolt.Behind("sh", "-c", "echo '{\"pids\":{\"limit\":44}}' | \"$@\"", "sh").Call("update", "-r", "-", id).Code);
        Assert.Equal("44", Read(Group(id, Unified ? "" : "pids"), "pids.max", "pids.max"));
    }

    [Theory]
    [InlineData("is no size", "--memory", "much")]
    [InlineData("is no number", "--pids-limit", "1.5")]
    [InlineData("resctrl", "--l3-cache-schema", "L3:0=f")]
    [InlineData("no such file", "--resources", "/no/such/file")]
    [InlineData("longer than 8388608 bytes", "--resources", "/dev/zero")]
    public void What_cannot_be_meant_is_said(string problem, params string[] words)
    {
        var id = Start(_ => { });
        var answer = Bolt.Call(["update", .. words, id]);
        Assert.NotEqual(0, answer.Code);
        Assert.Contains(problem, answer.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("bug", answer.Error, StringComparison.Ordinal);
        // Nor is standard input read without end.
        if (words[1] == "/dev/zero")
            Assert.Contains(problem, Bolt.Behind("sh", "-c", "exec \"$@\" </dev/zero", "sh").Call("update", "-r", "-", id).Error, StringComparison.Ordinal);
    }

    /// <summary>config.md#linux-process, execCPUAffinity: of commands alone.</summary>
    [Fact]
    public void A_command_runs_on_the_processors_that_its_container_says()
    {
        var all = Allowed(File.ReadAllText("/proc/self/status"));
        var last = all.Split(',', '-')[^1];
        var id = Start(c => c["process"]!["execCPUAffinity"] = JsonNode.Parse($$"""{"initial":"0-0, 0","final":"{{last}}"}"""));
        Assert.Equal(last, Allowed(Bolt.Call("exec", id, "cat", "/proc/self/status").Output));
        Assert.Equal(all, Allowed(Bolt.Call("exec", id, "cat", "/proc/1/status").Output));
        // Of its own, without the final one: as the kernel leaves it, which in version 2 is all that its new group has.
        var process = Path.Combine(_bundle.Folder, "process.json");
        File.WriteAllText(process, """{"cwd":"/","args":["/bin/cat","/proc/self/status"],"execCPUAffinity":{"initial":"0"}}""");
        Assert.Contains(Allowed(Bolt.Call("exec", "--process", process, id).Output), (string[])["0", all]);
        File.WriteAllText(process, """{"cwd":"/","args":["/bin/true"],"execCPUAffinity":{"final":"3-1"}}""");
        Assert.Contains("`3-1`", Bolt.Call("exec", "--process", process, id).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("netDevices", """{"eth0":{"name":"inner"}}""")]
    [InlineData("memoryPolicy", """{"mode":"MPOL_BIND","nodes":"0"}""")]
    public void What_is_newer_than_1_2_is_refused_and_not_passed_over(string key, string value)
    {
        var config = _bundle.Config("true");
        config["linux"]![key] = JsonNode.Parse(value);
        _bundle.Write(config);
        Assert.Contains($"`linux.{key}`", Bolt.Call("run", "--bundle", _bundle.Folder, _bundle.NextId()).Error, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        foreach (var id in _ids)
            _ = Bolt.Call("delete", "--force", id);
        _bundle.Dispose();
    }

    private readonly List<string> _ids = [];

    private string Start(Action<JsonObject> change)
    {
        var config = _bundle.Config("exec >/dev/null 2>&1; sleep 1000");
        change(config);
        _bundle.Write(config);
        var id = _bundle.NextId();
        _ids.Add(id);
        Do("run", "-d", "--bundle", _bundle.Folder, id);
        return id;
    }

    private void Do(params string[] words)
    {
        var answer = Bolt.Call(words);
        Assert.True(answer.Code == 0, answer.Error);
    }

    private static string Allowed(string status) => status.Split('\n').Single(line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal)).Split('\t')[1].Trim();

    private static string Read(string group, string one, string two) => File.ReadAllText(Path.Combine(group, Unified ? two : one)).Trim();

    // "4:memory:/path" of version 1, "0::/path" of version 2.
    private string Group(string id, string controller)
    {
        var pid = (int)JsonNode.Parse(Bolt.Call("state", id).Output)!["pid"]!;
        var line = File.ReadLines($"/proc/{pid}/cgroup").Select(l => l.Split(':', 3)).Single(l => l[1].Split(',').Contains(controller) && (controller.Length > 0 || l[0] == "0"));
        return Path.Combine("/sys/fs/cgroup", controller) + line[2];
    }
}
