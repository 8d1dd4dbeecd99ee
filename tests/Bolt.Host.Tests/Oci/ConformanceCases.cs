using System.Text.Json.Nodes;

namespace Bolt.Host.Tests.Oci;

/// <summary>The cases, by the files of the specification.</summary>
internal static partial class ConformanceCases
{
    public static IReadOnlyDictionary<string, ConformanceCase> All { get; } =
        new[] { Process, Mounts, Linux, Seccomp, Root, Hooks, Launch, Refusals }.SelectMany(cases => cases()).ToDictionary(c => c.Name);

    private static JsonObject Of(JsonObject config, string path) => path.Split('.').Aggregate(config, (node, name) => node[name]!.AsObject());

    private static JsonArray Texts(params string[] texts) => [.. texts.Select(text => (JsonNode)text)];

    private static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();

    private static void Mount(JsonObject config, string mount) => config["mounts"]!.AsArray().Add(JsonNode.Parse(mount));

    private static Action<JsonObject, string> Set(string path, string name, string json) => (config, _) => Of(config, path)[name] = JsonNode.Parse(json);

    // config.md#process
    private static IEnumerable<ConformanceCase> Process() =>
    [
        new("process.args: the program gets its arguments", "echo \"$0 $1 $#\"", "zero one 1")
        {
            Change = (c, _) => Of(c, "process")["args"] = Texts("sh", "-c", "echo \"$0 $1 $#\"", "zero", "one"),
        },
        new("process.args: found by the container's PATH", "", "found") { Change = (c, _) => Of(c, "process")["args"] = Texts("echo", "found") },
        new("process: its exit code is the container's", "exit 42", "") { Code = 42 },
        new("process: a signal ends it", "kill -9 $$; sleep 0; (exit 137)", "") { Code = 137 },
        new("process.env: exactly what is written, and HOME", "env | grep -v -E '^(PWD|SHLVL|OLDPWD|container|_)=' | tr -d '\\r'", "A=b c\nEMPTY=\nHOME=/root\nPATH=/bin")
        {
            Change = (c, _) =>
            {
                Of(c, "process")["env"] = Texts("PATH=/bin", "A=b c", "EMPTY=");
                Of(c, "process")["args"] = Texts("sh", "-c", "env | grep -E '^(A|EMPTY|HOME|PATH)=' > /tmp/e; for n in A EMPTY HOME PATH; do grep \"^$n=\" /tmp/e; done");
            },
        },
        new("process.cwd: where it starts", "pwd", "/tmp") { Change = Set("process", "cwd", "\"/tmp\"") },
        new("process.cwd: is made when it lacks", "pwd", "/made/here") { Change = Set("process", "cwd", "\"/made/here\"") },
        new("process.user: uid and gid", "id -u; id -g", "101\n102") { Change = Set("process", "user", """{"uid":101,"gid":102}""") },
        new("process.user.additionalGids: exactly these", "id -G", "102 5 300") { Change = Set("process", "user", """{"uid":101,"gid":102,"additionalGids":[5,300]}""") },
        new("process.user.additionalGids: none unless written", "id -G", "102") { Change = Set("process", "user", """{"uid":101,"gid":102}""") },
        new("process.user.umask", "umask", "0027") { Change = Set("process", "user", """{"uid":0,"gid":0,"umask":23}""") },
        new("process.user: HOME is the user's", "echo $HOME", "/var/www") { Change = Set("process", "user", """{"uid":101,"gid":102}""") },
        new("process.noNewPrivileges: set", "grep NoNewPrivs /proc/self/status | tr '\\t' ' '", "NoNewPrivs: 1"),
        new("process.noNewPrivileges: not set", "grep NoNewPrivs /proc/self/status | tr '\\t' ' '", "NoNewPrivs: 0") { Change = Set("process", "noNewPrivileges", "false") },
        new("process.capabilities: the five sets", "grep ^Cap /proc/self/status | tr '\\t' ' '",
            "CapInh: 0000000000000000\nCapPrm: 0000000000000021\nCapEff: 0000000000000021\nCapBnd: 00000000000000e1\nCapAmb: 0000000000000000"),
        new("process.capabilities: ambient over another user", "grep -E 'CapEff|CapAmb' /proc/self/status | tr '\\t' ' '", "CapEff: 0000000000000020\nCapAmb: 0000000000000020")
        {
            Change = (c, _) =>
            {
                Of(c, "process")["user"] = Json("""{"uid":101,"gid":102}""");
                Of(c, "process")["capabilities"] = Json("""{"bounding":["CAP_KILL"],"effective":["CAP_KILL"],"permitted":["CAP_KILL"],"inheritable":["CAP_KILL"],"ambient":["CAP_KILL"]}""");
            },
        },
        new("process.capabilities: none at all", "grep -E 'CapPrm|CapEff|CapBnd' /proc/self/status | tr '\\t' ' '", "CapPrm: 0000000000000000\nCapEff: 0000000000000000\nCapBnd: 0000000000000000")
        {
            Change = Set("process", "capabilities", "{}"),
        },
        new("process.rlimits: soft and hard", "ulimit -Sn; ulimit -Hn; ulimit -Sc", "100\n200\n0")
        {
            Change = Set("process", "rlimits", """[{"type":"RLIMIT_NOFILE","soft":100,"hard":200},{"type":"RLIMIT_CORE","soft":0,"hard":0}]"""),
        },
        new("process.oomScoreAdj", "cat /proc/self/oom_score_adj", "500") { Change = Set("process", "oomScoreAdj", "500") },
        new("process.oomScoreAdj: as the runtime's when it is not written", "test -n \"$(cat /proc/self/oom_score_adj)\" && echo there", "there"),
        new("process: no descriptor but the streams", "ls /proc/self/fd | grep -v -E '^[0-3]$' | wc -l", "0"),
        new("process: signals are at their defaults", "grep -E 'SigBlk|SigIgn' /proc/1/status | tr '\\t' ' '", "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000")
        {
            Change = (c, _) => Of(c, "process")["args"] = Texts("grep", "-E", "SigBlk|SigIgn", "/proc/self/status"),
        },
        new("hostname", "hostname", "inside"),
    ];

