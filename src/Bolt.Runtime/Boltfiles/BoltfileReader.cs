using System.Collections.Immutable;
using Bolt.Diagnostics;

namespace Bolt.Boltfiles;

/// <summary>Boltfile text -> model, with every problem of the file found in one go.</summary>
public static class BoltfileReader
{
    /// <summary>Reads a Boltfile that is already in memory; nothing outside the text is looked at.</summary>
    /// <param name="path">The path that positions name; relative paths in the text are relative to its folder.</param>
    /// <param name="text">The whole text.</param>
    /// <param name="variables">Values for <c>${NAME}</c>, and HOME for paths that begin with <c>~</c>; null: none is set.</param>
    public static Checked<Boltfile> Read(string path, string text, Func<string, string?>? variables = null)
    {
        var findings = new TomlFindings(variables ?? (_ => null));
        var draft = Draft(path, text, variables, findings);
        return new Checked<Boltfile>(draft?.File, findings.InOrder());
    }

    /// <summary>What a text with these tables may say.</summary>
    internal static TomlSchema SchemaOf(string text)
    {
        var schema = new TomlSchema();
        Draft("Boltfile.toml", text, null, new TomlFindings(_ => null) { Schema = schema });
        return schema;
    }

    /// <summary>Reads a Boltfile and checks that the folders and files that it names exist.</summary>
    /// <param name="path">The file.</param>
    /// <param name="variables">Values for <c>${NAME}</c>, and HOME for paths that begin with <c>~</c>; null: none is set.</param>
    public static Checked<Boltfile> ReadFile(string path, Func<string, string?>? variables = null)
    {
        if (TomlDocument.ReadText(path, out var text) is { } reason)
        {
            return new(null, [BoltfileErrors.Unreadable(path, reason)]);
        }
        var findings = new TomlFindings(variables ?? (_ => null));
        var draft = Draft(path, text, variables, findings);
        if (draft is not null)
        {
            FileChecks.Run(draft, findings);
        }
        return new Checked<Boltfile>(draft?.File, findings.InOrder());
    }

    private static StackDraft? Draft(string path, string text, Func<string, string?>? variables, TomlFindings findings)
    {
        if (TomlDocument.Parse(path, text, "the Boltfile", findings) is not { } top)
        {
            return null;
        }
        var draft = ReadTop(path, top, variables?.Invoke("HOME"));
        StackChecks.Run(draft, findings);
        return draft;
    }

    private static StackDraft ReadTop(string path, TomlTable top, string? home)
    {
        var metadata = top.Table("metadata", "`metadata`") is { } table ? MetadataTable.Read(table) : null;
        var services = top.Tables("services", name => $"service `{name}`")
            .Select(s => ServiceReader.Read(s.Entry, s.Table, home)).ToImmutableArray();
        var file = new Boltfile
        {
            Path = path,
            Project = ReadProject(path, top, ref metadata),
            Metadata = metadata,
            Services = [.. services.Select(s => s.Service)],
            Volumes = [.. top.Tables("volumes", name => $"volume `{name}`").Select(v => VolumeTable.Read(v.Entry, v.Table))],
            Networks = [.. top.Tables("networks", name => $"network `{name}`").Select(n => NetworkTable.Read(n.Entry, n.Table))],
            StrictPorts = top.Flag("strict_ports") ?? false,
            Snapshots = top.Table("snapshots", "`snapshots`") is { } snapshots ? SnapshotsTable.Read(snapshots) : null,
            QuicFabric = top.Table("quic_fabric", "`quic_fabric`") is { } fabric ? QuicFabricTable.Read(fabric) : null,
            DnsConfig = top.Table("dns_config", "`dns_config`") is { } dns ? DnsConfigTable.Read(dns) : null,
            Profiles = [.. top.Tables("profiles", name => $"profile `{name}`").Select(p => ProfileTable.Read(p.Entry.Name, p.Table))],
            Positions = Positions(top.Node),
        };
        if (services.IsEmpty)
        {
            top.Findings.Add(BoltfileErrors.NoServices(top.ValueAt("services")));
        }
        top.WarnLater("snapshots", "quic_fabric", "dns_config", "profiles", "networks", "runtime");
        top.RefuseOthers();
        return new StackDraft(file, services);
    }

    /// <summary>The name as written, else that of the metadata table, else that of the folder.</summary>
    private static string ReadProject(string path, TomlTable top, ref MetadataTable? metadata)
    {
        if (top.Entry("project") is { Value: TomlNode.Group })
        {
            metadata = MetadataTable.Read(top.Table("project", "`project`")!);
        }
        else if (top.Entry("project") is { } entry)
        {
            var project = top.Text("project");
            if (project is not null && !Names.IsName(project))
            {
                top.Findings.Add(BoltfileErrors.BadName(entry.Value.At, "project", project, Names.Folded(project)));
            }
            return project ?? "";
        }
        var folder = Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(path.Length == 0 ? "." : path)));
        var name = Names.Folded(metadata?.Name ?? folder ?? "");
        if (!top.Has("project"))
        {
            top.Findings.Add(BoltfileErrors.ProjectMissing(top.At, name));
        }
        return name;
    }

    private static ImmutableDictionary<string, SourceSpan> Positions(TomlNode top)
    {
        var positions = ImmutableDictionary.CreateBuilder<string, SourceSpan>(StringComparer.Ordinal);
        Walk(top, "");
        return positions.ToImmutable();

        void Walk(TomlNode node, string path)
        {
            if (path.Length > 0)
            {
                positions[path] = node.At;
            }
            if (node is TomlNode.Group group)
            {
                foreach (var entry in group.Entries)
                {
                    Walk(entry.Value, path.Length == 0 ? entry.Name : $"{path}.{entry.Name}");
                }
            }
            else if (node is TomlNode.List list)
            {
                for (var i = 0; i < list.Items.Length; i++)
                {
                    Walk(list.Items[i], $"{path}[{i}]");
                }
            }
        }
    }
}
