using System.Text.Json.Nodes;

namespace Bolt.Host.Tests.Oci;

/// <summary>Groups, limits and device rules of containers, on whichever hierarchy of cgroups this host has.</summary>
public sealed class OciCgroupTests : IDisposable
{
    private readonly Bundle _bundle = new();

    private OciPeer Bolt => OciPeer.Bolt(_bundle.Folder);

    [Fact]
    public void Devices_are_had_as_the_rules_say_and_no_other()
    {
        // Opening one of these does nothing, and every kernel has one.
        var number = File.ReadLines("/proc/misc").Select(line => line.Trim().Split(' ')).First(fields => fields[1] is "cpu_dma_latency" or "loop-control" or "fuse")[0];
        var config = _bundle.Config($"exec >/dev/null 2>&1; mknod /dev/own c 10 {number}; sleep 1000");
        config["process"]!["capabilities"] = JsonNode.Parse("""{"bounding":["CAP_MKNOD"],"effective":["CAP_MKNOD"],"permitted":["CAP_MKNOD"]}""");
        // Other file systems may be mounted without devices.
        config["mounts"]!.AsArray().Single(m => (string)m!["destination"]! == "/dev")!["options"] = new JsonArray("nosuid", "mode=755");
        config["linux"]!["resources"] = JsonNode.Parse("""{"devices":[{"allow":false,"access":"rwm"}]}""");
        var id = Start(config);
        while (Bundle.IsRoot && Bolt.Call("exec", id, "test", "-c", "/dev/own").Code != 0)
        {
        }
        Assert.Equal("no", Look(id));
        Update(id, $$"""{"devices":[{"allow":false,"access":"rwm"},{"allow":true,"type":"c","major":10,"minor":{{number}},"access":"r"}]}""");
        // An ordinary user's container has no node at all.
        Assert.Equal(Bundle.IsRoot ? "read" : "no", Look(id));
        Update(id, $$"""{"devices":[{"allow":true},{"allow":false,"type":"c","major":10,"access":"r"}]}""");
        Assert.Equal("no", Look(id));
        // The default ones are allowed whatever is written.
        Assert.Equal("fine", Bolt.Call("exec", id, "sh", "-c", "echo x > /dev/null && head -c 1 /dev/zero > /dev/null && echo fine").Output.Trim());
        Assert.Equal(0, Bolt.Call("delete", "--force", id).Code);
    }

    [Fact]
    public void Systemd_makes_the_group_and_keeps_its_limits()
    {
        var config = _bundle.Config("exec >/dev/null 2>&1; sleep 1000");
        var name = _bundle.NextId();
        config["linux"]!["cgroupsPath"] = $"{(Bundle.IsRoot ? "system" : "user")}.slice:test:{name}";
        config["linux"]!["resources"] = JsonNode.Parse("""{"memory":{"limit":67108864},"pids":{"limit":50},"cpu":{"quota":50000,"period":100000}}""");
        _bundle.Write(config);
        var made = Bolt.Call("--systemd-cgroup", "run", "-d", "--bundle", _bundle.Folder, name);
        if (!File.Exists("/sys/fs/cgroup/cgroup.controllers"))
        {
            Assert.Contains("BOLT9559", made.Error, StringComparison.Ordinal);
            return;
        }
        Assert.True(made.Code == 0, made.Error);
        var pid = (int)JsonNode.Parse(Bolt.Call("state", name).Output)!["pid"]!;
        var group = File.ReadAllText($"/proc/{pid}/cgroup").Trim()[3..];
        Assert.EndsWith($".slice/test-{name}.scope", group, StringComparison.Ordinal);
        Assert.Equal(["67108864", "50", "50000 100000"], Read("memory.max", "pids.max", "cpu.max"));
        Assert.Equal("0::/", Bolt.Call("exec", name, "cat", "/proc/self/cgroup").Output.Trim());
        Assert.Equal(0, Bolt.Call("update", "--memory", "33554432", name).Code);
        Assert.Equal(0, Run("systemctl", Bundle.IsRoot ? ["daemon-reload"] : ["--user", "daemon-reload"]));
        Assert.Equal(["33554432", "50", "50000 100000"], Read("memory.max", "pids.max", "cpu.max"));
        Assert.Equal(0, Bolt.Call("pause", name).Code);
        Assert.Equal("paused", (string?)JsonNode.Parse(Bolt.Call("state", name).Output)!["status"]);
        Assert.Equal(0, Bolt.Call("resume", name).Code);
        Assert.Equal(0, Bolt.Call("delete", "--force", name).Code);
        while (Directory.Exists("/sys/fs/cgroup" + group))
            Thread.Yield();

        string[] Read(params string[] files) => [.. files.Select(file => File.ReadAllText($"/sys/fs/cgroup{group}/{file}").Trim())];
    }

    [Fact]
    public void A_path_that_is_none_of_systemds_is_refused()
    {
        var config = _bundle.Config("true");
        config["linux"]!["cgroupsPath"] = "/not/of/systemd";
        _bundle.Write(config);
        Assert.Contains("slice:prefix:name", Bolt.Call("--systemd-cgroup", "run", "--bundle", _bundle.Folder, _bundle.NextId()).Error, StringComparison.Ordinal);
    }

    public void Dispose() => _bundle.Dispose();

    private string Start(JsonObject config)
    {
        _bundle.Write(config);
        var id = _bundle.NextId();
        var made = Bolt.Call("run", "-d", "--bundle", _bundle.Folder, id);
        Assert.True(made.Code == 0, made.Error);
        return id;
    }

    private void Update(string id, string resources)
    {
        var file = Path.Combine(_bundle.Folder, "resources.json");
        File.WriteAllText(file, resources);
        var updated = Bolt.Call("update", "-r", file, id);
        Assert.True(updated.Code == 0, updated.Error);
    }

    private string Look(string id) => Bolt.Call("exec", id, "sh", "-c", "(: < /dev/own) 2>/dev/null && echo read || echo no").Output.Trim();

    private static int Run(string program, string[] words)
    {
        using var process = System.Diagnostics.Process.Start(program, words);
        process.WaitForExit();
        return process.ExitCode;
    }
}
