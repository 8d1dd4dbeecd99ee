using System.Formats.Tar;

namespace Bolt.Build;

/// <summary>
/// A stock Debian of this host's release with its cloud kernel, booted under qemu's software emulation: systemd, one
/// unified cgroup hierarchy and a user who has logged in, whatever the host has. No network, no KVM, no change to the host.
/// </summary>
internal sealed class VirtualMachine(string folder)
{
    private const string Packages =
        "systemd-sysv,dbus,dbus-user-session,libpam-systemd,linux-image-cloud-amd64,passt,uidmap,nftables,busybox-static,libstdc++6,zlib1g";

    private string Base => Path.Combine(folder, "debian.tar");
    private string Tree => Path.Combine(folder, "root");
    private string Disk => Path.Combine(folder, "disk.img");
    private string Answer => Path.Combine(folder, "answer.tar");

    /// <summary>What it wrote on the console; in the words of the last run.</summary>
    public string Console => Path.Combine(folder, "console.log");

    /// <summary>The release to install, as "bookworm"; null where this host is no Debian.</summary>
    public static string? Release()
    {
        var facts = File.ReadLines("/etc/os-release").Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1].Trim('"'));
        return facts.GetValueOrDefault("ID") == "debian" ? facts.GetValueOrDefault("VERSION_CODENAME") : null;
    }

    /// <summary>Boots it with these files and waits for its end. The folder has what its tests wrote.</summary>
    public string Run(string release, string tests, TimeSpan limit)
    {
        Directory.CreateDirectory(folder);
        if (!File.Exists(Base))
        {
            Shell.Do("mmdebstrap", ["--variant=minbase", "--quiet", "--format=tar", "--include=" + Packages, release, Base + ".part", .. Sources()]);
            File.Move(Base + ".part", Base);
        }
        Fill(tests);
        using (var answer = File.Create(Answer))
        {
            answer.SetLength(16 << 20);
        }
        File.Delete(Console);
        Shell.Run("qemu-system-x86_64",
        [
            "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "2048", "-nodefaults", "-nographic", "-no-reboot",
            "-kernel", Boot("vmlinuz-*"), "-initrd", Boot("initrd.img-*"), "-append", "root=/dev/vda rw console=ttyS0 quiet",
            "-drive", $"file={Disk},format=raw,if=virtio,cache=unsafe", "-drive", $"file={Answer},format=raw,if=virtio",
            "-serial", "file:" + Console,
        ], limit);
        return ReadAnswer();
    }

    private static string[] Sources() =>
    [
        .. Directory.EnumerateFiles("/etc/apt/sources.list.d", "debian*.sources"),
        .. File.Exists("/etc/apt/sources.list") ? (ReadOnlySpan<string>)["/etc/apt/sources.list"] : [],
    ];

    private string Boot(string pattern) => Directory.EnumerateFiles(Path.Combine(Tree, "boot"), pattern).Single();

    private void Fill(string tests)
    {
        Shell.Do("rm", "-rf", Tree);
        Directory.CreateDirectory(Tree);
        Shell.Do("tar", "--numeric-owner", "-xpf", Base, "-C", Tree);
        var opt = Directory.CreateDirectory(Path.Combine(Tree, "opt/bolt")).FullName;
        Shell.Do("cp", "build/vm/run", opt);
        Shell.Do("cp", "-a", "--no-preserve=ownership", tests, Path.Combine(opt, "tests"));
        var dotnet = DotnetRoot();
        Directory.CreateDirectory(Path.Combine(Tree, "opt/dotnet/shared"));
        Shell.Do("cp", "-a", Path.Combine(dotnet, "host"), Path.Combine(Tree, "opt/dotnet/host"));
        Shell.Do("cp", "-a", Path.Combine(dotnet, "shared/Microsoft.NETCore.App"), Path.Combine(Tree, "opt/dotnet/shared/"));
        Shell.Do("sh", "-c", "cp build/vm/*.service \"$1/etc/systemd/system/\"", "sh", Tree);
        Shell.Do("ln", "-s", "../tests.service", Path.Combine(Tree, "etc/systemd/system/multi-user.target.wants/tests.service"));
        Shell.Do("chroot", Tree, "useradd", "--create-home", "--shell", "/bin/sh", "bolt-test");
        Shell.Do("chroot", Tree, "install", "-d", "-m", "1777", "/var/lib/results");
        File.Delete(Disk);
        using (var disk = File.Create(Disk))
        {
            disk.SetLength(2L << 30);
        }
        Shell.Do("mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-d", Tree, Disk);
    }

    /// <summary>The folder of the runtime that runs this: …/shared/Microsoft.NETCore.App/VERSION/ is three below.</summary>
    private static string DotnetRoot() =>
        Path.GetFullPath(Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));

    private string ReadAnswer()
    {
        var results = Path.Combine(folder, "results");
        if (Directory.Exists(results))
        {
            Directory.Delete(results, recursive: true);
        }
        Directory.CreateDirectory(results);
        using var archive = File.OpenRead(Answer);
        TarFile.ExtractToDirectory(archive, results, overwriteFiles: true);
        return results;
    }
}
