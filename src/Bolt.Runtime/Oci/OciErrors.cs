using Bolt.Diagnostics;
using Bolt.Kernel;

namespace Bolt.Oci;

/// <summary>The sentences of this room. Those about programs keep the kernel's own words: engines read them.</summary>
internal static class OciErrors
{
    public static Diagnostic NoFile(string path, string why) => new("BOLT5301", Severity.Error, $"read `{path}`: {why}");

    public static Diagnostic BadJson(string path, string why) => new("BOLT5302", Severity.Error, $"`{path}` is not what the OCI runtime specification says: {why}");

    public static Diagnostic Invalid(string field, string problem) => new("BOLT5303", Severity.Error, $"config.json: `{field}` {problem}");

    public static Diagnostic BadId(string id) => new("BOLT5304", Severity.Error, $"`{id}` cannot be the id of a container",
        Fix: "use letters, digits and _ + - . only, at most 1024, and not only dots");

    public static Diagnostic Exists(string id) => new("BOLT5305", Severity.Error, $"container with id `{id}` exists already",
        Fix: $"bolt oci delete {id}");

    public static Diagnostic NotFound(string id) => new("BOLT5306", Severity.Error, $"container `{id}` does not exist");

    public static Diagnostic WrongStatus(string verb, string id, string status) => new("BOLT5307", Severity.Error,
        $"cannot {verb} container `{id}`: it is {status}");

    public static Diagnostic BadSignal(string signal) => new("BOLT5308", Severity.Error, $"there is no signal `{signal}`",
        Fix: "write a number or a name such as `TERM`");

    public static Diagnostic StepFailed(string id, string step, string argument, Errno errno) => (step, errno) switch
    {
        ("Locate", Errno.ENOENT) => new("BOLT5310", Severity.Error, $"container `{id}`: executable file `{argument}` not found in $PATH: no such file or directory"),
        ("Locate" or "ExecuteNow", _) => new("BOLT5311", Severity.Error, $"container `{id}`: exec `{argument}`: {errno.Text()}"),
        ("Hook", _) => new("BOLT5312", Severity.Error, $"container `{id}`: hook `{argument}` {HookEnd(errno)}"),
        ("CheckFolder", _) => new("BOLT5313", Severity.Error, $"container `{id}`: its working folder lies outside of its root (CVE-2024-21626)"),
        ("Attach" or "MountFrom", Errno.EPERM) => new("BOLT5314", Severity.Error, $"container `{id}`: mount `{argument}`: {errno.Text()}",
            Fix: "nothing may be mounted over files of /proc, also by way of a link of the image"),
        ("id-map", Errno.ENOENT) => new("BOLT9552", Severity.Error, $"container `{id}`: `{argument}` is not installed", Fix: "sudo apt install uidmap"),
        ("OpenTree", Errno.ENOENT) => new("BOLT5315", Severity.Error, $"container `{id}`: mount source `{argument}`: {errno.Text()}"),
        ("fork", Errno.EPERM or Errno.ENOSPC or Errno.EUSERS) => new("BOLT9553", Severity.Error,
            $"container `{id}`: this host does not let you make its namespaces: {errno.Text()}",
            Fix: "an ordinary user's container needs a user namespace in linux.namespaces; `bolt oci spec --rootless` writes such a config.json"),
        _ => new("BOLT5316", Severity.Error, $"container `{id}`: {Words(step)}{(argument.Length == 0 ? "" : $" `{argument}`")}: {errno.Text()}"),
    };

    public static Diagnostic HookFailed(string id, string kind, string path, string how) => new("BOLT5317", Severity.Error,
        $"container `{id}`: {kind} hook `{path}` {how}");

    public static Diagnostic ShimDied(string id) => new("BOLT5318", Severity.Error, $"container `{id}`: bolt-shim ended without an answer");

    public static Diagnostic NoShim(string path, string why) => new("BOLT5319", Severity.Error, $"bolt-shim cannot be started (`{path}`): {why}",
        Fix: "install Bolt again: bolt-shim belongs beside the program");

    public static Diagnostic Socket(string what, string path, Errno errno) => new("BOLT5320", Severity.Error, $"{what} `{path}`: {errno.Text()}");

    public static Diagnostic Write(string path, string why) => new("BOLT5321", Severity.Error, $"write `{path}`: {why}");

    public static Diagnostic NotPreserved(int fd) => new("BOLT5322", Severity.Error, $"descriptor {fd} is to be preserved and is not open",
        Fix: "open it, or give a smaller number to `--preserve-fds`");

    public static Diagnostic Paused(string id) => new("BOLT5323", Severity.Error, $"container `{id}` is paused",
        Fix: "resume it first, or give `--ignore-paused`");

    public static Diagnostic Closed(int pid, string why) => new("BOLT5325", Severity.Error, $"the namespaces of process {pid} cannot be joined: {why}",
        Fix: "start the container first");

    public static Diagnostic Terminal(string problem) => new("BOLT5324", Severity.Error, problem);

    public static Diagnostic Lacking(string what, string fix) => new("BOLT9554", Severity.Error, $"this host lacks {what}", Fix: fix);

    public static Diagnostic NoCgroup(string path, string why, bool root) => new("BOLT9555", Severity.Error, $"cgroup `{path}`: {why}",
        Fix: root ? "check that the hierarchy is mounted for writing" : "delegate cgroups to your user, or remove the limits from linux.resources");

    public static Diagnostic NoController(string controller, string limit) => new("BOLT9556", Severity.Error,
        $"the limit {limit} cannot be applied: there is no {controller} cgroup here", Fix: $"mount a cgroup hierarchy with the {controller} controller");

    public static Diagnostic NoDeviceGuard(string group, Errno errno) => new("BOLT9558", Severity.Error,
        $"the device rules of linux.resources.devices cannot be applied to `{group}`: bpf: {errno.Text()}",
        Fix: "boot a kernel with CONFIG_CGROUP_BPF, or give the container a user namespace and remove the rules");

    public static Diagnostic NoScope(string id, string why) => new("BOLT9559", Severity.Error, $"systemd gave container `{id}` no scope: {why}",
        Fix: "look at `systemctl status` (with --user, as an ordinary user), or leave out `--systemd-cgroup`; for podman: `--cgroup-manager cgroupfs`");

    public static Diagnostic NoFreezer(string id) => new("BOLT9557", Severity.Error, $"container `{id}` cannot be paused: it has no freezer cgroup",
        Fix: "run it as root, or below a cgroup that is delegated to your user");

    private static string HookEnd(Errno errno) => errno switch
    {
        Errno.ETIMEDOUT => "took longer than its timeout",
        Errno.ECHILD => "failed",
        _ => $"cannot be executed: {errno.Text()}",
    };

    // "RootTree" -> "root tree"
    private static string Words(string step) => string.Concat(step.Select((letter, i) =>
        char.IsUpper(letter) ? (i == 0 ? "" : " ") + char.ToLowerInvariant(letter) : letter.ToString()));
}
