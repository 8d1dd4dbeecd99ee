using Bolt.Diagnostics;

namespace Bolt;

/// <summary>What a host can lack, and the exact remedy.</summary>
internal static class HostErrors
{
    public static Diagnostic OldKernel(string found) => Lacks("BOLT9101",
        $"the kernel is {found}; Bolt needs 5.11 or newer (overlayfs in user namespaces)", "boot a newer kernel: `sudo apt-get install linux-image-amd64` and restart");

    public static Diagnostic NoUserNamespaces(string setting, string value) => Lacks("BOLT9102",
        $"ordinary users may not make user namespaces: `{setting}` is {(value == "0" ? "0" : value)}",
        $"`sudo sysctl -w {setting}={(setting.EndsWith("restrict_unprivileged_userns", StringComparison.Ordinal) ? "0" : setting.StartsWith("user.", StringComparison.Ordinal) ? "65536" : "1")}`, and the same line in /etc/sysctl.d/60-bolt.conf to keep it");

    public static Diagnostic NoSubordinateIds(string user) => Limits("BOLT9103",
        $"`{user}` has no subordinate ids, so services that need more than one user id (postgres, redis, nginx) cannot run",
        $"`sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {user}`");

    public static Diagnostic NoIdTools() => Limits("BOLT9104",
        "newuidmap and newgidmap are not installed, so subordinate ids cannot be used", "`sudo apt-get install uidmap`");

    public static Diagnostic NoTrial(Diagnostic cause) => Lacks("BOLT9105",
        "a capsule of its own could not be run", cause.Fix ?? "see the reason above; `bolt doctor --json` has it in full", cause);

    public static Diagnostic NoShim() => Lacks("BOLT9106",
        "bolt-shim is not beside the tool", "install the tool again: `dotnet tool install Bolt.Tool`, or set BOLT_SHIM to its path");

    public static Diagnostic NoPasta(bool root) => root
        ? Note("BOLT9107", "pasta is not installed; ordinary users need it for published ports and the way out", "`sudo apt-get install passt`")
        : Lacks("BOLT9107", "pasta is not installed, so services have no published ports and no way out", "`sudo apt-get install passt`");

    public static Diagnostic NoTun() => Lacks("BOLT9108",
        "/dev/net/tun cannot be opened by this user, so services have no published ports and no way out", "`sudo modprobe tun && sudo chmod 0666 /dev/net/tun`");

    public static Diagnostic NoNft() => Lacks("BOLT9109",
        "nft is not installed, so ports cannot be published", "`sudo apt-get install nftables`");

    public static Diagnostic NoSources() => Limits("BOLT9110",
        "no Debian package sources were found in /etc/apt, so recipes use the built-in default archive", "add a `deb` line to /etc/apt/sources.list");

    public static Diagnostic NoKeyring() => Lacks("BOLT9111",
        "no archive keyring was found, so no package can be verified", "`sudo apt-get install debian-archive-keyring`");

    public static Diagnostic NoSdk() => Limits("BOLT9112",
        "the .NET SDK was not found, so `build = \"./project\"` cannot be built", "install the .NET 10 SDK and have `dotnet` in PATH");

    public static Diagnostic LittleSpace(string folder, long free) => free < 256L << 20
        ? Lacks("BOLT9113", $"{free >> 20} MiB are free below `{folder}`; the demo needs about 600", $"free space there, or set BOLT_STATE to a folder on a larger disk")
        : Limits("BOLT9113", $"only {free >> 20} MiB are free below `{folder}`", $"free space there, or set BOLT_STATE to a folder on a larger disk");

    public static Diagnostic NoCgroups() => Limits("BOLT9114",
        "no cgroup file system is mounted, so memory and CPU limits cannot be applied", "mount cgroup2 on /sys/fs/cgroup, as systemd does");

    public static Diagnostic NoDelegation(string cgroups) => Note("BOLT9115",
        $"cgroups ({cgroups}) are not delegated to this user, so memory and CPU limits cannot be applied", "log in through systemd (`loginctl enable-linger`), or run Bolt as root");

    public static Diagnostic NoLandlock() => Note("BOLT9117",
        "the kernel has no Landlock, so the processes that watch capsules are not confined to their files", "boot a kernel with CONFIG_SECURITY_LANDLOCK and `landlock` in its lsm= list");

    private static Diagnostic Lacks(string code, string message, string fix, Diagnostic? cause = null) => new(code, Severity.Error, message, null, fix, cause);

    private static Diagnostic Limits(string code, string message, string fix) => new(code, Severity.Warning, message, null, fix);

    private static Diagnostic Note(string code, string message, string fix) => new(code, Severity.Note, message, null, fix);
}
