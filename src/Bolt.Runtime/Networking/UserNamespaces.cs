using Bolt.Kernel;

namespace Bolt.Networking;

/// <summary>Why this host refuses user namespaces, read from the switches that distributions have for it.</summary>
internal static class UserNamespaces
{
    public static string Remedy(Errno errno) => Remedy(errno, path => File.Exists(path) ? File.ReadAllText(path).Trim() : null);

    internal static string Remedy(Errno errno, Func<string, string?> read)
    {
        if (errno == Errno.ENOSYS) return "use a kernel with CONFIG_USER_NS=y";
        if (read("/proc/sys/kernel/unprivileged_userns_clone") == "0") return "sudo sysctl -w kernel.unprivileged_userns_clone=1";
        if (read("/proc/sys/user/max_user_namespaces") == "0") return "sudo sysctl -w user.max_user_namespaces=28633";
        if (read("/proc/sys/user/max_net_namespaces") == "0") return "sudo sysctl -w user.max_net_namespaces=28633";
        if (read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1") return "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
        if (errno == Errno.ENOSPC) return "raise user.max_user_namespaces and user.max_net_namespaces with sudo sysctl -w";
        return "allow the system calls clone and unshare with CLONE_NEWUSER (a container's seccomp filter may forbid them)";
    }
}
