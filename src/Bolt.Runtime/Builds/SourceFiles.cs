using System.Collections.Immutable;
using System.Security.Cryptography;
using Bolt.Dockerfiles;
using Bolt.Storage;

namespace Bolt.Builds;

internal enum SourceKind
{
    File,
    Folder,
    Link,
}

/// <summary>One entry that COPY can take. Its content is read when it is asked for.</summary>
/// <param name="Path">Below the source's root, without a slash at either end.</param>
/// <param name="Link">Target of a symbolic link.</param>
internal sealed record SourceNode(string Path, SourceKind Kind, uint Mode, uint Uid, uint Gid, string Link, long Size, Func<Stream>? Open)
{
    /// <summary>Seconds since 1970 where the time is a part of the content (archives); null: it does not matter.</summary>
    public long? Time { get; init; }

    private Digest? content;

    /// <summary>Of its bytes; of an entry without any, of its link.</summary>
    public Digest Content()
    {
        if (content is { } known)
        {
            return known;
        }
        if (Open is null)
        {
            return Digest.Of(System.Text.Encoding.UTF8.GetBytes(Link));
        }
        using var stream = Open();
        var found = new Digest(Convert.ToHexStringLower(SHA256.HashData(stream)));
        content = found;
        return found;
    }
}

/// <summary>All entries of a source by path: the build's folder, a stage's files, an archive. Paths are resolved in it alone.</summary>
internal sealed class SourceFiles(ImmutableSortedDictionary<string, SourceNode> nodes)
{
    private const int MaxLinks = 40;

    public IEnumerable<SourceNode> All => nodes.Values;

    /// <summary>The entry that a path leads to, links followed; null: there is none. The root is the empty path.</summary>
    public SourceNode? Find(string path)
    {
        var (parts, links, place) = (new Stack<string>(PathPattern.Clean(path).Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse()), 0, "");
        var here = new SourceNode("", SourceKind.Folder, 0x1ED, 0, 0, "", 0, null);
        while (parts.TryPop(out var part))
        {
            if (part == "..")
            {
                place = place.Contains('/') ? place[..place.LastIndexOf('/')] : "";
                continue;
            }
            if (part == "." || here.Kind != SourceKind.Folder || !nodes.TryGetValue(Join(place, part), out var next))
            {
                if (part == ".")
                {
                    continue;
                }
                return null;
            }
            if (next.Kind != SourceKind.Link)
            {
                (here, place) = (next, next.Path);
                continue;
            }
            if (++links > MaxLinks)
            {
                return null;
            }
            place = next.Link.StartsWith('/') ? "" : place;
            foreach (var step in next.Link.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
            {
                parts.Push(step);
            }
            here = here with { Kind = SourceKind.Folder };
        }
        return place.Length == 0 ? new SourceNode("", SourceKind.Folder, 0x1ED, 0, 0, "", 0, null) : nodes.GetValueOrDefault(place);
    }

    /// <summary>All below a folder, itself not, in order.</summary>
    public IEnumerable<SourceNode> Below(SourceNode folder) =>
        folder.Path.Length == 0 ? nodes.Values : nodes.Values.Where(n => n.Path.StartsWith(folder.Path + "/", StringComparison.Ordinal));

    /// <summary>Paths that a pattern matches; null when it is none.</summary>
    public IReadOnlyList<string>? Match(string pattern) =>
        PathPattern.ToRegex(PathPattern.Clean(pattern)) is { } regex ? [.. nodes.Keys.Where(k => regex.IsMatch(k))] : null;

    public static string Join(string folder, string name) => folder.Length == 0 ? name : name.Length == 0 ? folder : folder + "/" + name;
}
