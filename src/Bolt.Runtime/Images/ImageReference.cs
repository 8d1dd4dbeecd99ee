using System.Buffers;
using System.Collections.Immutable;
using Bolt.Diagnostics;

namespace Bolt.Images;

/// <summary>A registry reference: docker.io/library/nginx:1.27, ghcr.io/org/app@sha256:… (distribution-spec, "pulling manifests").</summary>
/// <param name="Registry">Host, with its port when one is named.</param>
/// <param name="Tag">Null when only a digest is named; "latest" when neither is.</param>
internal sealed record ImageReference(string Registry, string Repository, string? Tag, Storage.Digest? Digest)
{
    private const int MaxName = 255, MaxTag = 128;
    private const string DefaultRegistry = "docker.io";
    private static readonly SearchValues<char> PathCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-");
    private static readonly SearchValues<char> TagCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    private static readonly SearchValues<char> HostCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]");

    /// <summary>The diagnostic has no position: the caller knows where the text stands.</summary>
    public static Checked<ImageReference> Parse(string text)
    {
        var (name, digestText) = text.IndexOf('@') is var at and >= 0 ? (text[..at], text[(at + 1)..]) : (text, null);
        var digest = digestText is null ? null : Storage.Digest.Parse(digestText);
        if (digestText is not null && digest is null)
        {
            return Refused(text, $"`{digestText}` is no digest", "write `@sha256:` and 64 hex digits, or leave it out");
        }
        string? tag = null;
        // A colon after the last slash is a tag's; one before it is a port's.
        if (name.IndexOf(':', name.LastIndexOf('/') + 1) is var colon and >= 0)
        {
            (name, tag) = (name[..colon], name[(colon + 1)..]);
        }
        if (tag is not null && !IsTag(tag))
        {
            return Refused(text, tag.Length == 0 ? "nothing stands after `:`" : $"`{tag}` is no tag",
                "a tag has letters, digits, `.`, `_` and `-`, at most 128 of them, and does not start with `.` or `-`");
        }
        var (registry, path) = SplitHost(name);
        if (Problem(registry, path) is { } problem)
        {
            return Refused(text, problem, Suggestion(name, tag));
        }
        if (registry == DefaultRegistry && !path.Contains('/', StringComparison.Ordinal))
        {
            path = "library/" + path;
        }
        return new Checked<ImageReference>(new ImageReference(registry, path, tag ?? (digest is null ? "latest" : null), digest), []);
    }

    /// <summary>The same for callers that have no place to point at.</summary>
    /// <exception cref="BoltException">BOLT2001: it is no reference.</exception>
    public static ImageReference Demand(string text) => Parse(text) is { Ok: true } read ? read.Value! : throw new BoltException(Parse(text).Diagnostics[0]);

    /// <summary>"[HOST/]NAME[:TAG]" as another registry knows it; null: when no registry is given, it must name its own.</summary>
    public static string? At(string? registry, string text)
    {
        var named = SplitHost(text).Path != text;
        return registry is { Length: > 0 } ? $"{registry}/{SplitHost(text).Path}" : named ? text : null;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Registry}/{Repository}{(Tag is null ? "" : ":" + Tag)}{(Digest is { } d ? "@" + d : "")}";

    // As Docker reads it: the first part is a host when it has a dot or a port, or is localhost.
    private static (string Host, string Path) SplitHost(string name)
    {
        var slash = name.IndexOf('/');
        if (slash > 0 && (name.AsSpan(0, slash).ContainsAny('.', ':') || name.AsSpan(0, slash) is "localhost"))
        {
            var host = name[..slash];
            return (host is "index.docker.io" or "registry-1.docker.io" ? DefaultRegistry : host, name[(slash + 1)..]);
        }
        return (DefaultRegistry, name);
    }

    private static string? Problem(string registry, string path)
    {
        if (path.Length == 0)
        {
            return "it names no repository";
        }
        if (registry.AsSpan().IndexOfAnyExcept(HostCharacters) is var badHost and >= 0)
        {
            return $"`{registry[badHost]}` cannot stand in a host name";
        }
        if (registry.Length + path.Length > MaxName)
        {
            return "it is longer than 255 characters";
        }
        foreach (var part in path.Split('/'))
        {
            if (part.Length == 0)
            {
                return "it has an empty part between slashes";
            }
            if (part.AsSpan().IndexOfAnyExcept(PathCharacters) is var bad and >= 0)
            {
                return char.IsAsciiLetterUpper(part[bad]) ? "a repository's name has no capitals" : $"`{part[bad]}` cannot stand in a repository's name";
            }
            if (!char.IsAsciiLetterOrDigit(part[0]) || !char.IsAsciiLetterOrDigit(part[^1]))
            {
                return $"`{part}` does not start and end with a letter or digit";
            }
        }
        return null;
    }

    private static bool IsTag(string tag) =>
        tag.Length is > 0 and <= MaxTag && tag[0] is not ('.' or '-') && tag.AsSpan().IndexOfAnyExcept(TagCharacters) < 0;

    private static string Suggestion(string name, string? tag) => name.Any(char.IsAsciiLetterUpper)
        ? $"write `{name.ToLowerInvariant()}{(tag is null ? "" : ":" + tag)}`"
        : "write `[HOST[:PORT]/]NAME[:TAG]`, for example `docker.io/library/nginx:1.27`";

    private static Checked<ImageReference> Refused(string text, string reason, string fix) =>
        new(null, ImmutableArray.Create(ImageErrors.BadReference(text, reason, fix)));
}
