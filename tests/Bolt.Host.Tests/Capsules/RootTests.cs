using Bolt.Capsules;
using Bolt.Diagnostics;

namespace Bolt.Host.Tests.Capsules;

/// <summary>The root file system of a capsule: layers, what is mounted over them, and what an image may try.</summary>
public class RootTests
{
    [Fact]
    public async Task It_is_what_the_spec_says()
    {
        await using var room = await LaunchRoom.OpenAsync();
        var spec = room.Spec("sh", "-c", "hostname; cat /etc/hostname; pwd; echo $A; echo $HOME; stat -c %u /proc/self/") with
        {
            WorkingDirectory = "/srv/deep",
            Environment = ["PATH=/bin", "A=b c"],
            User = "101",
        };
        Assert.Equal("box\nbox\n/srv/deep\nb c\n/var/www\n101\n", await room.SayAsync(spec));
    }

    [Fact]
    public async Task Writes_go_to_the_upper_and_never_to_a_layer()
    {
        await using var room = await LaunchRoom.OpenAsync();
        var upper = Path.Combine(room.Folder, "upper");
        await room.SayAsync(room.Spec("sh", "-c", "echo kept > /kept; echo gone > /etc/passwd") with { Upper = upper });
        Assert.Equal("kept\n", await room.SayAsync(room.Spec("cat", "/kept") with { Upper = upper }));
        Assert.Equal("kept\n", File.ReadAllText(Path.Combine(upper, "upper/kept")));
        Assert.StartsWith("root:", File.ReadAllText(Path.Combine(room.Root, "etc/passwd")), StringComparison.Ordinal);
        Assert.Contains("No such file", await room.SayAsync("cat /kept"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Layers_lie_over_each_other()
    {
        await using var room = await LaunchRoom.OpenAsync();
        var layers = Enumerable.Range(0, 40).Select(i =>
        {
            var layer = Path.Combine(room.Folder, "layer-with-a-long-name-and:a,comma-" + i);
            Directory.CreateDirectory(layer);
            File.WriteAllText(Path.Combine(layer, "which"), $"{i}\n");
            File.WriteAllText(Path.Combine(layer, "file" + i), "");
            return layer;
        });
        var spec = room.Spec("sh", "-c", "cat /which; ls / | grep -c file") with { Layers = [room.Root, .. layers] };
        Assert.Equal("39\n40\n", await room.SayAsync(spec));
    }

    [Fact]
    public async Task A_read_only_root_still_has_its_mounts()
    {
        await using var room = await LaunchRoom.OpenAsync();
        var spec = room.Spec("sh", "-c", "touch /x 2>/dev/null || touch /data/x && echo ok") with
        {
            ReadOnlyRoot = true,
            Mounts = [new CapsuleMount.Tmpfs("/data", 1 << 20, 0b111_111_111)],
        };
        Assert.EndsWith("ok\n", await room.SayAsync(spec), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Map.OfUser)]
    [InlineData(Map.Single)]
    public async Task Binds_are_files_and_folders_without_devices(Map map)
    {
        await using var room = await LaunchRoom.OpenAsync(map);
        var source = Path.Combine(room.Folder, "private/site");
        Directory.CreateDirectory(source);
        // The way to it is the caller's alone.
        File.SetUnixFileMode(Path.Combine(room.Folder, "private"), (UnixFileMode)0b111_000_000);
        File.WriteAllText(Path.Combine(source, "page"), "hello\n");
        var spec = room.Spec("sh", "-c", "cat /var/www/page /etc/one; stat -c %u /var/www/page; (echo x > /etc/one) || echo no; echo new > /var/www/new; grep -E ' (/var/www|/etc/one) ' /proc/mounts | cut -d' ' -f2,4 | cut -d, -f1-3") with
        {
            Mounts =
            [
                new CapsuleMount.Bind(source, "/var/www", ReadOnly: false), new CapsuleMount.Bind(source + "/page", "/etc/one", ReadOnly: true),
            ],
        };
        var said = await room.SayAsync(spec);
        Assert.StartsWith("hello\nhello\n0\n", said, StringComparison.Ordinal);
        Assert.Contains("\nno\n", said, StringComparison.Ordinal);
        Assert.Contains("/var/www rw,nosuid,nodev", said, StringComparison.Ordinal);
        Assert.Contains("/etc/one ro,nosuid,nodev", said, StringComparison.Ordinal);
        Assert.Equal("new\n", File.ReadAllText(Path.Combine(source, "new")));
    }

    [Fact]
    public async Task Links_of_an_image_lead_nowhere_outside()
    {
        await using var room = await LaunchRoom.OpenAsync(addToRoot: root =>
        {
            // The same path below the root, which is what the link means there.
            Directory.CreateDirectory(root + Path.GetDirectoryName(root) + "/outside");
            File.CreateSymbolicLink(Path.Combine(root, "up"), "../../../../../.." + Path.GetDirectoryName(root) + "/outside");
            File.CreateSymbolicLink(Path.Combine(root, "etc/resolv.conf"), "/run/nowhere/resolv.conf");
            File.CreateSymbolicLink(Path.Combine(root, "etc/hostname"), Path.GetDirectoryName(root) + "/outside/hostname");
            File.CreateSymbolicLink(Path.Combine(root, "magic"), "/proc/self/root");
        });
        var outside = Path.Combine(room.Folder, "outside");
        Directory.CreateDirectory(outside);
        var source = Path.Combine(room.Folder, "source");
        Directory.CreateDirectory(source);
        File.WriteAllText(Path.Combine(source, "f"), "f\n");
        var spec = room.Spec("cat", "/up/inner/f", "/etc/resolv.conf", "/etc/hostname") with
        {
            Mounts =
            [
                new CapsuleMount.Bind(source, "/up/inner", ReadOnly: false),
                new CapsuleMount.Bind(source + "/f", "/etc/resolv.conf", ReadOnly: true),
            ],
        };
        // A link to nowhere gives way to the file.
        Assert.Equal("f\nf\nbox\n", await room.SayAsync(spec));
        Assert.Empty(Directory.GetFileSystemEntries(outside));

        var refused = await Assert.ThrowsAsync<BoltException>(() => room.SayAsync(
            room.Spec("true") with { Mounts = [new CapsuleMount.Bind(source, "/magic/x", ReadOnly: false)] }));
        Assert.Equal("BOLT5016", refused.Diagnostic.Code);
    }

    [Theory]
    [InlineData("BOLT5015", "/no/such/source", "/x")]
    [InlineData("BOLT5016", "/tmp", "/bin/busybox")]
    [InlineData("BOLT5002", "/tmp", "/proc/x")]
    public async Task A_bad_mount_says_which(string code, string source, string target)
    {
        await using var room = await LaunchRoom.OpenAsync();
        var spec = room.Spec("true") with { Mounts = [new CapsuleMount.Bind(source, target, ReadOnly: true)] };
        var thrown = await Assert.ThrowsAsync<BoltException>(() => room.SayAsync(spec));
        Assert.Equal(code, thrown.Diagnostic.Code);
        Assert.Null(Capsule.TryAdopt(spec.Folder));
    }

    [Theory]
    [InlineData("BOLT5010", "no-such-program", "", "/")]
    [InlineData("BOLT5011", "/etc/passwd", "", "/")]
    [InlineData("BOLT5012", "true", "nobody-of-that-name", "/")]
    [InlineData("BOLT5014", "true", "", "/bin/busybox")]
    public async Task A_bad_process_says_why(string code, string command, string user, string folder)
    {
        await using var room = await LaunchRoom.OpenAsync();
        var thrown = await Assert.ThrowsAsync<BoltException>(() => Capsule.StartAsync(
            room.Shim, room.Spec(command) with { User = user, WorkingDirectory = folder }, TestContext.Current.CancellationToken));
        Assert.Equal(code, thrown.Diagnostic.Code);
    }
}
