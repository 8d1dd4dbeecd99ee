using System.Collections.Immutable;

namespace Bolt.Boltfiles;

/// <summary><c>[networks.NAME]</c>. Read and kept; a stack has one network, which Bolt lays out itself.</summary>
public sealed record NetworkTable(string Name, string? Subnet)
{
    /// <summary>"bolt", "bridge", "gquic"…</summary>
    public string? Driver { get; init; }
    /// <summary>Address of the host's end.</summary>
    public string? Gateway { get; init; }
    /// <summary>No way out.</summary>
    public bool Internal { get; init; }
    /// <summary>Labels.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    internal static NetworkTable Read(TomlEntry entry, TomlTable table)
    {
        var subnet = table.Parsed<System.Net.IPNetwork>("subnet", ReadSubnet);
        // The older form is compose's: [[networks.NAME.ipam.config]] subnet = "…".
        if (table.Table("ipam", "`ipam`") is { } ipam)
        {
            foreach (var row in ipam.Rows("config", "`ipam.config`"))
            {
                subnet ??= row.Parsed<System.Net.IPNetwork>("subnet", ReadSubnet);
                row.Free("ip_range", "gateway", "aux_addresses");
                row.RefuseOthers();
            }
            ipam.Free("driver", "options");
            ipam.RefuseOthers();
        }
        var network = new NetworkTable(entry.Name, subnet?.ToString())
        {
            Driver = table.Text("driver"),
            Gateway = table.Text("gateway"),
            Internal = table.Flag("internal") ?? false,
            Labels = table.Map("labels"),
        };
        table.Free("driver_opts", "attachable", "enable_ipv6", "ipv6", "external", "name", "enable_quic", "enable_ebpf");
        table.RefuseOthers();
        return network;
    }

    private static string? ReadSubnet(string text, out System.Net.IPNetwork subnet) =>
        System.Net.IPNetwork.TryParse(text, out subnet) ? null : "is no subnet; write `10.5.0.0/16`";
}
