using System.Text.Json.Nodes;

namespace Bolt.Host.Tests.Oci;

// Attacks by what lies in the image, or what a container left in its root.
public sealed partial class EscapeTests
{
    [Fact(DisplayName = "CVE-2024-45310: no empty file is made outside, also while a link comes and goes")]
    public async Task Target_that_changes()
    {
        Secret();
        var config = _bundle.Config("true");
        File.WriteAllText(Path.Combine(_bundle.Folder, "given"), "");
        config["mounts"]!.AsArray().Add(JsonNode.Parse($$"""{"destination":"/swap/file","type":"bind","source":"{{_bundle.Folder}}/given","options":["bind"]}"""));
        var (swap, link, folder) = (Path.Combine(_bundle.Rootfs, "swap"), Path.Combine(_bundle.Rootfs, "link"), Path.Combine(_bundle.Rootfs, "folder"));
        File.CreateSymbolicLink(link, Host);
        Directory.CreateDirectory(folder);
        using var stop = new CancellationTokenSource();
        var swapping = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
                foreach (var one in (string[])[link, folder])
                    Swap(one, swap);
        }, TestContext.Current.CancellationToken);
        for (var i = 0; i < 5; i++)
            _ = Run(config);
        await stop.CancelAsync();
        await swapping;
        Assert.Equal(["secret"], Names(Host));
        // Weakened: whoever resolves the same path with the host's root makes the file there.
        if (Directory.Exists(swap))
            Directory.Delete(swap, recursive: true);
        File.CreateSymbolicLink(swap, Host);
        File.WriteAllText(swap + "/file", "");
        Assert.Equal(["file", "secret"], Names(Host));
    }

    private static void Swap(string one, string swap)
    {
        try
        {
            Directory.Move(one, swap);
            Directory.Move(swap, one);
        }
        catch (IOException)
        {
            // The runtime was between the two, and has made its target itself.
            if (new DirectoryInfo(swap) is { Exists: true, LinkTarget: null })
                Directory.Delete(swap, recursive: true);
        }
    }

    [Fact(DisplayName = "CVE-2015-3629: a target that the container replaced by a link is a link in its own root")]
    public void Target_replaced_by_the_container()
    {
        Secret();
        var config = _bundle.Config($"mkdir -p /kept; rm -rf /kept; ln -s {Host} /kept");
        Assert.Equal(0, Run(config).Code);
        config = _bundle.Config("echo written > /kept/secret; cat /kept/secret");
        var mounts = config["mounts"]!.AsArray();
        mounts.Add(JsonNode.Parse("""{"destination":"/kept","type":"tmpfs","source":"tmpfs"}"""));
        Assert.Equal("written\n", Run(config).Output);
        Assert.Equal("of the host\n", File.ReadAllText(Path.Combine(Host, "secret")));
        // Weakened: the host's folder is mounted where the link leads.
        mounts[^1] = JsonNode.Parse($$"""{"destination":"{{Host}}","type":"bind","source":"{{Host}}","options":["bind"]}""");
        Assert.Equal("written\n", Run(config).Output);
        Assert.Equal("written\n", File.ReadAllText(Path.Combine(Host, "secret")));
    }

    [Theory(DisplayName = "CVE-2015-3631: nothing lies over what the kernel shows in /proc")]
    [InlineData("/proc/self/attr")]
    [InlineData("/proc/sys/kernel")]
    [InlineData("/proc/thread-self")]
    [InlineData("/proc/1/status")]
    public void Mount_over_proc(string target)
    {
        Secret();
        var config = _bundle.Config("grep -c ' /y ' /proc/mounts");
        var mount = JsonNode.Parse($$"""{"destination":"{{target}}","type":"bind","source":"{{Host}}","options":["bind"]}""")!;
        config["mounts"]!.AsArray().Add(mount);
        Assert.NotEqual(0, Run(config).Code);
        mount["destination"] = "/y";
        Assert.Equal("1\n", Run(config).Output);
    }

    [Fact(DisplayName = "CVE-2023-28642: masks hold when /proc of the image leads into a volume")]
    public void Proc_in_a_volume()
    {
        Secret();
        Directory.CreateDirectory(Path.Combine(Host, "p"));
        Directory.Delete(Path.Combine(_bundle.Rootfs, "proc"));
        File.CreateSymbolicLink(Path.Combine(_bundle.Rootfs, "proc"), "vol/p");
        var config = _bundle.Config("cat /proc/version; : >> /proc/sys/net/ipv4/ip_forward && echo open");
        config["mounts"]!.AsArray().Insert(0, JsonNode.Parse($$"""{"destination":"/vol","type":"bind","source":"{{Host}}","options":["bind"]}"""));
        config["linux"]!["maskedPaths"] = new JsonArray("/proc/version");
        config["linux"]!["readonlyPaths"] = new JsonArray("/proc/sys");
        var output = Run(config).Output;
        Assert.DoesNotContain("Linux", output, StringComparison.Ordinal);
        Assert.DoesNotContain("open", output, StringComparison.Ordinal);
        config["linux"]!.AsObject().Remove("maskedPaths");
        config["linux"]!.AsObject().Remove("readonlyPaths");
        Assert.Contains("Linux", Run(config).Output, StringComparison.Ordinal);
    }

    [Theory(DisplayName = "CVE-2025-52565, CVE-2015-3627: the terminal lies over /dev/console of the root, wherever the image's leads")]
    [InlineData("/proc/sys/kernel/core_pattern")]
    [InlineData("HOST/secret")]
    public void Console_of_the_image(string leads)
    {
        Secret();
        var config = _bundle.Config("grep -c -E ' (/proc/sys/kernel/core_pattern|/dev/console) ' /proc/mounts; grep -c ' /proc/sys/kernel/core_pattern ' /proc/mounts; echo x > /dev/console");
        config["process"]!["terminal"] = true;
        var mounts = config["mounts"]!.AsArray();
        // The image's own /dev, in which console is a link.
        mounts.Remove(mounts.Single(m => (string)m!["destination"]! == "/dev"));
        foreach (var below in mounts.Where(m => ((string)m!["destination"]!).StartsWith("/dev/shm", StringComparison.Ordinal)).ToList())
            mounts.Remove(below);
        var console = Path.Combine(_bundle.Rootfs, "dev/console");
        File.CreateSymbolicLink(console, leads.Replace("HOST", Host, StringComparison.Ordinal));
        var attacked = Run(config).Output.Split((char[])['\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
        Assert.True(attacked is not [_, "1", ..], string.Join('|', attacked));
        Assert.Equal("of the host\n", File.ReadAllText(Path.Combine(Host, "secret")));
        // Weakened: a bind that says so lies over a file of the container.
        File.Delete(console);
        File.WriteAllText(console, "");
        Assert.StartsWith("1", Run(config).Output, StringComparison.Ordinal);
    }

    [Fact(DisplayName = "CVE-2016-3697: a number is a number, whoever has it for a name")]
    public void Name_that_is_a_number()
    {
        File.WriteAllText(Path.Combine(_bundle.Rootfs, "etc/passwd"), "root:x:0:0::/root:/bin/sh\n101:x:0:0::/root:/bin/sh\n");
        var config = _bundle.Config("id -u");
        config["process"]!["user"] = JsonNode.Parse("""{"uid":101,"gid":102}""");
        Assert.Equal("101\n", Run(config).Output);
        // Weakened: what looks names up first becomes root.
        config = _bundle.Config("busybox su -s /bin/sh 101 -c 'id -u'");
        config["process"]!["capabilities"] = JsonNode.Parse("""{"bounding":["CAP_SETUID","CAP_SETGID"],"effective":["CAP_SETUID","CAP_SETGID"],"permitted":["CAP_SETUID","CAP_SETGID"]}""");
        Assert.Equal("0\n", Run(config).Output);
    }
}
