using Bolt.Boltfiles;
using Bolt.Builds;
using Bolt.Diagnostics;
using Bolt.Launch;
using Bolt.Packages;
using Bolt.Runtime.Tests.Packages;

namespace Bolt.Host.Tests.Recipes;

/// <summary>Debian packages with their scripts run: what they leave, that it is the same each time, and what scripts cannot do.</summary>
public sealed class ConfiguredPackagesTests(RecipeHost host) : IDisposable
{
    private readonly TestArchive own = new();

    public void Dispose() => own.Dispose();

    [Fact]
    public async Task One_id_is_not_enough_and_that_is_said()
    {
        Assert.SkipUnless(IdMap.OfCurrentUser().Single, "BOLT9099: this user has a range of ids");
        own.Add("any", "1.0", TestDeb.WithScripts("any", "1.0", [("postinst", "#!/bin/sh\n")], TestDeb.Folder("./usr/"))).Publish();
        var refused = await RefusedAsync("any");
        Assert.Equal("BOLT9510", refused.Code);
        Assert.Contains("/etc/subuid", refused.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Packages_are_installed_over_a_small_Debian_as_dpkg_would()
    {
        NeedsIds();
        await using var stack = await host.UpAsync("[services.it]\npackages = [\"jq\", \"ssl-cert\", \"openssh-server\"]\ncommand = [\"sleep\", \"1000000\"]\n");
        Task<(int Code, string Output)> Sh(string line) => stack.ExecAsync("it", "sh", "-c", line);
        Assert.Equal((0, "42\n"), await Sh("echo '{\"n\": 6}' | jq '.n * 7'"));
        // All are configured, and dpkg itself finds nothing to say about it.
        Assert.Equal((0, "ii\n"), await Sh("dpkg -l | sed 1,5d | cut -c1-2 | sort -u"));
        Assert.Equal((0, ""), await Sh("dpkg --audit"));
        Assert.Equal((0, "www-data sshd ssl-cert\n"), await Sh("echo $(getent passwd www-data sshd | cut -d: -f1) $(getent group ssl-cert | cut -d: -f1)"));
        Assert.Equal((0, "/usr/bin/mawk\n"), await Sh("readlink -f /etc/alternatives/awk"));
        Assert.Equal((0, "710 ssl-cert\n"), await Sh("stat -c '%a %G' /etc/ssl/private"));
        Assert.Equal((0, "4755\n"), await Sh("stat -c %a /usr/bin/passwd"));
        // Nothing that would be every machine's secret, and nothing that says when it was made.
        Assert.Equal((1, ""), await Sh("ls /etc/ssl/private /etc/ssh | grep -e key -e host_"));
        Assert.Equal((0, "0\n"), await Sh("ls -A /var/log/dpkg.log /var/cache/ldconfig/aux-cache /usr/sbin/policy-rc.d /tmp/* 2>/dev/null | wc -l"));
    }

    [Fact]
    public async Task Packages_are_installed_over_a_recipe_that_goes_on_as_it_was()
    {
        NeedsIds();
        await using var stack = await host.UpAsync("""
            [services.py]
            capsule = "python"
            packages = ["python3-requests"]
            command = ["python3", "-c", "import requests, time; print(requests.__version__, flush=True); time.sleep(1000000)"]
            [services.db]
            capsule = "postgres"
            packages = ["jq"]
            """);
        Assert.Equal((0, "2\n"), await stack.ExecAsync("py", "python3", "-c", "import requests; print(requests.__version__.split('.')[0])"));
        Assert.Equal((0, "7\n"), await stack.ExecAsync("db", "sh", "-c", "psql -U postgres -h /run/postgresql -Atc 'SELECT json_build_object($$n$$, 7)' | jq .n"));
    }

    [Fact]
    public async Task Two_builds_are_equal_to_the_bit_and_the_lock_needs_no_archive()
    {
        NeedsIds();
        // Users, keys, fonts' and Python's caches, certificates: what scripts make.
        var file = host.File("[services.it]\npackages = [\"openssh-server\", \"ssl-cert\", \"python3-six\", \"fontconfig\", \"ca-certificates\"]\ncommand = [\"sleep\", \"1000000\"]\n");
        var place = Path.Combine(Path.GetDirectoryName(file.Path)!, "bolt.lock");
        await host.With("first", null).LockAsync(file, [], [], null, CancellationToken.None);
        var first = BoltLock.Read(place).Value!.Pins.Single(p => p.Key.StartsWith("debian+", StringComparison.Ordinal)).Value;
        Assert.Contains(first.Packages.Packages, p => p.Name == "openssh-server");
        Assert.All(first.Packages.Packages, p => Assert.Equal(64, p.Sha256.Length));
        var text = await File.ReadAllTextAsync(place);

        // From the lock: with another digest it would be an error (BOLT2209), and there is no archive that could be asked.
        await using (var stack = await RecipeStack.StartAsync(host.With("second", () => new ArchiveSources([], true) { AsksOfficial = false }), file))
        {
            Assert.Equal((0, "six\n"), await stack.ExecAsync("it", "python3", "-c", "import six; print(six.__name__)"));
        }
        Assert.Equal(text, await File.ReadAllTextAsync(place));

        // And without it.
        File.Delete(place);
        await host.With("third", null).LockAsync(file, [], [], null, CancellationToken.None);
        Assert.Equal(text, await File.ReadAllTextAsync(place));
    }

    [Fact]
    public async Task Of_Debian_13_too()
    {
        NeedsIds();
        var file = host.File("[services.it]\npackages = [\"jq\", \"openssh-server\", \"python3-six\"]\ncommand = [\"sleep\", \"1000000\"]\n");
        await using var stack = await RecipeStack.StartAsync(host.Trixie, file);
        Assert.Equal((0, "13\n"), await stack.ExecAsync("it", "sh", "-c", ". /etc/os-release; echo $VERSION_ID"));
        Assert.Equal((0, "ii\n"), await stack.ExecAsync("it", "sh", "-c", "dpkg -l | sed 1,5d | cut -c1-2 | sort -u"));
        Assert.Equal((0, "sshd six\n"), await stack.ExecAsync("it", "sh", "-c", "echo $(getent passwd sshd | cut -d: -f1) $(python3 -c 'import six; print(six.__name__)')"));
    }

    [Fact]
    public async Task A_script_that_fails_is_told_with_what_it_said()
    {
        NeedsIds();
        own.Add("broken", "1.0", TestDeb.WithScripts("broken", "1.0", [("postinst", "#!/bin/sh\necho the moon is wrong >&2\nexit 3\n")], TestDeb.Folder("./usr/"))).Publish();
        var refused = await RefusedAsync("broken");
        Assert.Equal("BOLT2218", refused.Code);
        Assert.Contains("debian+broken", refused.Message, StringComparison.Ordinal);
        Assert.Contains("the moon is wrong", refused.Fix, StringComparison.Ordinal);
        Assert.Contains("broken", refused.Fix!.Split("Errors were encountered").Last(), StringComparison.Ordinal);

        own.Add("early", "1.0", TestDeb.WithScripts("early", "1.0", [("preinst", "#!/bin/sh\necho not today\nexit 4\n")], TestDeb.Folder("./usr/"))).Publish();
        refused = await RefusedAsync("early");
        Assert.Contains("not today\nthe script preinst of early ended with code 4", refused.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scripts_are_shut_in()
    {
        NeedsIds();
        var secret = Path.Combine(Path.GetTempPath(), $"bolt-secret-{Guid.NewGuid():n}");
        await File.WriteAllTextAsync(secret, "secret");
        try
        {
            own.Add("nosy", "1.0", TestDeb.WithScripts("nosy", "1.0", [("postinst", $"""
                #!/bin/sh
                exec >/usr/share/nosy
                echo "links $(ls /sys/class/net | tr '\n' ' ')"
                cat {secret} 2>/dev/null && echo "host seen"
                mount -t tmpfs none /mnt 2>/dev/null && echo "mounted"
                mknod /dev/sda b 8 0 2>/dev/null && echo "device made"
                unshare --user true 2>/dev/null && echo "namespace made"
                echo "host root $(awk '$1 == 0 && $2 == 0' /proc/self/uid_map | wc -l)"
                echo "processes of others $(ls /proc | grep -c '^[0-9][0-9][0-9][0-9]')"
                echo "filter $(sed -n 's/^Seccomp:[^0-9]*//p' /proc/self/status)"
                true

                """)], TestDeb.Folder("./usr/share/"))).Publish();
            await using var stack = await RecipeStack.StartAsync(host.With("state", Both), host.File("[services.it]\npackages = [\"nosy\"]\ncommand = [\"sleep\", \"1000000\"]\n"));
            var (_, seen) = await stack.ExecAsync("it", "cat", "/usr/share/nosy");
            Assert.Equal("links lo \nhost root 0\nprocesses of others 0\nfilter 2\n", seen);
        }
        finally
        {
            File.Delete(secret);
        }
    }

    [Fact]
    public async Task An_altered_package_is_not_unpacked_and_an_unknown_one_is_named()
    {
        NeedsIds();
        own.Add("altered", "1.0", TestDeb.WithScripts("altered", "1.0", [("postinst", "#!/bin/sh\n")], TestDeb.Folder("./usr/"))).Publish();
        var deb = Directory.GetFiles(own.Folder, "altered_*.deb", SearchOption.AllDirectories).Single();
        var bytes = await File.ReadAllBytesAsync(deb);
        bytes[^20] ^= 1;
        await File.WriteAllBytesAsync(deb, bytes);
        Assert.Equal("BOLT2104", (await RefusedAsync("altered")).Code);
        var unknown = await RefusedAsync("no-such-package");
        Assert.Contains("no-such-package", unknown.Message, StringComparison.Ordinal);
    }

    private async Task<Diagnostic> RefusedAsync(string package)
    {
        var file = host.File($"[services.it]\npackages = [\"{package}\"]\n");
        var refused = (await Assert.ThrowsAsync<BoltException>(() => host.With("state", Both).LockAsync(file, [], [], null, CancellationToken.None))).Diagnostic;
        Assert.False(File.Exists(Path.Combine(Path.GetDirectoryName(file.Path)!, "bolt.lock")));
        return refused;
    }

    private ArchiveSources Both()
    {
        var machine = ArchiveSources.OfMachine("/");
        return machine with { Sources = [.. machine.Sources, .. own.Sources.Sources] };
    }

    private static void NeedsIds() => Assert.SkipWhen(IdMap.OfCurrentUser().Single, "BOLT9510: scripts of packages hand files to users of the system");
}
