using System.Text;
using System.Text.Json;
using Bolt.Kernel;

namespace Bolt.Oci;

/// <summary>What this runtime says about itself (features.md), and a config.json to begin with.</summary>
public static class OciText
{
    /// <summary>The version of the runtime specification.</summary>
    public const string Version = "1.2.1";

    private static readonly string[] Capabilities = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"];

    private static readonly string[] Masked =
        ["/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi"];

    private static readonly string[] ReadOnly = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    private static readonly (string Target, string Type, string Source, string[] Options)[] Mounts =
    [
        ("/proc", "proc", "proc", []),
        ("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
        ("/dev/pts", "devpts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
        ("/dev/shm", "tmpfs", "shm", ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
        ("/dev/mqueue", "mqueue", "mqueue", ["nosuid", "noexec", "nodev"]),
        ("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", "ro"]),
        ("/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "relatime", "ro"]),
    ];

    /// <summary>What `spec` writes; <paramref name="rootless"/>: for this user without privilege.</summary>
    public static string Spec(bool rootless) => Write(json =>
    {
        json.WriteString("ociVersion", Version);
        json.WriteStartObject("process");
        json.WriteBoolean("terminal", true);
        json.WriteStartObject("user");
        json.WriteNumber("uid", 0);
        json.WriteNumber("gid", 0);
        json.WriteEndObject();
        Texts(json, "args", ["sh"]);
        Texts(json, "env", ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"]);
        json.WriteString("cwd", "/");
        json.WriteStartObject("capabilities");
        foreach (var set in (ReadOnlySpan<string>)["bounding", "effective", "permitted"])
            Texts(json, set, Capabilities);
        json.WriteEndObject();
        json.WriteStartArray("rlimits");
        json.WriteStartObject();
        json.WriteString("type", "RLIMIT_NOFILE");
        json.WriteNumber("hard", 1024);
        json.WriteNumber("soft", 1024);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteBoolean("noNewPrivileges", true);
        json.WriteEndObject();
        json.WriteStartObject("root");
        json.WriteString("path", "rootfs");
        json.WriteBoolean("readonly", true);
        json.WriteEndObject();
        json.WriteString("hostname", "bolt");
        json.WriteStartArray("mounts");
        foreach (var mount in Mounts)
            Mount(json, mount, rootless);
        json.WriteEndArray();
        Linux(json, rootless);
    });

    /// <summary>What `features` prints.</summary>
    public static string Features() => Write(json =>
    {
        json.WriteString("ociVersionMin", "1.0.0");
        json.WriteString("ociVersionMax", Version);
        Texts(json, "hooks", ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]);
        Texts(json, "mountOptions", MountOptions.Names);
        json.WriteStartObject("linux");
        Texts(json, "namespaces", ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"]);
        Texts(json, "capabilities", Bolt.Capsules.CapabilitySet.All.Select(name => "CAP_" + name));
        json.WriteStartObject("cgroup");
        foreach (var (name, known) in (ReadOnlySpan<(string, bool)>)[("v1", true), ("v2", true), ("systemd", true), ("systemdUser", true), ("rdma", true)])
            json.WriteBoolean(name, known);
        json.WriteEndObject();
        json.WriteStartObject("seccomp");
        json.WriteBoolean("enabled", true);
        Texts(json, "actions", ["SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE", "SCMP_ACT_TRAP"]);
        Texts(json, "operators", ["SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE", "SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE"]);
        Texts(json, "archs", ["SCMP_ARCH_X32", "SCMP_ARCH_X86", "SCMP_ARCH_X86_64"]);
        Texts(json, "knownFlags", ["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]);
        Texts(json, "supportedFlags", ["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]);
        json.WriteEndObject();
        Flag(json, "apparmor", true);
        Flag(json, "selinux", true);
        Flag(json, "intelRdt", false);
        json.WriteStartObject("mountExtensions");
        Flag(json, "idmap", true);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("annotations");
        json.WriteEndObject();
    });

    private static void Mount(Utf8JsonWriter json, (string Target, string Type, string Source, string[] Options) mount, bool rootless)
    {
        // An ordinary user's map has no id 5, and a sysfs is its network namespace's; the host's is bound where that is shared.
        json.WriteStartObject();
        json.WriteString("destination", mount.Target);
        json.WriteString("type", mount.Type);
        json.WriteString("source", mount.Source);
        Texts(json, "options", rootless ? mount.Options.Where(o => o != "gid=5") : mount.Options);
        json.WriteEndObject();
    }

    private static void Linux(Utf8JsonWriter json, bool rootless)
    {
        json.WriteStartObject("linux");
        if (rootless)
        {
            foreach (var (name, id) in (ReadOnlySpan<(string, uint)>)[("uidMappings", Sys.EffectiveUid()), ("gidMappings", Sys.EffectiveGid())])
            {
                json.WriteStartArray(name);
                json.WriteStartObject();
                json.WriteNumber("containerID", 0);
                json.WriteNumber("hostID", id);
                json.WriteNumber("size", 1);
                json.WriteEndObject();
                json.WriteEndArray();
            }
        }
        else
        {
            json.WriteStartObject("resources");
            json.WriteStartArray("devices");
            json.WriteStartObject();
            json.WriteBoolean("allow", false);
            json.WriteString("access", "rwm");
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteStartArray("namespaces");
        foreach (var type in (string[])["pid", "network", "ipc", "uts", "mount", "cgroup", .. rootless ? (string[])["user"] : []])
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        Texts(json, "maskedPaths", Masked);
        Texts(json, "readonlyPaths", ReadOnly);
        json.WriteEndObject();
    }

    private static string Write(Action<Utf8JsonWriter> body)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            body(json);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void Flag(Utf8JsonWriter json, string name, bool enabled)
    {
        json.WriteStartObject(name);
        json.WriteBoolean("enabled", enabled);
        json.WriteEndObject();
    }

    private static void Texts(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
