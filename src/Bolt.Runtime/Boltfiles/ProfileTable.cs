namespace Bolt.Boltfiles;

/// <summary><c>[profiles.NAME]</c>. Read and kept; nothing acts on it yet.</summary>
public sealed record ProfileTable(string Name, GpuTable? Gpu, string? NetworkPriority, bool? HugePages, string? CpuGovernor)
{
    internal static ProfileTable Read(string name, TomlTable table)
    {
        var gpu = table.Table("gpu", "`gpu` of a profile");
        var network = table.Table("network", "`network` of a profile");
        var memory = table.Table("memory", "`memory` of a profile");
        var cpu = table.Table("cpu", "`cpu` of a profile");
        var profile = new ProfileTable(name, gpu is null ? null : GpuTable.Read(gpu), network?.Text("priority"),
            memory?.Flag("huge_pages"), cpu?.Text("governor"));
        network?.RefuseOthers();
        memory?.RefuseOthers();
        cpu?.RefuseOthers();
        table.RefuseOthers();
        return profile;
    }
}

/// <summary><c>[metadata]</c>, or <c>project</c> written as a table.</summary>
public sealed record MetadataTable(string? Name, string? Version, string? Description)
{
    internal static MetadataTable Read(TomlTable table)
    {
        var metadata = new MetadataTable(table.Text("name"), table.Text("version"), table.Text("description"));
        table.RefuseOthers();
        return metadata;
    }
}
