using System.Diagnostics;

namespace Bolt.Host.Tests.Oci;

/// <summary>
/// A store, settings and an image of their own for podman and buildah of this user, with Bolt as the runtime. What is
/// started in it ends with it; the machine's own stores, networks and cgroups are left alone.
/// </summary>
public sealed class EngineRoom : IDisposable
{
    /// <summary>The image's name in the store: busybox alone.</summary>
    public const string Image = "localhost/bolt-box:1";

    private const string Settings = """
        [containers]
        default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
        [engine]
        cgroup_manager = "cgroupfs"
        events_logger = "file"
        """;

    private int _calls;

    private static bool Unified { get; } = File.Exists("/sys/fs/cgroup/cgroup.controllers");

    private string Parent => "/" + Path.GetFileName(Folder);

    public EngineRoom()
    {
        Folder = Directory.CreateTempSubdirectory("bolt-engine-").FullName;
        Directory.CreateDirectory(Path.Combine(Folder, "run"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllText(Path.Combine(Folder, "containers.conf"), Settings);
        // Each call of the runtime is written down: that it was Bolt that did it.
        Runtime = Path.Combine(Folder, "bolt-oci");
        // conmon hands on no environment, and the tool as it is built here looks there for .NET.
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } root ? $"export DOTNET_ROOT='{root}'\n" : "";
        File.WriteAllText(Runtime, $"#!/bin/sh\n{dotnet}echo \"$*\" >>'{Folder}/calls'\nexec '{Path.Combine(AppContext.BaseDirectory, "bolt")}' oci \"$@\"\n");
        File.SetUnixFileMode(Runtime, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    public string Folder { get; }

    /// <summary>A script: Bolt's runtime.</summary>
    public string Runtime { get; }

    /// <summary>podman counts and limits: an ordinary user's only with cgroups of version 2.</summary>
    public static bool HasGroups => Bundle.IsRoot || Unified;

    /// <summary>Where podman puts its cgroups: with version 2 systemd makes scopes, else all lie below one of this room's.</summary>
    public string[] Group => Unified ? [] : ["--cgroup-parent", Parent];

    /// <summary>The runtime's verbs so far, one a line with their arguments.</summary>
    public string Calls => File.Exists(Path.Combine(Folder, "calls")) ? File.ReadAllText(Path.Combine(Folder, "calls")) : "";

    /// <summary>Says what is missing; null when the programs are there.</summary>
    public static string? Lacks(params string[] programs) =>
        programs.FirstOrDefault(program => !new[] { "/usr/bin", "/usr/sbin", "/usr/local/bin" }.Any(folder => File.Exists(Path.Combine(folder, program)))) is { } missing
            ? $"BOLT9099: {missing} is not installed; `sudo build/setup` installs it" : null;

    /// <summary>podman with this room's store and Bolt as its runtime.</summary>
    public string[] Podman(params string[] words) =>
    [
        "podman", .. Store, "--tmpdir", Path.Combine(Folder, "tmp"), "--runtime", Runtime, "--cgroup-manager", Unified ? "systemd" : "cgroupfs", "--events-backend", "file", .. words,
    ];

    /// <summary>buildah with this room's store.</summary>
    public string[] Buildah(params string[] words) => ["buildah", .. Store, .. words];

    private string[] Store => ["--root", Path.Combine(Folder, "store"), "--runroot", Path.Combine(Folder, "run/store"), "--storage-driver", "overlay"];

    /// <summary>Makes the image with umoci and has podman fetch it.</summary>
    public void MakeImage()
    {
        var root = Path.Combine(Folder, "rootfs");
        foreach (var folder in (string[])["bin", "etc", "tmp"])
            Directory.CreateDirectory(Path.Combine(root, folder));
        File.Copy("/bin/busybox", Path.Combine(root, "bin/busybox"));
        foreach (var applet in (string[])["sh", "cat", "sleep", "true", "stty", "id", "test", "echo", "kill", "grep"])
            File.CreateSymbolicLink(Path.Combine(root, "bin", applet), "busybox");
        File.WriteAllText(Path.Combine(root, "etc/passwd"), "root:x:0:0::/:/bin/sh\n");
        // From the folder: podman makes a name of the path, and names have no capitals.
        const string layout = "layout";
        string[] rootless = Bundle.IsRoot ? [] : ["--rootless"];
        Do("umoci", "init", "--layout", layout);
        Do("umoci", "new", "--image", layout + ":1");
        Do(["umoci", "insert", .. rootless, "--image", layout + ":1", root, "/"]);
        Do("umoci", "config", "--image", layout + ":1", "--config.env", "PATH=/bin", "--config.cmd", "sh");
        var id = Do(Podman("pull", "--quiet", $"oci:{layout}:1")).Trim();
        Do(Podman("tag", id, Image));
    }

    /// <summary>Its output; throws when it ends with another code than 0.</summary>
    public string Do(params string[] command)
    {
        var answer = Try(command);
        return answer.Code == 0 ? answer.Output : throw new InvalidOperationException($"{string.Join(' ', command)}: {answer.Code}: {answer.Output}{answer.Error}");
    }

    /// <summary>What it ended with. Its streams are files: what stays in the background keeps no pipe of ours open.</summary>
    internal Answer Try(params string[] command)
    {
        var call = Path.Combine(Folder, $"call-{++_calls}");
        var start = new ProcessStartInfo("sh", ["-c", "call=$1; shift; exec \"$@\" </dev/null >\"$call.out\" 2>\"$call.err\"", "sh", call, .. command]) { WorkingDirectory = Folder };
        start.Environment["HOME"] = Folder;
        // Elsewhere a user's systemd is found by it.
        if (!Unified || Bundle.IsRoot)
            start.Environment["XDG_RUNTIME_DIR"] = Path.Combine(Folder, "run");
        start.Environment["CONTAINERS_CONF"] = Path.Combine(Folder, "containers.conf");
        foreach (var name in (string[])["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "BUILDAH_ISOLATION"])
            start.Environment.Remove(name);
        using var process = Process.Start(start)!;
        process.WaitForExit();
        return new Answer(process.ExitCode, File.ReadAllText(call + ".out"), File.ReadAllText(call + ".err"));
    }

    public void Dispose()
    {
        if (Directory.Exists(Path.Combine(Folder, "store")))
        {
            _ = Try(Podman("rm", "--all", "--force", "--time", "0"));
            // An ordinary user's podman leaves a process that holds its user namespace.
            if (!Bundle.IsRoot)
                _ = Try(Podman("system", "migrate"));
        }
        if (Directory.Exists("/sys/fs/cgroup") && Bundle.IsRoot)
            foreach (var group in Directory.EnumerateDirectories("/sys/fs/cgroup", Parent[1..], new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 2 }).ToList())
                RemoveGroup(group);
        // Overlay's work folders are closed to their owner too.
        _ = Try("chmod", "-R", "u+rwX", Path.Combine(Folder, "store"));
        Directory.Delete(Folder, recursive: true);
    }

    // A conmon ends a moment after its container.
    private static void RemoveGroup(string folder)
    {
        foreach (var pid in File.ReadAllLines(Path.Combine(folder, "cgroup.procs")))
            AwaitEnd(int.Parse(pid, System.Globalization.CultureInfo.InvariantCulture));
        foreach (var below in Directory.EnumerateDirectories(folder))
            RemoveGroup(below);
        Directory.Delete(folder);
    }

    private static void AwaitEnd(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            process.WaitForExit(TimeSpan.FromSeconds(30));
        }
        catch (ArgumentException)
        {
            // It has ended.
        }
    }
}
