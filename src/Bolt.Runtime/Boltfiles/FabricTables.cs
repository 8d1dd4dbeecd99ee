namespace Bolt.Boltfiles;

/// <summary><c>[quic_fabric]</c>. Read and kept; nothing acts on it yet.</summary>
public sealed record QuicFabricTable(bool Enabled, string? NodeId, string? BindAddress, int? BindPort, bool? Encryption, bool? ServiceDiscovery)
{
    internal static QuicFabricTable Read(TomlTable table)
    {
        var fabric = new QuicFabricTable(table.Flag("enabled") ?? true, table.Text("node_id"), table.Text("bind_address"),
            table.Integer("bind_port", 1, 65535), table.Flag("encryption"), table.Flag("service_discovery"));
        table.RefuseOthers();
        return fabric;
    }
}

/// <summary><c>[dns_config]</c>. Read and kept; services find each other by their names without it.</summary>
public sealed record DnsConfigTable(bool Enabled, int? Port, string? Domain)
{
    internal static DnsConfigTable Read(TomlTable table)
    {
        var dns = new DnsConfigTable(table.Flag("enabled") ?? true, table.Integer("port", 1, 65535), table.Text("domain"));
        table.RefuseOthers();
        return dns;
    }
}
