using System.Text.Json.Nodes;

namespace Bolt.Host.Tests.Oci;

internal static partial class ConformanceCases
{
    private static string Own(string space) => Path.GetFileName(File.ResolveLinkTarget($"/proc/self/ns/{space}", false)!.FullName);

    // config-linux.md
    private static IEnumerable<ConformanceCase> Linux() =>
    [
        .. ((string, string)[])[("pid", "pid"), ("network", "net"), ("ipc", "ipc"), ("uts", "uts"), ("mount", "mnt"), ("cgroup", "cgroup")]
            is var spaces ? spaces.Select(s => new ConformanceCase($"linux.namespaces: a new {s.Item1}", $"test \"$(readlink /proc/self/ns/{s.Item2})\" != '{Own(s.Item2)}' && echo new", "new")) : [],
        new("linux.namespaces: what is not written is the runtime's", $"test \"$(readlink /proc/self/ns/time)\" = '{Own("time")}' && echo same", "same"),
        new("linux.namespaces: by path", $"readlink /proc/self/ns/uts", Own("uts"))
        {
            ForRoot = true,
            Change = (c, _) =>
            {
                c.Remove("hostname");
                foreach (var space in c["linux"]!["namespaces"]!.AsArray().Where(n => (string?)n!["type"] == "uts"))
                    space!["path"] = $"/proc/{Environment.ProcessId}/ns/uts";
            },
        },
        new("linux.namespaces: pid 1", "echo $$", "1"),
        new("linux.namespaces: a new network has a loopback that is up", "cat /sys/class/net/lo/flags", "0x9"),
        new("linux.uidMappings", "cat /proc/self/uid_map | tr -s ' '; id -u", " 0 100000 1000\n0")
        {
            ForRoot = true,
            Change = (c, bundle) =>
            {
                c["linux"]!["namespaces"]!.AsArray().Add(Json("""{"type":"user"}"""));
                c["linux"]!["uidMappings"] = JsonNode.Parse("""[{"containerID":0,"hostID":100000,"size":1000}]""");
                c["linux"]!["gidMappings"] = JsonNode.Parse("""[{"containerID":0,"hostID":100000,"size":1000}]""");
            },
        },
        new("linux.devices: the default ones work", "for d in null zero full random urandom tty; do test -c /dev/$d && echo $d; done; echo x > /dev/null; head -c 2 /dev/zero | wc -c", "null\nzero\nfull\nrandom\nurandom\ntty\n2"),
        new("linux.devices: /dev/ptmx and the links", "for l in fd stdin stdout stderr ptmx; do readlink /dev/$l; done", "/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2\npts/ptmx"),
        new("linux.devices: one more, with mode and owner", "stat -c '%F %a %u %g %t %T' /dev/own", "character special file 640 0 5 1 3")
        {
            ForRoot = true,
            Change = Set("linux", "devices", """[{"path":"/dev/own","type":"c","major":1,"minor":3,"fileMode":416,"uid":0,"gid":5}]"""),
        },
        new("linux.devices: a pipe", "stat -c '%F' /dev/pipe", "fifo") { Change = Set("linux", "devices", """[{"path":"/dev/pipe","type":"p","fileMode":438}]""") },
        new("linux.sysctl", "cat /proc/sys/net/ipv4/ip_forward", "1") { Change = Set("linux", "sysctl", """{"net.ipv4.ip_forward":"1"}""") },
        new("linux.maskedPaths: a file is empty", "cat /proc/version | wc -c", "0") { Change = Set("linux", "maskedPaths", """["/proc/version"]""") },
        new("linux.maskedPaths: a folder is empty and read-only", "ls /proc/bus | wc -l; touch /proc/bus/x 2>&1 | grep -c Read-only", "0\n1") { Change = Set("linux", "maskedPaths", """["/proc/bus"]""") },
        new("linux.maskedPaths: what is not there is no error", "echo fine", "fine") { Change = Set("linux", "maskedPaths", """["/proc/nosuch","/nosuch/x"]""") },
        new("linux.readonlyPaths", "touch /full/x 2>&1 | grep -c Read-only; touch /tmp/x && echo other", "1\nother") { Change = Set("linux", "readonlyPaths", """["/full"]""") },
        new("linux.rootfsPropagation: private", "grep ' / / ' /proc/self/mountinfo | grep -c -E 'shared|master'; echo done", "0\ndone")
        {
            Change = (c, _) =>
            {
                Of(c, "linux")["rootfsPropagation"] = "private";
                Of(c, "process")["args"] = Texts("sh", "-c", "cut -d' ' -f5- /proc/self/mountinfo | grep '^/ ' | grep -c -E 'shared|master'; echo done");
            },
        },
        new("linux.rootfsPropagation: shared", "cut -d' ' -f5- /proc/self/mountinfo | grep '^/ ' | grep -c shared", "1") { Change = Set("linux", "rootfsPropagation", "\"shared\"") },
        new("linux.personality: LINUX32", "uname -m", "i686") { Change = Set("linux", "personality", """{"domain":"LINUX32"}""") },
        new("linux.cgroupsPath and resources.memory.limit", "cat /sys/fs/cgroup/memory/memory.limit_in_bytes", "67108864") { ForRoot = true, Change = Resources("""{"memory":{"limit":67108864}}""") },
        new("linux.resources.pids.limit", "cat /sys/fs/cgroup/pids/pids.max", "20") { ForRoot = true, Change = Resources("""{"pids":{"limit":20}}""") },
        new("linux.resources.cpu: quota, period, shares", "cd /sys/fs/cgroup/cpu; cat cpu.cfs_quota_us cpu.cfs_period_us cpu.shares", "20000\n50000\n512") { ForRoot = true, Change = Resources("""{"cpu":{"quota":20000,"period":50000,"shares":512}}""") },
        new("linux.resources.cpu: cpus and mems", "cd /sys/fs/cgroup/cpuset; cat cpuset.cpus cpuset.mems", "0\n0") { ForRoot = true, Change = Resources("""{"cpu":{"cpus":"0","mems":"0"}}""") },
        new("linux.resources.memory: reservation", "cat /sys/fs/cgroup/memory/memory.soft_limit_in_bytes", "33554432") { ForRoot = true, Change = Resources("""{"memory":{"reservation":33554432}}""") },
        new("linux.resources.devices: denied, but for the default ones", "mknod /tmp/kmsg c 1 11 2>/dev/null; cat /tmp/kmsg 2>&1 | grep -c -E 'not permitted|denied|No such'; echo x > /dev/null && echo null", "1\nnull")
        {
            ForRoot = true,
            Change = Resources("""{"devices":[{"allow":false,"access":"rwm"}]}"""),
        },
        new("linux.timeOffsets", "cut -d. -f1 /proc/uptime | test $(cat) -gt 1000000 && echo later", "later")
        {
            Change = (c, _) =>
            {
                c["linux"]!["namespaces"]!.AsArray().Add(Json("""{"type":"time"}"""));
                c["linux"]!["timeOffsets"] = Json("""{"boottime":{"secs":1000000,"nanosecs":0},"monotonic":{"secs":1000000,"nanosecs":0}}""");
                Of(c, "process")["args"] = Texts("sh", "-c", "test $(cut -d. -f1 /proc/uptime) -gt 1000000 && echo later");
            },
        },
        new("domainname", "cat /proc/sys/kernel/domainname", "example.test") { Change = (c, _) => c["domainname"] = "example.test" },
        new("process.scheduler: nice", "cut -d' ' -f19 /proc/self/stat", "5") { Change = Set("process", "scheduler", """{"policy":"SCHED_OTHER","nice":5}""") },
        new("process.scheduler: batch", "cut -d' ' -f41 /proc/self/stat", "3") { Change = Set("process", "scheduler", """{"policy":"SCHED_BATCH","nice":0}""") },
        new("process.ioPriority", "ionice -p $$", "best-effort: prio 6") { Change = Set("process", "ioPriority", """{"class":"IOPRIO_CLASS_BE","priority":6}""") },
    ];

