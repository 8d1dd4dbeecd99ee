using System.Collections.Immutable;

namespace Bolt.Capsules;

/// <summary>
/// Capabilities (capabilities(7)) by name. Inside a capsule they count over the capsule's own namespaces only; the default
/// is still smaller than what Docker gives, because each kept one is code of the kernel that a service can reach.
/// </summary>
internal static class CapabilitySet
{
    private static readonly ImmutableArray<string> Names =
    [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
        "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
        "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
        "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
        "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
        "CHECKPOINT_RESTORE",
    ];

    // Kept of Docker's fourteen:
    //   CHOWN, DAC_OVERRIDE, FOWNER, FSETID  services that start as root hand files to their own user first (nginx, caddy)
    //   SETUID, SETGID                       and then become that user
    //   KILL                                 their root master signals its workers of another user
    //   SETPCAP                              daemons that give up the rest by libcap (chrony, dnsmasq) need it to do so
    //   NET_BIND_SERVICE                     port 80 needs it no more (ip_unprivileged_port_start is 0 inside), but a
    //                                        binary that an image gave this file capability cannot be executed without
    //   SYS_CHROOT                           privilege-separated daemons (haproxy, unbound, sshd); pivot_root left nothing
    //                                        outside that a chroot could open
    // Not kept:
    //   NET_RAW      forges packets of neighbours on the bridge; ping works without (net.ipv4.ping_group_range)
    //   MKNOD        device nodes; refused in a user namespace anyway, so it would only mislead
    //   AUDIT_WRITE  writes to the host's audit log
    //   SETFCAP      gives files capabilities; only package installs do that, and those are built, not run
    private static readonly ImmutableArray<string> Kept =
    [
        "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT",
    ];

    /// <summary>All that this version knows, without "CAP_".</summary>
    public static ImmutableArray<string> All => Names;

    /// <summary>What a capsule has when its spec names none.</summary>
    public static ulong Default { get; } = Of(Kept, out _);

    /// <summary>The bits of names, with or without "CAP_"; unknown is the first name that is none.</summary>
    public static ulong Of(ImmutableArray<string> names, out string? unknown)
    {
        unknown = null;
        var set = 0UL;
        foreach (var name in names)
        {
            var number = Names.IndexOf(name.StartsWith("CAP_", StringComparison.OrdinalIgnoreCase) ? name[4..].ToUpperInvariant() : name.ToUpperInvariant());
            if (number < 0)
                unknown ??= name;
            else
                set |= 1UL << number;
        }

        return set;
    }
}
