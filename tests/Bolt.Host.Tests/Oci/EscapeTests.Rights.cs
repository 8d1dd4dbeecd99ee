using System.Text.Json.Nodes;

namespace Bolt.Host.Tests.Oci;

// Attacks by rights that a container should not have been given.
public sealed partial class EscapeTests
{
    private OciPeer Own => OciPeer.Bolt(_bundle.Folder);

    [Fact(DisplayName = "CVE-2015-3630: what the kernel lets root write in /proc is read-only as `spec` writes it")]
    public void Writable_proc()
    {
        // Opened for writing, and nothing is written. This one is the container's own to write, also an ordinary user's.
        var config = _bundle.Config("for f in sys/net/ipv4/ip_forward sysrq-trigger irq/default_smp_affinity; do (: >> /proc/$f) 2>/dev/null && echo $f; done; echo end");
        config["process"]!["capabilities"] = JsonNode.Parse("""{"bounding":["CAP_NET_ADMIN"],"effective":["CAP_NET_ADMIN"],"permitted":["CAP_NET_ADMIN"]}""");
        config["linux"]!["readonlyPaths"] = Spec()["linux"]!["readonlyPaths"]!.DeepClone();
        Assert.Equal("end\n", Run(config).Output);
        config["linux"]!.AsObject().Remove("readonlyPaths");
        Assert.StartsWith("sys/net/ipv4/ip_forward\n", Run(config).Output, StringComparison.Ordinal);
    }

    [Fact(DisplayName = "CVE-2022-24769: what `spec` writes has no inheritable capabilities; CVE-2022-29162: nor has a command that is given one")]
    public void Inheritable_by_default()
    {
        var config = _bundle.Config("exec >/dev/null 2>&1; sleep 1000");
        config["process"]!["capabilities"] = Spec()["process"]!["capabilities"]!.DeepClone();
        Assert.Equal("CapInh:\t0000000000000000\n", InRunning(config, "exec", "--cap", "CAP_NET_RAW", "ID", "grep", "CapInh", "/proc/self/status"));
        config["process"]!["capabilities"]!["inheritable"] = new JsonArray("CAP_KILL");
        Assert.Equal("CapInh:\t0000000000000020\n", InRunning(config, "exec", "--cap", "CAP_NET_RAW", "ID", "grep", "CapInh", "/proc/self/status"));
    }

    [Fact(DisplayName = "CVE-2016-8867: a user other than root has no capability unless it is ambient")]
    public void Capabilities_of_a_user()
    {
        var config = _bundle.Config("grep -E 'CapPrm|CapEff|CapAmb' /proc/self/status | cut -f2");
        config["process"]!["user"] = JsonNode.Parse("""{"uid":101,"gid":102}""");
        config["process"]!["capabilities"] = JsonNode.Parse("""{"bounding":["CAP_KILL"],"effective":["CAP_KILL"],"permitted":["CAP_KILL"],"inheritable":["CAP_KILL"]}""");
        Assert.Equal("0000000000000000\n0000000000000000\n0000000000000000\n", Run(config).Output);
        config["process"]!["capabilities"]!["ambient"] = new JsonArray("CAP_KILL");
        Assert.Equal("0000000000000020\n0000000000000020\n0000000000000020\n", Run(config).Output);
    }

    [Fact(DisplayName = "CVE-2022-2989, CVE-2022-2995: the groups of whoever starts it are not the container's")]
    public void Groups_of_the_caller()
    {
        // Group 5 may not read, which being in it must not get around: others may.
        var config = _bundle.Config("id -G");
        config["process"]!["user"] = JsonNode.Parse("""{"uid":101,"gid":102}""");
        Assert.Equal("102\n", Run(config).Output);
        config["process"]!["user"]!["additionalGids"] = new JsonArray(0, 5);
        Assert.Equal("102 0 5\n", Run(config).Output);
    }

    [Fact(DisplayName = "CVE-2021-3602: the environment of whoever starts it is nowhere inside")]
    public void Environment_of_the_caller()
    {
        var config = _bundle.Config("env; for p in /proc/[0-9]*; do tr '\\0' '\\n' < $p/environ; done");
        _bundle.Write(config);
        var caller = Own.Behind("env", "BOLT_SECRET=of-the-host");
        Assert.DoesNotContain("of-the-host", caller.Call("run", "--bundle", _bundle.Folder, _bundle.NextId()).Output, StringComparison.Ordinal);
        config["process"]!["env"]!.AsArray().Add("BOLT_SECRET=of-the-host");
        Assert.Contains("of-the-host", Run(config).Output, StringComparison.Ordinal);
    }

