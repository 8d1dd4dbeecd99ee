using System.Text.Json.Nodes;

namespace Bolt.Host.Tests.Oci;

/// <summary>
/// Attacks on container runtimes that were published, made anew and named by their numbers. Each is tried twice: as it was,
/// which must fail, and with the one thing weakened that stops it, which must succeed, or the test would prove nothing.
/// </summary>
public sealed partial class EscapeTests : IDisposable
{
    private readonly Bundle _bundle = new();

    private string Host => Path.Combine(_bundle.Folder, "host");

    [Fact(DisplayName = "CVE-2024-21626: a descriptor that the engine left open is no way to the host")]
    public void Leaked_descriptor()
    {
        Secret();
        var config = _bundle.Config("cat /proc/self/fd/9/secret");
        Assert.DoesNotContain("of the host", RunWithDescriptor(config).Output, StringComparison.Ordinal);
        Assert.Contains("of the host", RunWithDescriptor(config, "--preserve-fds", "7").Output, StringComparison.Ordinal);
    }

    [Fact(DisplayName = "CVE-2024-21626: nor is it as the working folder")]
    public void Leaked_working_folder()
    {
        Secret();
        var config = _bundle.Config("cat secret; pwd");
        for (var fd = 3; fd < 12; fd++)
        {
            config["process"]!["cwd"] = $"/proc/self/fd/{fd}";
            Assert.DoesNotContain("of the host", RunWithDescriptor(config).Output, StringComparison.Ordinal);
        }
        // Weakened: the folder is mounted.
        config["mounts"]!.AsArray().Add(JsonNode.Parse($$"""{"destination":"/w","type":"bind","source":"{{Host}}","options":["bind"]}"""));
        config["process"]!["cwd"] = "/w";
        Assert.Contains("of the host", Run(config).Output, StringComparison.Ordinal);
    }

    [Theory(DisplayName = "CVE-2021-30465, CVE-2017-1002101: a mount target that is a link does not leave the root")]
    [InlineData("tmpfs", "/out")]
    [InlineData("tmpfs", "/out/made")]
    [InlineData("bind", "/out/made")]
    public void Link_as_target(string type, string target)
    {
        Secret();
        File.CreateSymbolicLink(Path.Combine(_bundle.Rootfs, "out"), Host);
        var config = _bundle.Config("true");
        config["mounts"]!.AsArray().Add(JsonNode.Parse($$"""{"destination":"{{target}}","type":"{{type}}","source":"{{(type == "bind" ? "/bin" : "tmpfs")}}","options":[{{(type == "bind" ? "\"rbind\"" : "")}}]}"""));
        Assert.Equal(0, Run(config).Code);
        Assert.Equal(["secret"], Names(Host));
        // Weakened: whoever resolves the target with the host's root leaves the bundle.
        Directory.CreateDirectory(Path.Combine(_bundle.Rootfs, "out/made"));
        Assert.Equal(["made", "secret"], Names(Host));
    }

    [Fact(DisplayName = "CVE-2019-16884: nothing lies over files of /proc by way of a link of the image")]
    public void Link_to_proc()
    {
        File.CreateSymbolicLink(Path.Combine(_bundle.Rootfs, "x"), "/proc/self");
        var config = _bundle.Config("grep -c ' /y ' /proc/mounts");
        var mount = JsonNode.Parse("""{"destination":"/x/attr","type":"tmpfs","source":"tmpfs"}""")!;
        config["mounts"]!.AsArray().Add(mount);
        Assert.NotEqual(0, Run(config).Code);
        mount["destination"] = "/x/../1";
        Assert.NotEqual(0, Run(config).Code);
        mount["destination"] = "/y";
        Assert.Equal("1\n", Run(config).Output);
    }

    [Fact(DisplayName = "CVE-2019-19921, CVE-2023-27561: an image whose /proc is a link keeps its masks")]
    public void Proc_is_a_link()
    {
        Directory.Delete(Path.Combine(_bundle.Rootfs, "proc"));
        File.CreateSymbolicLink(Path.Combine(_bundle.Rootfs, "proc"), "full/p");
        var config = _bundle.Config("cat /proc/version");
        config["linux"]!["maskedPaths"] = new JsonArray("/proc/version");
        Assert.DoesNotContain("Linux", Run(config).Output, StringComparison.Ordinal);
        config["linux"]!.AsObject().Remove("maskedPaths");
        Assert.Contains("Linux", Run(config).Output, StringComparison.Ordinal);
    }

    [Fact(DisplayName = "CVE-2025-31133: a mask is the host's /dev/null, whatever the image has there")]
    public void Null_of_the_image()
    {
        var config = _bundle.Config("cat /proc/version; test -c /proc/version && echo device");
        var mounts = config["mounts"]!.AsArray();
        // The image's own /dev, in which null leads to a file of the kernel.
        foreach (var below in mounts.Where(m => ((string)m!["destination"]!).StartsWith("/dev", StringComparison.Ordinal)).ToList())
            mounts.Remove(below);
        var image = Path.Combine(_bundle.Rootfs, "dev/null");
        File.CreateSymbolicLink(image, "/proc/sys/kernel/ostype");
        config["linux"]!["maskedPaths"] = new JsonArray("/proc/version");
        // Where nodes are bound, one that would lie over a file of the kernel is refused with the container.
        Assert.Contains(Run(config).Output, (string[])["device\n", ""]);
        File.Delete(image);
        File.WriteAllText(image, "of the image");
        Assert.Equal("device\n", Run(config).Output);
        config["linux"]!.AsObject().Remove("maskedPaths");
        Assert.Contains("Linux", Run(config).Output, StringComparison.Ordinal);
    }

