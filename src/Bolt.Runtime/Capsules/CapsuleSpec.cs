using System.Collections.Immutable;
using Bolt.Launch;

namespace Bolt.Capsules;

/// <summary>All that one capsule is to be, fully resolved: no name, default or relative path is left open.</summary>
internal sealed record CapsuleSpec
{
    /// <summary>Unique on this machine, [a-z0-9-].</summary>
    public required string Id { get; init; }
    /// <summary>Its own folder on tmpfs or disk: control socket, log, exit record and ephemeral upper live here.</summary>
    public required string Folder { get; init; }
    /// <summary>The id map of the user namespace.</summary>
    public required IdMap Ids { get; init; }
    /// <summary>Unpacked layer trees, lowest first. At least one.</summary>
    public required ImmutableArray<string> Layers { get; init; }
    /// <summary>Folder for the overlay's upper and work; null: a tmpfs that ends with the capsule.</summary>
    public string? Upper { get; init; }
    /// <summary>What is written need not outlast a power cut: nothing is synced. A work folder serves for one such mount.</summary>
    public bool Volatile { get; init; }
    /// <summary>The root is mounted read-only.</summary>
    public bool ReadOnlyRoot { get; init; }
    /// <summary>Mounts over the root, in this order.</summary>
    public ImmutableArray<CapsuleMount> Mounts { get; init; } = [];
    /// <summary>argv[0] is looked up in the inner PATH when it has no slash.</summary>
    public required ImmutableArray<string> Command { get; init; }
    /// <summary>The whole environment, "NAME=value".</summary>
    public ImmutableArray<string> Environment { get; init; } = [];
    /// <summary>Inner working folder; made when absent.</summary>
    public string WorkingDirectory { get; init; } = "/";
    /// <summary>user[:group] by name or id, resolved in the root's own /etc/passwd and /etc/group; empty means 0:0.</summary>
    public string User { get; init; } = "";
    /// <summary>/etc/hostname and /etc/hosts are what the image or a mount has: nothing is written into the root that is not the command's.</summary>
    public bool BareNames { get; init; }
    /// <summary>Inner host name.</summary>
    public required string Hostname { get; init; }
    /// <summary>A pseudo-terminal is the standard streams.</summary>
    public bool Terminal { get; init; }
    /// <summary>Standard input stays open for attaching; otherwise /dev/null.</summary>
    public bool StdinOpen { get; init; }
    /// <summary>Capabilities of the capsule's bounding, effective and permitted sets, "CAP_…"; null: the default set.</summary>
    public ImmutableArray<string>? Capabilities { get; init; }
    /// <summary>Namespaced sysctls to write.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Sysctls { get; init; } = [];
    /// <summary>Limits to put on its cgroup.</summary>
    public CapsuleLimits Limits { get; init; } = new();
    /// <summary>The stack's network to join; null: a network namespace with loopback alone.</summary>
    public NetworkSeat? Seat { get; init; }
    /// <summary>A notify socket (sd_notify(3)) is offered in NOTIFY_SOCKET and READY=1 is reported.</summary>
    public bool Notify { get; init; }
    /// <summary>True: it ends within a second of its owner's death.</summary>
    public bool DieWithOwner { get; init; }
    /// <summary>Signal that asks it to end.</summary>
    public int StopSignal { get; init; } = 15;
    /// <summary>It may use one processor alone, and sees no more.</summary>
    public bool OneProcessor { get; init; }
    /// <summary>Bytes after which the log file is rotated; one old file is kept.</summary>
    public long LogRotateBytes { get; init; } = 16 << 20;
}

/// <summary>A mount over the capsule's root. Targets are resolved inside the root.</summary>
internal abstract record CapsuleMount(string Target)
{
    /// <summary>A host folder or file. As root, its owner ids are shown as inside (idmapped) where the kernel can.</summary>
    public sealed record Bind(string Source, string Target, bool ReadOnly) : CapsuleMount(Target);
    /// <summary>A folder already owned by mapped ids (a volume); mounted as it is.</summary>
    public sealed record Volume(string Source, string Target, bool ReadOnly) : CapsuleMount(Target);
    /// <summary>
    /// A volume's own copy of frozen data: writes go to the folder <paramref name="Upper"/> (made with its subfolders upper and
    /// work), nothing of it is synced. Lowers lowest first.
    /// </summary>
    public sealed record Copy(ImmutableArray<string> Lowers, string Upper, string Target, bool ReadOnly) : CapsuleMount(Target);
    /// <summary>An empty tmpfs. Size in bytes, 0: the kernel's default.</summary>
    public sealed record Tmpfs(string Target, long Size, int Mode) : CapsuleMount(Target);
}