    // config.md#mounts
    private static IEnumerable<ConformanceCase> Mounts() =>
    [
        new("mounts: in the listed order", "ls /m; cat /m/f", "f\nsecond")
        {
            Change = (c, bundle) =>
            {
                Directory.CreateDirectory(Path.Combine(bundle, "two"));
                File.WriteAllText(Path.Combine(bundle, "two/f"), "second\n");
                Mount(c, """{"destination":"/m","type":"tmpfs","source":"tmpfs"}""");
                Mount(c, $$"""{"destination":"/m","type":"bind","source":"{{bundle}}/two","options":["rbind"]}""");
            },
        },
        new("mounts.destination: is made", "stat -c %F /a/b/c", "directory") { Change = (c, _) => Mount(c, """{"destination":"/a/b/c","type":"tmpfs","source":"tmpfs"}""") },
        new("mounts: a bind of a file", "cat /etc/one", "content")
        {
            Change = (c, bundle) =>
            {
                File.WriteAllText(Path.Combine(bundle, "one"), "content\n");
                Mount(c, $$"""{"destination":"/etc/one","type":"bind","source":"{{bundle}}/one","options":["bind","ro"]}""");
            },
        },
        new("mounts.source: relative to the bundle", "cat /etc/one", "content")
        {
            Change = (c, bundle) =>
            {
                File.WriteAllText(Path.Combine(bundle, "one"), "content\n");
                Mount(c, """{"destination":"/etc/one","type":"bind","source":"one","options":["bind"]}""");
            },
        },
        new("mounts.options: ro of a bind", "touch /b/x 2>&1 | grep -c Read-only", "1") { Change = (c, bundle) => Mount(c, $$"""{"destination":"/b","type":"bind","source":"{{bundle}}","options":["bind","ro"]}""") },
        new("mounts.options: noexec of a tmpfs", "cp /bin/busybox /b/sh; /b/sh true 2>&1 | grep -c denied", "1")
        {
            Change = (c, _) =>
            {
                Mount(c, """{"destination":"/b","type":"tmpfs","source":"tmpfs","options":["noexec"]}""");
                Of(c, "process")["args"] = Texts("sh", "-c", "cat /bin/busybox > /b/sh; chmod 755 /b/sh; /b/sh true 2>&1 | grep -c denied");
            },
        },
        new("mounts.options: flags arrive", "grep ' /b ' /proc/mounts | cut -d' ' -f4 | tr ',' '\\n' | grep -E '^(ro|nosuid|nodev|noexec)$' | wc -l", "4")
        {
            Change = (c, bundle) => Mount(c, $$"""{"destination":"/b","type":"bind","source":"{{bundle}}","options":["bind","ro","nosuid","nodev","noexec"]}"""),
        },
        new("mounts.options: what is left is the file system's", "stat -c %a /b; grep ' /b ' /proc/mounts | cut -d' ' -f4 | tr ',' '\\n' | grep size", "750\nsize=1024k")
        {
            Change = (c, _) => Mount(c, """{"destination":"/b","type":"tmpfs","source":"tmpfs","options":["mode=750","size=1m"]}"""),
        },
        new("mounts.options: rro reaches what is below", "touch /b/below/x 2>&1 | grep -c Read-only", "1")
        {
            ForRoot = true,
            Change = (c, bundle) =>
            {
                Directory.CreateDirectory(Path.Combine(bundle, "rootfs/b/below"));
                Mount(c, """{"destination":"/tmp","type":"tmpfs","source":"tmpfs"}""");
                Mount(c, """{"destination":"/b","type":"bind","source":"/dev","options":["rbind","rro"]}""");
                Of(c, "process")["args"] = Texts("sh", "-c", "touch /b/shm/x /b/x 2>&1 | grep -c -E 'Read-only'");
            },
            Script = "", Expected = "2",
        },
        new("mounts.options: tmpcopyup keeps what lay there", "cat /full/kept; grep -c ' /full tmpfs' /proc/mounts", "of the image1")
        {
            Change = (c, _) => Mount(c, """{"destination":"/full","type":"tmpfs","source":"tmpfs","options":["tmpcopyup"]}"""),
        },
        new("mounts.options: propagation", "grep ' /b ' /proc/self/mountinfo | cut -d' ' -f7 | cut -d: -f1", "shared") { Change = (c, _) => Mount(c, """{"destination":"/b","type":"tmpfs","source":"tmpfs","options":["rshared"]}""") },
        new("mounts.options: private unless shared is written", "grep ' /b ' /proc/self/mountinfo | grep -c shared", "0") { Code = 1, Change = (c, _) => Mount(c, """{"destination":"/b","type":"tmpfs","source":"tmpfs"}""") },
        new("mounts: a link of the image does not lead out", "cat /proc/mounts | grep -c ' /etc/inner '", "1")
        {
            Change = (c, bundle) =>
            {
                File.CreateSymbolicLink(Path.Combine(bundle, "rootfs/out"), "../../../etc/inner");
                Mount(c, """{"destination":"/out","type":"tmpfs","source":"tmpfs"}""");
            },
        },
    ];

    // config.md#root
    private static IEnumerable<ConformanceCase> Root() =>
    [
        new("root.readonly: nothing is written", "touch /x 2>&1 | grep -c Read-only", "1") { Change = Set("root", "readonly", "true") },
        new("root.readonly: mounts in it still are", "touch /dev/shm/x && echo written", "written") { Change = Set("root", "readonly", "true") },
        new("root.path: nothing of the host is in sight", "ls /; test -e /proc/1/root/usr || echo none", "bin\ndev\netc\nfull\nproc\nsys\ntmp\nnone")
        {
            Change = (c, _) => Of(c, "process")["args"] = Texts("sh", "-c", "for f in bin dev etc full proc sys tmp; do ls -d /$f | tr -d /; done; test -e /proc/1/root/usr || echo none"),
        },
        new("root.path: absolute", "cat /full/kept", "of the image") { Change = (c, bundle) => Of(c, "root")["path"] = Path.Combine(bundle, "rootfs") },
    ];
}
