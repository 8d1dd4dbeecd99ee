using System.Collections.Immutable;
using System.Net;
using Bolt.Images;

namespace Bolt.Trust;

/// <summary>Who must have signed what: trust.toml, read.</summary>
/// <param name="Default">For repositories that no rule names, but those of this machine's own registries.</param>
/// <param name="Rules">In the file's order.</param>
internal sealed record TrustPolicy(TrustMode Default, ImmutableArray<TrustRule> Rules)
{
    public static TrustPolicy Absent { get; } = new(TrustMode.Warn, []);

    /// <summary>The rule with the longest name that covers the repository, or the default's.</summary>
    public TrustRule For(ImageReference reference) =>
        Rules.Where(r => r.Covers(reference)).MaxBy(r => r.Repository.Length)
        ?? new TrustRule($"{reference.Registry}/{reference.Repository}", IsThisMachine(reference.Registry) ? TrustMode.Accept : Default, []);

    private static bool IsThisMachine(string registry)
    {
        var host = Uri.TryCreate($"https://{registry}/", UriKind.Absolute, out var uri) ? uri.Host : registry;
        return host == "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
    }
}

/// <summary>One rule.</summary>
/// <param name="Repository">"HOST/PATH", or "HOST/*" and "HOST/PATH/*" for all below it.</param>
/// <param name="Keys">Absolute paths of public keys; any one of them is enough.</param>
internal sealed record TrustRule(string Repository, TrustMode Mode, ImmutableArray<string> Keys)
{
    public bool Covers(ImageReference reference)
    {
        var name = $"{reference.Registry}/{reference.Repository}";
        return Repository.EndsWith("/*", StringComparison.Ordinal) ? name.StartsWith(Repository[..^1], StringComparison.Ordinal) : name == Repository;
    }
}
