using System.Collections.Immutable;

namespace Bolt.Boltfiles;

/// <summary>Keys of a service that are read and kept, but that nothing acts on yet; each that is written gives a warning.</summary>
public sealed record ServiceExtras
{
    /// <summary><c>networks</c>: a stack has one network.</summary>
    public ImmutableArray<string> Networks { get; init; } = [];
    /// <summary><c>network_mode</c>.</summary>
    public string? NetworkMode { get; init; }
    /// <summary><c>pid</c>.</summary>
    public string? Pid { get; init; }
    /// <summary><c>ipc</c>.</summary>
    public string? Ipc { get; init; }
    /// <summary><c>platform</c>.</summary>
    public string? Platform { get; init; }
    /// <summary><c>container_name</c>.</summary>
    public string? ContainerName { get; init; }
    /// <summary><c>privileged</c>.</summary>
    public bool Privileged { get; init; }
    /// <summary><c>devices</c>.</summary>
    public ImmutableArray<string> Devices { get; init; } = [];
    /// <summary><c>security_opt</c>.</summary>
    public ImmutableArray<string> SecurityOpt { get; init; } = [];
    /// <summary><c>dns</c>.</summary>
    public ImmutableArray<string> Dns { get; init; } = [];
    /// <summary><c>dns_search</c>.</summary>
    public ImmutableArray<string> DnsSearch { get; init; } = [];
    /// <summary><c>group_add</c>.</summary>
    public ImmutableArray<string> GroupAdd { get; init; } = [];
    /// <summary><c>volumes_from</c>.</summary>
    public ImmutableArray<string> VolumesFrom { get; init; } = [];
    /// <summary><c>links</c>.</summary>
    public ImmutableArray<string> Links { get; init; } = [];
    /// <summary><c>workload_type</c>: "ai", "gaming"…</summary>
    public string? WorkloadType { get; init; }
    /// <summary><c>logging</c>.</summary>
    public LoggingTable? Logging { get; init; }
    /// <summary><c>gaming</c>, also written <c>gaming_config</c>.</summary>
    public GamingTable? Gaming { get; init; }
    /// <summary><c>gpu</c>.</summary>
    public GpuTable? Gpu { get; init; }
    /// <summary><c>ai_config</c>.</summary>
    public AiTable? Ai { get; init; }
    /// <summary><c>wayland</c>, as written.</summary>
    public ImmutableSortedDictionary<string, string> Wayland { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    private static readonly string[] Keys =
    [
        "networks", "network_mode", "pid", "ipc", "platform", "container_name", "privileged", "devices", "security_opt", "dns",
        "dns_search", "group_add", "volumes_from", "links", "workload_type", "logging", "gaming", "gaming_config", "gpu",
        "ai_config", "wayland", "init", "bolt",
    ];

    internal static ServiceExtras Read(TomlTable table)
    {
        var gaming = table.Table("gaming", $"`gaming` of {table.What}") ?? table.Table("gaming_config", $"`gaming_config` of {table.What}");
        var extras = new ServiceExtras
        {
            Networks = table.Texts("networks") ?? [],
            NetworkMode = table.Text("network_mode"),
            Pid = table.Text("pid"),
            Ipc = table.Text("ipc"),
            Platform = table.Text("platform"),
            ContainerName = table.Text("container_name"),
            Privileged = table.Flag("privileged") ?? false,
            Devices = table.Texts("devices") ?? [],
            SecurityOpt = table.Texts("security_opt") ?? [],
            Dns = table.Texts("dns") ?? [],
            DnsSearch = table.Texts("dns_search") ?? [],
            GroupAdd = table.Texts("group_add") ?? [],
            VolumesFrom = table.Texts("volumes_from") ?? [],
            Links = table.Texts("links") ?? [],
            WorkloadType = table.Text("workload_type"),
            Logging = table.Table("logging", $"`logging` of {table.What}") is { } logging ? LoggingTable.Read(logging) : null,
            Gaming = gaming is null ? null : GamingTable.Read(gaming),
            Gpu = table.Table("gpu", $"`gpu` of {table.What}") is { } gpu ? GpuTable.Read(gpu) : null,
            Ai = table.Table("ai_config", $"`ai_config` of {table.What}") is { } ai ? AiTable.Read(ai) : null,
            Wayland = table.Map("wayland"),
        };
        table.Free("init", "bolt");
        table.WarnLater(Keys);
        return extras;
    }
}

/// <summary><c>[services.NAME.logging]</c>.</summary>
public sealed record LoggingTable(string? Driver, ImmutableSortedDictionary<string, string> Options)
{
    internal static LoggingTable Read(TomlTable table)
    {
        var logging = new LoggingTable(table.Text("driver"), table.Map("options"));
        table.RefuseOthers();
        return logging;
    }
}
