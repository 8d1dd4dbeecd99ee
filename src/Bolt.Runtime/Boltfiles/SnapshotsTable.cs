using System.Collections.Immutable;

namespace Bolt.Boltfiles;

/// <summary><c>[snapshots]</c>. Read and kept; nothing acts on it yet.</summary>
public sealed record SnapshotsTable
{
    /// <summary>Off unless the file says otherwise.</summary>
    public bool Enabled { get; init; }
    /// <summary>"btrfs", "zfs" or "auto".</summary>
    public string? FileSystem { get; init; }
    /// <summary>What is kept.</summary>
    public string? RootPath { get; init; }
    /// <summary>Where it is kept.</summary>
    public string? SnapshotPath { get; init; }
    /// <summary>How many are kept.</summary>
    public RetentionTable? Retention { get; init; }
    /// <summary>When one is taken.</summary>
    public TriggersTable? Triggers { get; init; }
    /// <summary><c>[[snapshots.named_snapshots]]</c>.</summary>
    public ImmutableArray<NamedSnapshotTable> Named { get; init; } = [];

    internal static SnapshotsTable Read(TomlTable table)
    {
        var snapshots = new SnapshotsTable
        {
            Enabled = table.Flag("enabled") ?? false,
            FileSystem = table.Choice("filesystem", "btrfs", "zfs", "auto"),
            RootPath = table.Text("root_path"),
            SnapshotPath = table.Text("snapshot_path"),
            Retention = table.Table("retention", "`snapshots.retention`") is { } keep ? RetentionTable.Read(keep) : null,
            Triggers = table.Table("triggers", "`snapshots.triggers`") is { } when ? TriggersTable.Read(when) : null,
            Named = [.. table.Rows("named_snapshots", "a named snapshot").Select(NamedSnapshotTable.Read)],
        };
        table.RefuseOthers();
        return snapshots;
    }
}

/// <summary><c>[snapshots.retention]</c>: how many of each age are kept.</summary>
public sealed record RetentionTable(int? Hourly, int? Daily, int? Weekly, int? Monthly, int? Yearly, int? MaxTotal, string? CleanupFrequency)
{
    internal static RetentionTable Read(TomlTable table)
    {
        var keep = new RetentionTable(table.Integer("keep_hourly"), table.Integer("keep_daily"), table.Integer("keep_weekly"),
            table.Integer("keep_monthly"), table.Integer("keep_yearly"), table.Integer("max_total"), table.Text("cleanup_frequency"));
        table.RefuseOthers();
        return keep;
    }
}

/// <summary><c>[snapshots.triggers]</c>. Times as written: "02:00", "sunday@03:00", "1@04:00".</summary>
public sealed record TriggersTable
{
    /// <summary>Every hour.</summary>
    public bool Hourly { get; init; }
    /// <summary>HH:MM.</summary>
    public string? Daily { get; init; }
    /// <summary>day@HH:MM.</summary>
    public string? Weekly { get; init; }
    /// <summary>D@HH:MM.</summary>
    public string? Monthly { get; init; }
    /// <summary>MM-DD@HH:MM.</summary>
    public string? Yearly { get; init; }
    /// <summary>Operations that a snapshot precedes: "before_build"…</summary>
    public ImmutableArray<string> Before { get; init; } = [];
    /// <summary>"100MB" or "1000 files".</summary>
    public string? MinChangeThreshold { get; init; }
    /// <summary>How often changes are looked for.</summary>
    public TimeSpan? ChangeDetectionInterval { get; init; }
    /// <summary><c>[snapshots.triggers.on_file_changes]</c>.</summary>
    public FileChangesTable? OnFileChanges { get; init; }

    private static readonly string[] BeforeKeys =
    [
        "before_container_run", "before_build", "before_surge_up", "before_system_update", "before_gaming_setup", "before_nvidia_update",
    ];

    internal static TriggersTable Read(TomlTable table)
    {
        var triggers = new TriggersTable
        {
            Hourly = table.Flag("hourly") ?? false,
            Daily = table.Text("daily"),
            Weekly = table.Text("weekly"),
            Monthly = table.Text("monthly"),
            Yearly = table.Text("yearly"),
            Before = [.. BeforeKeys.Where(k => table.Flag(k) ?? false)],
            MinChangeThreshold = table.Text("min_change_threshold"),
            ChangeDetectionInterval = table.Parsed<TimeSpan>("change_detection_interval", ShortForms.ReadDuration),
            OnFileChanges = table.Table("on_file_changes", "`on_file_changes`") is { } changes ? FileChangesTable.Read(changes) : null,
        };
        table.RefuseOthers();
        return triggers;
    }
}

/// <summary><c>[snapshots.triggers.on_file_changes]</c>.</summary>
public sealed record FileChangesTable(
    bool Enabled,
    ImmutableArray<string> WatchPaths,
    ImmutableArray<string> ExcludePaths,
    ImmutableArray<string> FilePatterns,
    ImmutableArray<string> ExcludePatterns,
    ImmutableArray<string> ChangeTypes)
{
    internal static FileChangesTable Read(TomlTable table)
    {
        var changes = new FileChangesTable(table.Flag("enabled") ?? false, table.Texts("watch_paths") ?? [], table.Texts("exclude_paths") ?? [],
            table.Texts("file_patterns") ?? [], table.Texts("exclude_patterns") ?? [], table.Texts("change_types") ?? []);
        table.RefuseOthers();
        return changes;
    }
}

/// <summary>One of <c>[[snapshots.named_snapshots]]</c>.</summary>
public sealed record NamedSnapshotTable(string Name, string? Description, string? Trigger, bool AutoCreate, bool KeepForever)
{
    internal static NamedSnapshotTable Read(TomlTable table)
    {
        var named = new NamedSnapshotTable(table.Required("name") ?? "", table.Text("description"), table.Text("trigger"),
            table.Flag("auto_create") ?? false, table.Flag("keep_forever") ?? false);
        table.RefuseOthers();
        return named;
    }
}