    private static Action<JsonObject, string> Resources(string json) => (config, _) =>
    {
        Of(config, "linux")["resources"] = JsonNode.Parse(json);
        Mount(config, """{"destination":"/sys/fs/cgroup","type":"cgroup","source":"cgroup","options":["nosuid","noexec","nodev","ro"]}""");
    };

    // config-linux.md#seccomp
    private static IEnumerable<ConformanceCase> Seccomp() =>
    [
        new("linux.seccomp: a filter is there", "grep Seccomp: /proc/self/status | tr '\\t' ' '", "Seccomp: 2") { Change = Filter("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["chroot"],"action":"SCMP_ACT_ERRNO"}]}""") },
        new("linux.seccomp: EPERM unless another errno is written", "hostname x 2>&1 | grep -c 'not permitted'", "1")
        {
            Change = Filter("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO"}]}""", "mkdir /tmp/d 2>&1 | grep -c 'not permitted'"),
        },
        new("linux.seccomp: errnoRet", "mkdir", "1") { Change = Filter("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":28}]}""", "mkdir /tmp/d 2>&1 | grep -c 'No space'") },
        new("linux.seccomp: kill", "mkdir", "159") { Change = Filter("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_KILL_PROCESS"}]}""", "mkdir /tmp/d; echo $?") },
        new("linux.seccomp: an argument decides", "umask", "fine\n1")
        {
            // chmod(2) with mode 0700 alone; fchmodat(2) likewise.
            Change = Filter("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["chmod"],"action":"SCMP_ACT_ERRNO","args":[{"index":1,"value":448,"op":"SCMP_CMP_EQ"}]}]}""",
                "touch /tmp/f; chmod 755 /tmp/f && echo fine; chmod 700 /tmp/f 2>&1 | grep -c 'not permitted'"),
        },
        new("linux.seccomp: a masked argument decides", "umask", "fine\n1")
        {
            Change = Filter("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["chmod"],"action":"SCMP_ACT_ERRNO","args":[{"index":1,"value":2048,"valueTwo":2048,"op":"SCMP_CMP_MASKED_EQ"}]}]}""",
                "touch /tmp/f; chmod 755 /tmp/f && echo fine; chmod 4755 /tmp/f 2>&1 | grep -c 'not permitted'"),
        },
        new("linux.seccomp: with privilege, for want of no_new_privs", "x", "1")
        {
            Change = (c, bundle) =>
            {
                Filter("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO"}]}""", "mkdir /tmp/d 2>&1 | grep -c 'not permitted'")(c, bundle);
                Of(c, "process")["noNewPrivileges"] = false;
            },
        },
        new("linux.seccomp.flags", "grep Seccomp: /proc/self/status | tr '\\t' ' '", "Seccomp: 2") { Change = Filter("""{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_LOG"],"syscalls":[{"names":["chroot"],"action":"SCMP_ACT_ERRNO"}]}""") },
    ];

    private static Action<JsonObject, string> Filter(string json, string? script = null) => (config, _) =>
    {
        Of(config, "linux")["seccomp"] = JsonNode.Parse(json);
        if (script is not null)
            Of(config, "process")["args"] = Texts("sh", "-c", script);
    };

    // What the specification says must be an error.
    private static IEnumerable<ConformanceCase> Refusals() =>
    [
        new("refused: a program that is not there", "", "") { Refused = true, Change = (c, _) => Of(c, "process")["args"] = Texts("/nosuch") },
        new("refused: process.cwd that is relative", "", "") { Refused = true, Change = Set("process", "cwd", "\"tmp\"") },
        new("refused: the same rlimit twice", "", "") { Refused = true, Change = Set("process", "rlimits", """[{"type":"RLIMIT_CORE","soft":0,"hard":0},{"type":"RLIMIT_CORE","soft":0,"hard":0}]""") },
        new("refused: the same namespace twice", "", "") { Refused = true, Change = (c, _) => c["linux"]!["namespaces"]!.AsArray().Add(Json("""{"type":"uts"}""")) },
        new("refused: a sysctl of the host", "", "") { Refused = true, Change = Set("linux", "sysctl", """{"kernel.panic":"1"}""") },
        new("refused: root.path that is not there", "", "") { Refused = true, Change = Set("root", "path", "\"nosuch\"") },
        new("refused: an unknown seccomp action", "", "") { Refused = true, Change = Filter("""{"defaultAction":"SCMP_ACT_NONE"}""") },
        new("refused: a version that is not 1.x", "", "") { Refused = true, Change = (c, _) => c["ociVersion"] = "2.0.0" },
        new("refused: a mount over /proc/self", "", "")
        {
            Refused = true,
            Change = (c, bundle) => Mount(c, $$"""{"destination":"/proc/self","type":"bind","source":"{{bundle}}","options":["bind"]}"""),
        },
        new("refused: an unknown namespace", "", "") { Refused = true, Change = (c, _) => c["linux"]!["namespaces"]!.AsArray().Add(Json("""{"type":"space"}""")) },
    ];
}
