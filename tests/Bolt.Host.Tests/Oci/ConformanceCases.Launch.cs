using System.Text.Json.Nodes;

namespace Bolt.Host.Tests.Oci;

internal static partial class ConformanceCases
{
    // What the command line and rarer parts of config.json ask for.
    private static IEnumerable<ConformanceCase> Launch() =>
    [
        new("--preserve-fds: the next descriptors are the program's, and no more", "cat <&3; test -e /proc/self/fd/4 || echo one", "content\none")
        {
            Options = ["--preserve-fds", "1"],
            Shell = "exec 3<\"$BUNDLE/one\" 4<\"$BUNDLE/one\"",
            Change = (_, bundle) => File.WriteAllText(Path.Combine(bundle, "one"), "content\n"),
        },
        new("LISTEN_FDS: a socket of systemd's is handed on", "echo $LISTEN_FDS $LISTEN_PID; cat <&3", "1 1\ncontent")
        {
            Shell = "exec 3<\"$BUNDLE/one\"; export LISTEN_FDS=1 LISTEN_PID=$$",
            Change = (_, bundle) => File.WriteAllText(Path.Combine(bundle, "one"), "content\n"),
        },
        // sd_listen_fds(3): none are meant for this process unless LISTEN_PID is its number.
        new("LISTEN_FDS: those of another process are not handed on", "test -e /proc/self/fd/3 || echo none; echo ${LISTEN_FDS:-none}", "none\nnone")
        {
            Shell = "exec 3<\"$BUNDLE/one\"; export LISTEN_FDS=1 LISTEN_PID=1",
            Change = (_, bundle) => File.WriteAllText(Path.Combine(bundle, "one"), "content\n"),
        },
        new("LISTEN_FDS: those to be preserved come behind it", "cat <&3; cat <&4", "content\nother")
        {
            Options = ["--preserve-fds", "1"],
            Shell = "exec 3<\"$BUNDLE/one\" 4<\"$BUNDLE/two\"; export LISTEN_FDS=1 LISTEN_PID=$$",
            Change = (_, bundle) =>
            {
                File.WriteAllText(Path.Combine(bundle, "one"), "content\n");
                File.WriteAllText(Path.Combine(bundle, "two"), "other\n");
            },
        },
        new("--no-pivot: the root is the container's all the same", "test -e /full/kept && test ! -e /usr && echo own; cd /proc/1/root && test ! -e usr && echo own", "own\nown") { Options = ["--no-pivot"] },
        new("mounts.uidMappings: a bind shows other owners", "stat -c '%u %g' /b/f; touch /b/new", "1000 2000\n5 6")
        {
            ForRoot = true,
            Change = (c, bundle) =>
            {
                Directory.CreateDirectory(Path.Combine(bundle, "b"));
                File.WriteAllText(Path.Combine(bundle, "b/f"), "");
                Of(c, "process")["args"] = Texts("sh", "-c", "stat -c '%u %g' /b/f; stat -c '%u %g' /b/g");
                using var made = System.Diagnostics.Process.Start("sh", ["-c", $"touch {bundle}/b/g && chown 5:6 {bundle}/b/g"]);
                made.WaitForExit();
                Mount(c, $$"""
                    {"destination":"/b","type":"bind","source":"{{bundle}}/b","options":["bind"],
                     "uidMappings":[{"containerID":0,"hostID":1000,"size":1},{"containerID":5,"hostID":5,"size":1}],
                     "gidMappings":[{"containerID":0,"hostID":2000,"size":1},{"containerID":6,"hostID":6,"size":1}]}
                    """);
            },
        },
        new("mounts.options: rnoexec and rnosuid reach what is below", "grep ' /b/shm ' /proc/mounts | cut -d' ' -f4 | tr ',' '\\n' | grep -E '^(noexec|nosuid)$' | sort -u | wc -l", "2")
        {
            Change = (c, _) =>
            {
                Mount(c, """{"destination":"/b","type":"bind","source":"/dev","options":["rbind","rnoexec","rnosuid"]}""");
                Of(c, "process")["args"] = Texts("sh", "-c", "grep ' /b/shm ' /proc/mounts | cut -d' ' -f4 | tr ',' '\\n' | sort -u | grep -c -E '^(noexec|nosuid)$'");
            },
        },
        new("mounts.options: without r what is below stays", "touch /b/shm/bolt-$$ && rm /b/shm/bolt-$$ && echo written", "written")
        {
            ForRoot = true,
            Change = (c, _) => Mount(c, """{"destination":"/b","type":"bind","source":"/dev","options":["rbind","ro"]}"""),
        },
        new("process.apparmorProfile: refused where there is none", "", "") { Refused = true, Change = Set("process", "apparmorProfile", "\"bolt-no-such-profile\"") },
        new("process.selinuxLabel: refused where there is no SELinux", "", "") { Refused = true, Change = Set("process", "selinuxLabel", "\"system_u:system_r:container_t:s0:c1,c2\"") },
        new("linux.intelRdt: refused where there is no resctrl", "", "") { Refused = true, Change = Set("linux", "intelRdt", """{"closID":"bolt","l3CacheSchema":"L3:0=7f0"}""") },
        new("linux.rootfsPropagation: unbindable", "cut -d' ' -f5- /proc/self/mountinfo | grep '^/ ' | grep -c unbindable", "1") { Change = Set("linux", "rootfsPropagation", "\"unbindable\"") },
        new("linux.rootfsPropagation: slave", "cut -d' ' -f5- /proc/self/mountinfo | grep '^/ ' | grep -c shared", "0") { Code = 1, Change = Set("linux", "rootfsPropagation", "\"slave\"") },
        new("linux.personality: LINUX", "uname -m", "x86_64") { Change = Set("linux", "personality", """{"domain":"LINUX"}""") },
        new("process.scheduler: idle", "cut -d' ' -f41 /proc/self/stat", "5") { Change = Set("process", "scheduler", """{"policy":"SCHED_IDLE"}""") },
        new("process.ioPriority: idle", "ionice -p $$", "idle") { Change = Set("process", "ioPriority", """{"class":"IOPRIO_CLASS_IDLE","priority":0}""") },
        new("refused: a priority that is none", "", "") { Refused = true, Change = Set("process", "ioPriority", """{"class":"IOPRIO_CLASS_BE","priority":9}""") },
        new("refused: a scheduler that is none", "", "") { Refused = true, Change = Set("process", "scheduler", """{"policy":"SCHED_SLOW"}""") },
        new("refused: timeOffsets without a time namespace", "", "") { Refused = true, Change = Set("linux", "timeOffsets", """{"monotonic":{"secs":5,"nanosecs":0}}""") },
    ];
}
