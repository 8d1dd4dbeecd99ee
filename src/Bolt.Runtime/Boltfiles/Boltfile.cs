using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Bolt.Diagnostics;

namespace Bolt.Boltfiles;

/// <summary>A Boltfile as its author wrote it: typed, with positions, nothing filled in and no name resolved.</summary>
public sealed record Boltfile
{
    /// <summary>The path as given; relative paths in the file are relative to its folder.</summary>
    public required string Path { get; init; }

    /// <summary>The project's name; one stack is one project in one folder.</summary>
    public required string Project { get; init; }

    /// <summary>The services in the order in which they are written.</summary>
    public ImmutableArray<Service> Services { get; init; } = [];

    /// <summary>Top-level <c>[volumes.NAME]</c> tables.</summary>
    public ImmutableArray<VolumeTable> Volumes { get; init; } = [];

    /// <summary>Top-level <c>[networks.NAME]</c> tables.</summary>
    public ImmutableArray<NetworkTable> Networks { get; init; } = [];

    /// <summary>True: a host port that the kernel denies is an error, not a move by 8000.</summary>
    public bool StrictPorts { get; init; }

    /// <summary><c>[metadata]</c>, or <c>project</c> written as a table.</summary>
    [JsonIgnore]
    public MetadataTable? Metadata { get; init; }

    /// <summary><c>[snapshots]</c>.</summary>
    [JsonIgnore]
    public SnapshotsTable? Snapshots { get; init; }

    /// <summary><c>[quic_fabric]</c>.</summary>
    [JsonIgnore]
    public QuicFabricTable? QuicFabric { get; init; }

    /// <summary><c>[dns_config]</c>.</summary>
    [JsonIgnore]
    public DnsConfigTable? DnsConfig { get; init; }

    /// <summary><c>[profiles.NAME]</c>.</summary>
    [JsonIgnore]
    public ImmutableArray<ProfileTable> Profiles { get; init; } = [];

    /// <summary>Where each value stands, by its path: <c>services.web.ports[0]</c>, <c>services.api.env.DATABASE_URL</c>.</summary>
    [JsonIgnore]
    public ImmutableDictionary<string, SourceSpan> Positions { get; init; } = ImmutableDictionary<string, SourceSpan>.Empty;
}