    [Fact(DisplayName = "CVE-2025-52881: a sysctl is written to procfs or not at all")]
    public void Sysctl_elsewhere()
    {
        var fake = Path.Combine(_bundle.Rootfs, "proc/sys/net/ipv4");
        Directory.CreateDirectory(fake);
        File.WriteAllText(Path.Combine(fake, "ip_forward"), "of the image");
        var config = _bundle.Config("cat /proc/sys/net/ipv4/ip_forward");
        config["linux"]!["sysctl"] = JsonNode.Parse("""{"net.ipv4.ip_forward":"1"}""");
        var proc = config["mounts"]![0]!.DeepClone();
        config["mounts"]!.AsArray().RemoveAt(0);
        Assert.NotEqual(0, Run(config).Code);
        Assert.Equal("of the image", File.ReadAllText(Path.Combine(fake, "ip_forward")));
        config["mounts"]!.AsArray().Insert(0, proc);
        Assert.Equal("1\n", Run(config).Output);
    }

    [Fact(DisplayName = "CVE-2020-15257: abstract sockets of the host are out of reach in an own network namespace")]
    public void Abstract_socket()
    {
        var name = $"bolt-escape-{Environment.ProcessId}";
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint("\0" + name));
        var config = _bundle.Config($"grep -c {name} /proc/net/unix");
        Assert.Equal("0\n", Run(config).Output);
        var namespaces = config["linux"]!["namespaces"]!.AsArray();
        namespaces.Remove(namespaces.Single(n => (string?)n!["type"] == "network"));
        // Only the owner of the network namespace mounts its sysfs.
        config["mounts"]!.AsArray().RemoveAt(4);
        Assert.Equal("1\n", Run(config).Output);
    }

    [Fact(DisplayName = "CVE-2022-29162: a command has no inheritable capabilities unless they are written")]
    public void Inheritable()
    {
        var config = _bundle.Config("grep CapInh /proc/self/status");
        Assert.Equal("CapInh:\t0000000000000000\n", Run(config).Output);
        config["process"]!["capabilities"]!["inheritable"] = new JsonArray("CAP_KILL");
        Assert.Equal("CapInh:\t0000000000000020\n", Run(config).Output);
    }

    [Fact(DisplayName = "CVE-2016-9962, CVE-2019-5736: what joins a container is closed to it")]
    public async Task Joining_process()
    {
        var peer = OciPeer.Bolt(_bundle.Folder);
        // Looks at every process but its own kind: whose executable or descriptors can it have?
        _bundle.Write(_bundle.Config("""
            while test ! -e /tmp/end; do
              for p in /proc/[0-9]*; do
                e=$(readlink $p/exe) || continue
                test "$e" = /bin/busybox || echo "$e"
                test "$e" = /tmp/busybox-other && touch /tmp/end
              done
            done
            """));
        var id = _bundle.NextId();
        var looking = Task.Run(() => peer.Call("run", "--bundle", _bundle.Folder, id));
        for (var i = 0; i < 5; i++)
            while (peer.Call("exec", id, "true") is { Code: not 0 } failed)
                Assert.True(!looking.IsCompleted, failed.Error);
        // Weakened: a program of the host that does not hide stands in plain sight of the same look.
        peer.Call("exec", id, "sh", "-c", "cat /bin/busybox > /tmp/busybox-other; chmod 755 /tmp/busybox-other; /tmp/busybox-other sh -c 'i=0; while test ! -e /tmp/end -a $i -lt 1000000; do i=$((i+1)); done'; touch /tmp/end");
        Assert.Equal(["/tmp/busybox-other"], (await looking).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct());
    }

    public void Dispose() => _bundle.Dispose();

    private void Secret()
    {
        Directory.CreateDirectory(Host);
        File.WriteAllText(Path.Combine(Host, "secret"), "of the host\n");
    }

    private Answer Run(JsonObject config)
    {
        _bundle.Write(config);
        return OciPeer.Bolt(_bundle.Folder).Call("run", "--bundle", _bundle.Folder, _bundle.NextId());
    }

    // As an engine would that forgot to close descriptor 9.
    private Answer RunWithDescriptor(JsonObject config, params string[] options)
    {
        _bundle.Write(config);
        var open = $"exec 3</dev/null 4</dev/null 5</dev/null 6</dev/null 7</dev/null 8</dev/null 9<'{Host}'; exec \"$@\"";
        return OciPeer.BoltBehind(_bundle.Folder, "sh", "-c", open, "sh").Call(["run", "--bundle", _bundle.Folder, .. options, _bundle.NextId()]);
    }

    private static string[] Names(string folder) => [.. Directory.EnumerateFileSystemEntries(folder).Select(p => Path.GetFileName(p)!).Order(StringComparer.Ordinal)];
}
