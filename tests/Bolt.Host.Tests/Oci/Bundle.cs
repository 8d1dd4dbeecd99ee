using System.Text.Json.Nodes;
using Bolt.Launch;
using Bolt.Storage;

namespace Bolt.Host.Tests.Oci;

/// <summary>A temporary bundle with a busybox root, for containers of this user.</summary>
public sealed class Bundle : IDisposable
{
    private static readonly string[] Applets =
    [
        "sh", "cat", "ls", "id", "true", "sleep", "readlink", "hostname", "grep", "mount", "unshare", "touch", "stat", "env", "pwd", "ps", "mkdir",
        "cut", "kill", "head", "tail", "umount", "mknod", "dd", "test", "rm", "ln", "chmod", "chroot", "nice", "ionice", "chrt", "tr", "wc", "dmesg", "uname", "dnsdomainname", "echo", "sort", "cp", "nc", "find", "mv", "chown", "stty",
    ];

    private int _count;

    public Bundle()
    {
        Folder = Directory.CreateTempSubdirectory("bolt-oci-").FullName;
        if (OperatingSystem.IsLinux())
            File.SetUnixFileMode(Folder, (UnixFileMode)0b111_101_101);
        foreach (var folder in (string[])["bin", "etc", "tmp", "proc", "sys", "dev", "full"])
            Directory.CreateDirectory(Path.Combine(Rootfs, folder));
        File.Copy("/bin/busybox", Path.Combine(Rootfs, "bin/busybox"));
        foreach (var applet in Applets)
            File.CreateSymbolicLink(Path.Combine(Rootfs, "bin", applet), "busybox");
        File.WriteAllText(Path.Combine(Rootfs, "etc/passwd"), "root:x:0:0::/root:/bin/sh\nweb:x:101:102::/var/www:/bin/sh\n");
        File.WriteAllText(Path.Combine(Rootfs, "full/kept"), "of the image");
    }

    public string Folder { get; }

    public string Rootfs => Path.Combine(Folder, "rootfs");

    public static bool IsRoot => Environment.IsPrivilegedProcess;

    public string NextId() => $"bolt-test-{Environment.ProcessId}-{Path.GetFileName(Folder)[^4..]}-{++_count}";

    /// <summary>A config.json that runs a script: all namespaces, and for an ordinary user his map.</summary>
    public JsonObject Config(string script)
    {
        var config = JsonNode.Parse(Template)!.AsObject();
        config["process"]!["args"] = new JsonArray("sh", "-c", script);
        if (IsRoot)
            return config;
        var map = IdMap.OfCurrentUser();
        config["linux"]!["namespaces"]!.AsArray().Add(new JsonObject { ["type"] = "user" });
        config["linux"]!["uidMappings"] = Map(map.HostUid, map.SubUid, map.Count);
        config["linux"]!["gidMappings"] = Map(map.HostGid, map.SubGid, map.Count);
        return config;
    }

    public void Write(JsonObject config) => File.WriteAllText(Path.Combine(Folder, "config.json"), config.ToJsonString());

    public void Dispose()
    {
        // What a user's containers made belongs to his mapped ids.
        if (IsRoot)
            Directory.Delete(Folder, recursive: true);
        else
            new MappedFiles(ShimLocation.Find(null)!, IdMap.OfCurrentUser()).DeleteTreeAsync(Folder, CancellationToken.None).GetAwaiter().GetResult();
    }

    private static JsonArray Map(uint zero, uint rest, uint count)
    {
        var map = new JsonArray(new JsonObject { ["containerID"] = 0, ["hostID"] = zero, ["size"] = 1 });
        if (count > 0)
            map.Add(new JsonObject { ["containerID"] = 1, ["hostID"] = rest, ["size"] = count });
        return map;
    }

    private const string Template = """
        {
          "ociVersion": "1.0.2",
          "process": {
            "terminal": false, "cwd": "/", "args": [], "env": ["PATH=/bin"], "user": { "uid": 0, "gid": 0 }, "noNewPrivileges": true,
            "capabilities": { "bounding": ["CAP_KILL", "CAP_SETUID", "CAP_SETGID", "CAP_CHOWN"], "effective": ["CAP_KILL"], "permitted": ["CAP_KILL", "CAP_CHOWN"] }
          },
          "root": { "path": "rootfs", "readonly": false },
          "hostname": "inside",
          "mounts": [
            { "destination": "/proc", "type": "proc", "source": "proc" },
            { "destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "strictatime", "mode=755", "size=65536k"] },
            { "destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"] },
            { "destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"] },
            { "destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"] }
          ],
          "linux": {
            "namespaces": [ { "type": "pid" }, { "type": "network" }, { "type": "ipc" }, { "type": "uts" }, { "type": "mount" }, { "type": "cgroup" } ]
          }
        }
        """;
}
