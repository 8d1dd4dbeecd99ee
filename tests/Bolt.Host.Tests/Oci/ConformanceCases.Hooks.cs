using System.Text.Json.Nodes;

namespace Bolt.Host.Tests.Oci;

internal static partial class ConformanceCases
{
    private static (string Name, string Status)[] HookKinds =>
    [
        ("prestart", "creating"), ("createRuntime", "creating"), ("createContainer", "creating"), ("startContainer", "created"),
        ("poststart", "running"), ("poststop", "stopped"),
    ];

    // config.md#posix-platform-hooks, runtime.md#lifecycle. A hook writes into the root: that is the same file for those inside.
    // What waits for a hook does not wait for ever: peers run too.
    private static IEnumerable<ConformanceCase> Hooks() =>
    [
        new("hooks: in their order", "i=0; while ! grep -q poststart /order && test $i -lt 3000; do i=$((i+1)); done; cat /order", "prestart\ncreateRuntime\ncreateContainer\nstartContainer\npoststart\npoststop")
        {
            Change = (c, bundle) =>
            {
                foreach (var (name, _) in HookKinds)
                    Hook(c, name, $"echo {name} >> {Root(name, bundle)}/order");
            },
            // The last one came after the output.
            After = bundle => File.ReadLines(Path.Combine(bundle, "rootfs/order")).Last(),
        },
        .. HookKinds.Select(kind => new ConformanceCase($"hooks.{kind.Name}: the state on standard input", "i=0; while test -e /wait && test $i -lt 3000000; do i=$((i+1)); done", $"{kind.Status} id bundle kept")
        {
            Change = (c, bundle) =>
            {
                c["annotations"] = Json("""{"test.kept":"kept"}""");
                if (kind.Name == "poststart")
                    File.WriteAllText(Path.Combine(bundle, "rootfs/wait"), "");
                Hook(c, kind.Name, $"cat > {Root(kind.Name, bundle)}/state; rm -f {Root(kind.Name, bundle)}/wait");
            },
            After = bundle => State(Path.Combine(bundle, "rootfs/state"), bundle, kind.Name != "poststop"),
        }),
        .. HookKinds.Take(4).Select(kind => new ConformanceCase($"hooks.{kind.Name}: its failure is the container's, and nothing is executed", "touch /executed", "no")
        {
            Refused = true,
            Change = (c, bundle) => Hook(c, kind.Name, "exit 3"),
            After = bundle => File.Exists(Path.Combine(bundle, "rootfs/executed")) ? "executed" : "no",
        }),
        new("hooks.poststart: its failure stops the container", "sleep 3", "") { Refused = true, Change = (c, _) => Hook(c, "poststart", "exit 3") },
        new("hooks.poststop: its failure is no failure", "echo fine", "fine") { Change = (c, _) => Hook(c, "poststop", "exit 3") },
        new("hooks.poststop: those behind one that failed are run", "true", "second")
        {
            Change = (c, bundle) =>
            {
                Hook(c, "poststop", "exit 3");
                Hook(c, "poststop", $"echo second > {bundle}/rootfs/second");
            },
            After = bundle => File.ReadAllText(Path.Combine(bundle, "rootfs/second")),
        },
        new("hooks: a timeout ends one", "echo no", "") { Refused = true, Change = (c, _) => Hook(c, "createRuntime", "sleep 6", timeout: 1) },
        new("hooks: args and env are its own", "true", "zero b")
        {
            Change = (c, bundle) =>
            {
                Hook(c, "createRuntime", $"echo \"$0 $A $HOME\" > {bundle}/rootfs/said");
                var hook = c["hooks"]!["createRuntime"]![0]!;
                hook["args"]!.AsArray().Add("zero");
                hook["env"] = Texts("A=b");
            },
            After = bundle => File.ReadAllText(Path.Combine(bundle, "rootfs/said")),
        },
        new("hooks.createContainer: in the container's namespaces, before its root is entered", "true", "other namespaces")
        {
            // The host's files are in sight.
            Change = (c, bundle) => Hook(c, "createContainer",
                $"for n in uts ipc mnt; do readlink /proc/self/ns/$n; done | grep -q -F -e '{Own("uts")}' -e '{Own("ipc")}' -e '{Own("mnt")}' || echo other namespaces > {bundle}/rootfs/said"),
            After = bundle => File.ReadAllText(Path.Combine(bundle, "rootfs/said")),
        },
        new("hooks.startContainer: in the container", "cat /said", "/full") { Change = (c, _) => Hook(c, "startContainer", "echo /full > /said; test ! -e /usr") },
    ];

    private static string Root(string hook, string bundle) => hook == "startContainer" ? "" : bundle + "/rootfs";

    private static void Hook(JsonObject config, string kind, string script, int? timeout = null)
    {
        var hooks = config["hooks"] as JsonObject;
        if (hooks is null)
            config["hooks"] = hooks = [];
        if (hooks[kind] is not JsonArray list)
            hooks[kind] = list = [];
        var hook = new JsonObject { ["path"] = "/bin/sh", ["args"] = Texts("sh", "-c", script), ["env"] = Texts("PATH=/usr/bin:/bin") };
        if (timeout is { } seconds)
            hook["timeout"] = seconds;
        list.Add(hook);
    }

    private static string State(string file, string bundle, bool runs)
    {
        var state = JsonNode.Parse(File.ReadAllText(file))!;
        var id = ((string?)state["id"])?.StartsWith("bolt-test-", StringComparison.Ordinal) == true && (!runs || (int?)state["pid"] > 0) && state["ociVersion"] is not null;
        return $"{(string?)state["status"]} {(id ? "id" : state["id"])} {((string?)state["bundle"] == bundle ? "bundle" : state["bundle"])} {(string?)state["annotations"]?["test.kept"]}";
    }
}
