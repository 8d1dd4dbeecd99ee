using System.Collections.Immutable;
using Bolt.Boltfiles;
using Bolt.Diagnostics;

namespace Bolt.Registries;

/// <summary>What the user says about registries: registries.toml. Registries that are not named there need nothing.</summary>
/// <param name="Hosts">By host, with its port when one is named.</param>
internal sealed record RegistrySettings(ImmutableDictionary<string, RegistryHost> Hosts)
{
    public static RegistrySettings Empty { get; } = new(ImmutableDictionary.Create<string, RegistryHost>(StringComparer.Ordinal));

    public RegistryHost Of(string host) => Hosts.GetValueOrDefault(host) ?? RegistryHost.Plain;

    /// <summary>An absent file says nothing.</summary>
    public static Checked<RegistrySettings> ReadFile(string? path)
    {
        if (path is null || !File.Exists(path))
        {
            return new Checked<RegistrySettings>(Empty, []);
        }
        return TomlDocument.ReadText(path, out var text) is { } reason
            ? new Checked<RegistrySettings>(null, [RegistryErrors.SettingsUnreadable(path, reason)])
            : Read(path, text);
    }

    /// <param name="file">The path that positions name, and that relative paths in it are relative to.</param>
    public static Checked<RegistrySettings> Read(string file, string text)
    {
        var findings = new TomlFindings();
        if (TomlDocument.Parse(file, text, "the registry settings", findings) is not { } top)
        {
            return new Checked<RegistrySettings>(null, findings.InOrder());
        }
        var hosts = ImmutableDictionary.CreateBuilder<string, RegistryHost>(StringComparer.Ordinal);
        foreach (var (entry, table) in top.Tables("registries", name => $"registry `{name}`"))
        {
            hosts[entry.Name] = new RegistryHost
            {
                Insecure = table.Flag("insecure") ?? false,
                CertificateAuthority = table.Text("ca") is { } ca ? Path.GetFullPath(ca, Path.GetDirectoryName(Path.GetFullPath(file))!) : null,
                Mirrors = [.. table.ParsedEach<RegistryMirror>("mirrors", RegistryMirror.Parse).Select(m => m.Value)],
            };
            table.RefuseOthers();
        }
        top.RefuseOthers();
        return new Checked<RegistrySettings>(new RegistrySettings(hosts.ToImmutable()), findings.InOrder());
    }
}

/// <summary>One registry's settings.</summary>
internal sealed record RegistryHost
{
    public static RegistryHost Plain { get; } = new();
    /// <summary>Unverified certificates and plain HTTP are accepted.</summary>
    public bool Insecure { get; init; }
    /// <summary>A PEM file with the certificates that sign its own; the system's do not count then.</summary>
    public string? CertificateAuthority { get; init; }
    /// <summary>Asked first, in this order, when something is pulled.</summary>
    public ImmutableArray<RegistryMirror> Mirrors { get; init; } = [];
}

/// <summary>"mirror.example/hub": repositories of the mirrored registry lie below the path.</summary>
internal readonly record struct RegistryMirror(string Host, string Prefix)
{
    public static string? Parse(string text, out RegistryMirror mirror)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        mirror = slash < 0 ? new RegistryMirror(text, "") : new RegistryMirror(text[..slash], text[(slash + 1)..].TrimEnd('/'));
        return text.Contains("://", StringComparison.Ordinal) || Images.ImageReference.Parse($"{mirror.Host}/{(mirror.Prefix.Length == 0 ? "x" : mirror.Prefix)}").Value is not { } reference || reference.Registry != mirror.Host
            ? "is no mirror; write `HOST[:PORT][/PATH]`"
            : null;
    }
}
