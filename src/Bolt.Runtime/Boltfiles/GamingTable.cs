using System.Collections.Immutable;

namespace Bolt.Boltfiles;

/// <summary><c>[services.NAME.gaming]</c>. Read and kept; nothing acts on it yet.</summary>
public sealed record GamingTable
{
    /// <summary>On unless the file says otherwise.</summary>
    public bool Enabled { get; init; } = true;
    /// <summary>The switches that are written: <c>gpu_passthrough</c>, <c>esync_enabled</c>, <c>vsync</c>…</summary>
    public ImmutableSortedDictionary<string, bool> Switches { get; init; } = ImmutableSortedDictionary<string, bool>.Empty;
    /// <summary>Wine prefix folder.</summary>
    public string? WinePrefix { get; init; }
    /// <summary>Proton version.</summary>
    public string? ProtonVersion { get; init; }
    /// <summary>Name of a performance profile.</summary>
    public string? PerformanceProfile { get; init; }
    /// <summary>Input devices.</summary>
    public ImmutableArray<string> InputDevices { get; init; } = [];
    /// <summary>"wayland", "x11"…</summary>
    public string? DisplayDriver { get; init; }
    /// <summary>"1920x1080".</summary>
    public string? Resolution { get; init; }
    /// <summary>Hz.</summary>
    public int? RefreshRate { get; init; }
    /// <summary><c>gpu</c>.</summary>
    public GpuTable? Gpu { get; init; }
    /// <summary><c>audio</c>.</summary>
    public AudioTable? Audio { get; init; }
    /// <summary><c>wine</c>.</summary>
    public WineTable? Wine { get; init; }
    /// <summary><c>performance</c>.</summary>
    public PerformanceTable? Performance { get; init; }

    private static readonly string[] SwitchKeys =
    [
        "gpu_passthrough", "nvidia_runtime", "amd_runtime", "audio_passthrough", "real_time_priority", "dxvk_enabled",
        "esync_enabled", "fsync_enabled", "vsync",
    ];

    internal static GamingTable Read(TomlTable table)
    {
        var switches = SwitchKeys.Select(k => (Key: k, Value: table.Flag(k))).Where(s => s.Value is not null);
        var gaming = new GamingTable
        {
            Enabled = table.Flag("enabled") ?? true,
            Switches = switches.ToImmutableSortedDictionary(s => s.Key, s => s.Value!.Value),
            WinePrefix = table.Text("wine_prefix"),
            ProtonVersion = table.Text("proton_version"),
            PerformanceProfile = table.Text("performance_profile"),
            InputDevices = table.Texts("input_devices") ?? [],
            DisplayDriver = table.Text("display_driver"),
            Resolution = table.Text("resolution"),
            RefreshRate = table.Integer("refresh_rate", 1, 1000),
            Gpu = table.Table("gpu", "`gaming.gpu`") is { } gpu ? GpuTable.Read(gpu) : null,
            Audio = table.Table("audio", "`gaming.audio`") is { } audio ? AudioTable.Read(audio) : null,
            Wine = table.Table("wine", "`gaming.wine`") is { } wine ? WineTable.Read(wine) : null,
            Performance = table.Table("performance", "`gaming.performance`") is { } speed ? PerformanceTable.Read(speed) : null,
        };
        table.RefuseOthers();
        return gaming;
    }
}

/// <summary><c>gaming.audio</c>.</summary>
public sealed record AudioTable(string? System, string? Latency)
{
    internal static AudioTable Read(TomlTable table)
    {
        var audio = new AudioTable(table.Choice("system", "pipewire", "pulseaudio"), table.Text("latency"));
        table.RefuseOthers();
        return audio;
    }
}

/// <summary><c>gaming.wine</c>.</summary>
public sealed record WineTable(string? Version, string? Proton, string? WindowsVersion, string? Prefix)
{
    internal static WineTable Read(TomlTable table)
    {
        var wine = new WineTable(table.Text("version"), table.Text("proton"), table.Text("winver"), table.Text("prefix"));
        table.RefuseOthers();
        return wine;
    }
}

/// <summary><c>gaming.performance</c>.</summary>
public sealed record PerformanceTable(string? CpuGovernor, int? NiceLevel, int? RealTimePriority)
{
    internal static PerformanceTable Read(TomlTable table)
    {
        var performance = new PerformanceTable(table.Text("cpu_governor"), table.Integer("nice_level", -20, 19), table.Integer("rt_priority", 0, 99));
        table.RefuseOthers();
        return performance;
    }
}