/// <summary>One <c>[services.NAME]</c> table.</summary>
public sealed record Service
{
    /// <summary>The table's name; also the service's host name inside the stack.</summary>
    public required string Name { get; init; }
    /// <summary>Exactly one of <c>image</c>, <c>build</c> and <c>capsule</c>.</summary>
    public required ServiceSource Source { get; init; }
    /// <summary>Arguments after the entrypoint; null keeps the image's.</summary>
    public ImmutableArray<string>? Command { get; init; }
    /// <summary>The program and its first arguments; null keeps the image's.</summary>
    public ImmutableArray<string>? Entrypoint { get; init; }
    /// <summary>Published ports.</summary>
    public ImmutableArray<PortMapping> Ports { get; init; } = [];
    /// <summary>Bind mounts and named volumes.</summary>
    public ImmutableArray<VolumeMount> Volumes { get; init; } = [];
    /// <summary><c>env</c> and <c>environment</c>, merged (env wins). Values may be <c>bolt://SERVICE</c>.</summary>
    public ImmutableSortedDictionary<string, string> Env { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
    /// <summary>Services that must be ready before this one starts.</summary>
    public ImmutableArray<string> DependsOn { get; init; } = [];
    /// <summary>When it is started again.</summary>
    public RestartPolicy Restart { get; init; } = RestartPolicy.UnlessStopped;
    /// <summary>A volume of its own for the recipe's data folder.</summary>
    public StorageTable? Storage { get; init; }
    /// <summary>User and password that the recipe sets up.</summary>
    public AuthTable? Auth { get; init; }
    /// <summary>A health probe; null means the recipe's own signal or the listening ports.</summary>
    public Healthcheck? Healthcheck { get; init; }
    /// <summary>Working folder; null keeps the image's.</summary>
    public string? WorkingDir { get; init; }
    /// <summary>user[:group], names or ids; null keeps the image's.</summary>
    public string? User { get; init; }
    /// <summary>Host name inside; null means the service's name.</summary>
    public string? Hostname { get; init; }
    /// <summary>The root file system is read-only.</summary>
    public bool ReadOnly { get; init; }
    /// <summary>A terminal is allocated.</summary>
    public bool Tty { get; init; }
    /// <summary>Standard input stays open.</summary>
    public bool StdinOpen { get; init; }
    /// <summary>Capabilities added to the default set, without the CAP_ prefix.</summary>
    public ImmutableArray<string> CapAdd { get; init; } = [];
    /// <summary>Capabilities dropped from the default set; "ALL" drops all.</summary>
    public ImmutableArray<string> CapDrop { get; init; } = [];
    /// <summary>net.* and other namespaced sysctls.</summary>
    public ImmutableSortedDictionary<string, string> Sysctls { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
    /// <summary>tmpfs mounts: path.</summary>
    public ImmutableArray<string> Tmpfs { get; init; } = [];
    /// <summary>"name:address" lines for /etc/hosts.</summary>
    public ImmutableArray<string> ExtraHosts { get; init; } = [];
    /// <summary>Labels, kept and shown.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
    /// <summary>Memory limit in bytes.</summary>
    public long? MemoryLimit { get; init; }
    /// <summary>CPU limit in cores.</summary>
    public double? CpuLimit { get; init; }
    /// <summary>Most processes and threads.</summary>
    public long? PidsLimit { get; init; }
    /// <summary>A limit that the host cannot apply is a warning instead of an error.</summary>
    public bool BestEffort { get; init; }
    /// <summary>Limits of processors, swap, disks and huge pages.</summary>
    public ServiceLimits Limits { get; init; } = new();
    /// <summary>Keys that are kept, but that nothing acts on yet.</summary>
    [JsonIgnore]
    public ServiceExtras Extras { get; init; } = new();
}

/// <summary>Where a service's root file system comes from.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Image), "image")]
[JsonDerivedType(typeof(Build), "build")]
[JsonDerivedType(typeof(Capsule), "capsule")]
public abstract record ServiceSource
{
    private ServiceSource() { }
    /// <summary><c>image = "…"</c>: an OCI reference, a layout folder, or <c>bolt://NAME[:TAG]</c>.</summary>
    public sealed record Image(string Reference) : ServiceSource;
    /// <summary><c>build = "./folder"</c>: a folder with a .NET project.</summary>
    public sealed record Build(string Context) : ServiceSource;
    /// <summary><c>capsule = "postgres[:TAG]"</c> or a path to a <c>*.capsule.toml</c>.</summary>
    public sealed record Capsule(string Recipe) : ServiceSource
    {
        /// <summary><c>packages = ["…"]</c>: Debian packages that are installed and configured on top of it.</summary>
        public ImmutableArray<string> Packages { get; init; } = [];

        /// <summary>For ToString.</summary>
        protected override bool PrintMembers(System.Text.StringBuilder builder)
        {
            builder.Append("Recipe = ").Append(Recipe).Append(Packages.IsEmpty ? "" : ", Packages = ").AppendJoin(' ', Packages);
            return true;
        }
    }
}

/// <summary>One published port. <paramref name="HostPort"/> 0 asks for any free one.</summary>
public sealed record PortMapping(string HostIp, int HostPort, int ContainerPort, PortProtocol Protocol);

/// <summary>Transport of a published port.</summary>
public enum PortProtocol
{
    /// <summary>TCP.</summary>
    Tcp,
    /// <summary>UDP.</summary>
    Udp,
}

/// <summary>One entry of <c>volumes</c>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Bind), "bind")]
[JsonDerivedType(typeof(Named), "named")]
public abstract record VolumeMount(string Target, bool ReadOnly)
{
    /// <summary>A folder or file of the host.</summary>
    public sealed record Bind(string Source, string Target, bool ReadOnly) : VolumeMount(Target, ReadOnly);
    /// <summary>A named volume of the stack.</summary>
    public sealed record Named(string Volume, string Target, bool ReadOnly) : VolumeMount(Target, ReadOnly);
}

/// <summary>When a service that ended is started again.</summary>
public enum RestartPolicy
{
    /// <summary>Never.</summary>
    No,
    /// <summary>After any end, also after a stop followed by a new owner.</summary>
    Always,
    /// <summary>After an end with a code other than 0.</summary>
    OnFailure,
    /// <summary>After any end that the user did not ask for.</summary>
    UnlessStopped,
}

/// <summary><c>[services.NAME.storage]</c>. Size in bytes.</summary>
public sealed record StorageTable(long Size);

/// <summary><c>[services.NAME.auth]</c>.</summary>
public sealed record AuthTable(string User, string Password);

/// <summary><c>[services.NAME.healthcheck]</c>. <paramref name="Test"/> is compose's: CMD, CMD-SHELL or NONE first.</summary>
public sealed record Healthcheck(ImmutableArray<string> Test, TimeSpan Interval, TimeSpan Timeout, int Retries, TimeSpan StartPeriod);
