using Bolt.Capsules;
using Bolt.Kernel;

namespace Bolt.Oci;

/// <summary>What of the host decides how a container is launched.</summary>
internal sealed record OciHost
{
    /// <summary>The effective uid is 0, in whichever user namespace.</summary>
    public required bool Root { get; init; }
    public required uint Uid { get; init; }
    public required uint Gid { get; init; }
    /// <summary>This process is in a user namespace other than the host's own.</summary>
    public required bool Nested { get; init; }
    public required CgroupTree Cgroups { get; init; }
    /// <summary>The bus of this user's systemd.</summary>
    public string? Bus { get; init; }
    public required bool Apparmor { get; init; }
    public required bool Selinux { get; init; }

    public static OciHost Read() => new()
    {
        Root = Sys.EffectiveUid() == 0,
        Uid = Sys.EffectiveUid(),
        Gid = Sys.EffectiveGid(),
        Nested = ContainerCgroup.IsInUserNamespace(),
        Cgroups = CgroupTree.Read(),
        Bus = SystemdBus.Find(),
        Apparmor = File.Exists("/sys/module/apparmor/parameters/enabled") && File.ReadAllText("/sys/module/apparmor/parameters/enabled").StartsWith('Y'),
        Selinux = File.Exists("/sys/fs/selinux/enforce"),
    };
}

/// <summary>What `create` and `run` are asked for, besides the bundle.</summary>
internal sealed record OciLaunchRequest
{
    public required string Id { get; init; }
    public required string Bundle { get; init; }
    /// <summary>The container's own folder of this runtime.</summary>
    public required string Folder { get; init; }
    public bool NoPivot { get; init; }
    public bool NoNewKeyring { get; init; }
    public int Preserved { get; init; }
    /// <summary>What comes with the preserved descriptors of socket activation.</summary>
    public bool ListenFds { get; init; }
    public IReadOnlyList<string> Cgroups { get; init; } = [];
}
