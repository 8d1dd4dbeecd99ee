using System.Collections.Immutable;
using Bolt.Diagnostics;
using Bolt.Dockerfiles;
using Bolt.Images;

namespace Bolt.Builds;

/// <summary>
/// What variables are worth at one place of a Dockerfile. ENV wins over ARG; an ARG is worth what the caller says, else its
/// default, else what an ARG before the first FROM said.
/// </summary>
internal sealed class StageVariables(Dockerfile file, ImageBuildOptions options, Action<Diagnostic> warn)
{
    private static readonly string[] Proxies = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"];

    private readonly Dictionary<string, string?> global = new(StringComparer.Ordinal);
    private readonly HashSet<string> used = new(StringComparer.Ordinal);

    /// <summary>Build arguments that no ARG has asked for.</summary>
    public IEnumerable<string> Unused => options.Arguments.Keys.Where(a => !used.Contains(a) && !IsProxy(a) && a is not ("SOURCE_DATE_EPOCH" or "BUILDKIT_INLINE_CACHE"));

    /// <summary>The ARGs before the first FROM, in order.</summary>
    public void ReadGlobal()
    {
        foreach (var pair in file.Arguments.SelectMany(a => a.Pairs))
        {
            global[pair.Name.Raw] = Given(pair.Name.Raw) ?? (pair.Value is null ? null : Expand(pair.Value, GlobalValue));
        }
    }

    public string ExpandGlobal(DockerWord word) => Expand(word, GlobalValue);

    /// <summary>A stage's ARG: its value, null when it has none.</summary>
    public string? Declare(DockerPair pair, Func<string, string?> lookup)
    {
        var name = pair.Name.Raw;
        return Given(name) ?? (pair.Value is not null ? Expand(pair.Value, lookup) : global.GetValueOrDefault(name) ?? Predefined(name));
    }

    public string Expand(DockerWord word, Func<string, string?> lookup, bool raw = false)
    {
        var expansion = new DockerExpansion(file.Escape, lookup, raw);
        var text = expansion.Expand(word.Raw) ?? throw new BoltException(DockerBuildErrors.NotExpanded(word.At, expansion.Problem!));
        foreach (var name in expansion.Unset.Where(n => !IsPositional(n)))
        {
            warn(DockerBuildErrors.UnsetVariable(word.At, name));
        }
        return text;
    }

    /// <summary>Proxies of the caller, which every RUN sees and no history.</summary>
    public IEnumerable<string> ProxyEnvironment => options.Arguments.Where(a => IsProxy(a.Key)).OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => $"{a.Key}={a.Value}");

    private string? GlobalValue(string name) => global.TryGetValue(name, out var value) ? value : Predefined(name);

    private string? Given(string name)
    {
        used.Add(name);
        return options.Arguments.GetValueOrDefault(name);
    }

    private static bool IsProxy(string name) => Proxies.Contains(name.ToUpperInvariant());

    private static bool IsPositional(string name) => !char.IsAsciiLetter(name[0]) && name[0] != '_';

    // docs.docker.com/reference/dockerfile, "Automatic platform ARGs in the global scope".
    private static string? Predefined(string name) => name switch
    {
        "TARGETPLATFORM" or "BUILDPLATFORM" => "linux/" + OciPlatform.Architecture,
        "TARGETOS" or "BUILDOS" => "linux",
        "TARGETARCH" or "BUILDARCH" => OciPlatform.Architecture,
        "TARGETVARIANT" or "BUILDVARIANT" => "",
        _ => null,
    };
}