    [Fact(DisplayName = "CVE-2022-1227: the image's own ps is not what lists its processes")]
    public void Program_of_the_image()
    {
        var ps = Path.Combine(_bundle.Rootfs, "bin/ps");
        File.Delete(ps);
        File.WriteAllText(ps, "#!/bin/sh\ntouch /ran\n");
        if (OperatingSystem.IsLinux())
            File.SetUnixFileMode(ps, (UnixFileMode)0b111_101_101);
        var config = _bundle.Config("exec >/dev/null 2>&1; sleep 1000");
        InRunning(config, "ps", "ID");
        Assert.False(File.Exists(Path.Combine(_bundle.Rootfs, "ran")));
        InRunning(config, "exec", "ID", "ps");
        Assert.True(File.Exists(Path.Combine(_bundle.Rootfs, "ran")));
    }

    [Fact(DisplayName = "CVE-2021-43784: a map of more than 64 KiB overflows nothing")]
    public void Long_map()
    {
        var config = _bundle.Config("grep -c . /proc/self/uid_map");
        var namespaces = config["linux"]!["namespaces"]!.AsArray();
        if (Bundle.IsRoot)
        {
            namespaces.Add(JsonNode.Parse("""{"type":"user"}"""));
            config["linux"]!["uidMappings"] = JsonNode.Parse("""[{"containerID":0,"hostID":100000,"size":100}]""");
            config["linux"]!["gidMappings"] = JsonNode.Parse("""[{"containerID":0,"hostID":100000,"size":100}]""");
        }
        var first = config["linux"]!["uidMappings"]![0]!["hostID"]!.GetValue<uint>();
        var good = config.DeepClone();
        // What such a map would end in, had its length been cut: the container's root as the host's.
        for (uint i = 1; i < 6000; i++)
            config["linux"]!["uidMappings"]!.AsArray().Add(new JsonObject { ["containerID"] = 1_000_000 + i, ["hostID"] = first + i, ["size"] = 1 });
        var attacked = Run(config);
        Assert.NotEqual(0, attacked.Code);
        Assert.Equal("", attacked.Output);
        Assert.Equal(0, Run(good.AsObject()).Code);
    }

    [Fact(DisplayName = "CVE-2023-25809, CVE-2022-0492: cgroups that are mounted read-only are, without a cgroup namespace too")]
    public void Writable_cgroups()
    {
        // The first steps of both: a group of one's own, that tells of its end.
        const string attack = "for g in /sys/fs/cgroup /sys/fs/cgroup/*; do mkdir $g/bolt-escape && { echo 1 > $g/bolt-escape/notify_on_release; echo made; }; done 2>/dev/null; echo end";
        var config = _bundle.Config(attack);
        var mount = JsonNode.Parse("""{"destination":"/sys/fs/cgroup","type":"cgroup","source":"cgroup","options":["nosuid","noexec","nodev","ro"]}""")!;
        config["mounts"]!.AsArray().Add(mount);
        Assert.Equal("end\n", Run(config).Output);
        var namespaces = config["linux"]!["namespaces"]!.AsArray();
        namespaces.Remove(namespaces.Single(n => (string?)n!["type"] == "cgroup"));
        Assert.Equal("end\n", Run(config).Output);
        // Weakened: mounted for writing. Root has groups of version 1 below; an ordinary user only what they would lie in.
        mount["options"]!.AsArray().Remove(mount["options"]![3]);
        Assert.StartsWith("made\n", Run(config).Output, StringComparison.Ordinal);
    }

    private JsonObject Spec()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_bundle.Folder, "spec")).FullName;
        File.Delete(Path.Combine(folder, "config.json"));
        Assert.Equal(0, Own.Call("spec", "--bundle", folder).Code);
        return JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!.AsObject();
    }

    // What a call says that is made while the container runs.
    private string InRunning(JsonObject config, params string[] words)
    {
        _bundle.Write(config);
        var id = _bundle.NextId();
        var made = Own.Call("run", "-d", "--bundle", _bundle.Folder, id);
        Assert.True(made.Code == 0, made.Error);
        var answer = Own.Call([.. words.Select(word => word == "ID" ? id : word)]);
        Assert.Equal(0, Own.Call("delete", "--force", id).Code);
        return answer.Output;
    }
}
