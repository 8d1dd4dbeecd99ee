using Bolt.Diagnostics;
using Bolt.Kernel;

namespace Bolt.Capsules;

/// <summary>The sentences of this room.</summary>
internal static partial class CapsuleErrors
{
    public static Diagnostic UnknownCapability(string capsule, string name) => new("BOLT5001", Severity.Error,
        $"capsule `{capsule}` asks for the capability `{name}`, which does not exist",
        Fix: "write a name from capabilities(7), such as `CAP_NET_RAW`");

    public static Diagnostic BadTarget(string capsule, string target) => new("BOLT5002", Severity.Error,
        $"capsule `{capsule}` cannot mount over `{target}`",
        Fix: "write an absolute path without `..`, other than `/` and not below `/proc` or `/sys`");

    public static Diagnostic HostSysctl(string capsule, string key) => new("BOLT5003", Severity.Error,
        $"capsule `{capsule}` cannot set the sysctl `{key}`: it belongs to the whole host",
        Fix: $"set it on the host: sysctl -w {key}=VALUE");

    public static Diagnostic NoDevice(string capsule, string path, bool bestEffort) => new("BOLT5004",
        bestEffort ? Severity.Warning : Severity.Error, $"the io limit of capsule `{capsule}` names `{path}`, which is no block device here",
        Fix: "name a whole disk of `lsblk --paths`");

    /// <summary>A step of a limit of best effort failed.</summary>
    public static Diagnostic LimitSkipped(string capsule, string path, Errno errno) => new("BOLT9509", Severity.Warning,
        $"a limit of capsule `{capsule}` is not applied: write `{path}`: {errno.Text()}",
        Fix: "without `best_effort` this is an error");

    public static Diagnostic NoController(string capsule, string controller, bool root, bool bestEffort) => new("BOLT9501",
        bestEffort ? Severity.Warning : Severity.Error,
        $"the {controller} limit of capsule `{capsule}` cannot be applied: no {controller} cgroup can be made here",
        Fix: root ? $"mount a cgroup hierarchy with the {controller} controller"
            : "delegate cgroups to your user: systemd-run --user --scope -p Delegate=yes bolt up");

    public static Diagnostic NoScope(string capsule, string why) => new("BOLT9508", Severity.Error,
        $"systemd gave capsule `{capsule}` no scope for its limits: {why}",
        Fix: "look at `systemctl status` (with --user, as an ordinary user), or write `best_effort = true`");

    /// <summary>A step of the shim failed. The step and its argument are the order sheet's.</summary>
    public static Diagnostic StepFailed(string capsule, string step, string argument, Errno errno)
    {
        var text = errno.Text();
        return (step, errno) switch
        {
            ("Execute", Errno.ENOENT) => new("BOLT5010", Severity.Error, $"start capsule `{capsule}`: `{argument}` was not found in its root",
                Fix: "name a program of the image, by its path or in its PATH"),
            ("Execute", _) => new("BOLT5011", Severity.Error, $"start capsule `{capsule}`: execute `{argument}`: {text}"),
            ("User", Errno.ESRCH) => new("BOLT5012", Severity.Error, $"start capsule `{capsule}`: its root has no user or group `{argument}`",
                Fix: "name one of the image's /etc/passwd, or a number"),
            ("User" or "Identity", Errno.EINVAL) => new("BOLT5013", Severity.Error,
                $"start capsule `{capsule}`: the user's id is outside of the mapped range",
                Fix: "use an id below the count of your line in /etc/subuid and /etc/subgid"),
            ("WorkingFolder" or "Folder", _) => new("BOLT5014", Severity.Error, $"start capsule `{capsule}`: enter its working folder `{argument}`: {text}"),
            ("OpenTree" or "SetTree", Errno.ENOENT) => new("BOLT5015", Severity.Error, $"start capsule `{capsule}`: `{argument}`, which it mounts, does not exist",
                Fix: $"mkdir -p {argument}"),
            ("OpenTree" or "SetTree" or "Place", _) => new("BOLT5016", Severity.Error, $"start capsule `{capsule}`: mount `{argument}`: {text}"),
            ("OpenPath", _) => new("BOLT5017", Severity.Error, $"start capsule `{capsule}`: open its layer `{argument}`: {text}",
                Fix: "every folder on the way to the store must be searchable by all (chmod o+x)"),
            ("id-map", Errno.ENOENT) => new("BOLT9502", Severity.Error, $"start capsule `{capsule}`: `{argument}` is not installed",
                Fix: "sudo apt install uidmap"),
            ("id-map", _) => new("BOLT9503", Severity.Error, $"start capsule `{capsule}`: map its ids with {argument}: {text}",
                Fix: "check that /etc/subuid and /etc/subgid have a line for you, and that newuidmap is set-uid root"),
            ("fork", Errno.EPERM or Errno.ENOSPC or Errno.EUSERS) => new("BOLT9504", Severity.Error,
                $"start capsule `{capsule}`: this host does not let you make a user namespace: {text}",
                Fix: "sudo sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=65536 kernel.apparmor_restrict_unprivileged_userns=0"),
            ("Overlay", _) => new("BOLT9505", Severity.Error, $"start capsule `{capsule}`: mount its root: {text}",
                Fix: "overlayfs in a user namespace needs Linux 5.11 and an upper folder that is not itself on overlayfs or NFS"),
            ("join", _) => new("BOLT5018", Severity.Error, $"start capsule `{capsule}`: join its network's namespaces: {text}"),
            ("CreateVeth" or "Address" or "LoopbackUp", _) => new("BOLT5019", Severity.Error, $"start capsule `{capsule}`: connect it to its network: {text}"),
            ("Sysctl", _) => new("BOLT5020", Severity.Error, $"start capsule `{capsule}`: set the sysctl `{argument}`: {text}"),
            ("WriteFile" or "JoinCgroup" or "OpenGroup" or "EnterGroup" or "MakeFolder", _) => new("BOLT5021", Severity.Error, $"start capsule `{capsule}`: write `{argument}`: {text}"),
            _ => new("BOLT5022", Severity.Error, $"start capsule `{capsule}`: {Words(step)}{(argument.Length == 0 ? "" : $" `{argument}`")}: {text}"),
        };
    }

    // "ReadOnlyRoot" -> "read only root"
    private static string Words(string step) => string.Concat(step.Select((letter, i) =>
        char.IsUpper(letter) ? (i == 0 ? "" : " ") + char.ToLowerInvariant(letter) : letter.ToString()));
}
