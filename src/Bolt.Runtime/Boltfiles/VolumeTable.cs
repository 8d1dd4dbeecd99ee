using System.Collections.Immutable;

namespace Bolt.Boltfiles;

/// <summary><c>[volumes.NAME]</c>. Size in bytes.</summary>
public sealed record VolumeTable(string Name, long? Size)
{
    /// <summary>"local"; others are read, but nothing acts on them yet.</summary>
    public string? Driver { get; init; }
    /// <summary>Options of the driver.</summary>
    public ImmutableSortedDictionary<string, string> DriverOptions { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
    /// <summary>Labels, kept and shown.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    internal static VolumeTable Read(TomlEntry entry, TomlTable table)
    {
        if (!Names.IsName(entry.Name))
        {
            table.Findings.Add(BoltfileErrors.BadName(entry.KeyAt, "volume", entry.Name, Names.Folded(entry.Name)));
        }
        var volume = new VolumeTable(entry.Name, table.Parsed<long>("size", ShortForms.ReadSize))
        {
            Driver = table.Text("driver"),
            DriverOptions = table.Map("driver_opts"),
            Labels = table.Map("labels"),
        };
        if (volume.Driver is not (null or "local"))
        {
            table.WarnLater("driver");
        }
        table.WarnLater("driver_opts", "external", "name", "path");
        table.RefuseOthers();
        return volume;
    }
}
