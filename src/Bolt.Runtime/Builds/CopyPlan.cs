using System.Collections.Immutable;
using Bolt.Dockerfiles;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>An entry that goes into the image.</summary>
/// <param name="Name">Below the target; empty: it is the target itself.</param>
internal sealed record CopyPick(string Name, SourceNode Node);

/// <summary>What COPY takes of its source, and how it is called below the target. Pure but for the content that is hashed.</summary>
/// <param name="Picks">Each name once; of two entries with one name the later source has won.</param>
/// <param name="IntoFolder">The target is a folder, whatever the image has there.</param>
internal sealed record CopyPlan(ImmutableArray<CopyPick> Picks, bool IntoFolder)
{
    /// <summary>Equal keys: equal names, modes, owners and contents.</summary>
    public IEnumerable<string> Key() => Picks.SelectMany(p => new[]
    {
        p.Name, p.Node.Kind.ToString(), $"{p.Node.Mode} {p.Node.Uid} {p.Node.Gid} {p.Node.Time}", p.Node.Kind == SourceKind.Folder ? "" : p.Node.Content().Hex,
    }).Append(IntoFolder.ToString());

    public static Digest ContentOf(IEnumerable<SourceNode> nodes) => StepCache.Key(new CopyPlan([.. nodes.Select(n => new CopyPick(n.Path, n))], true).Key());

    /// <summary>Takes what several sources choose together.</summary>
    public static CopyPlan Of(IEnumerable<CopyPick> picks, bool intoFolder)
    {
        var byName = new SortedDictionary<string, CopyPick>(StringComparer.Ordinal);
        foreach (var pick in picks)
        {
            byName[pick.Name] = pick;
        }
        return new CopyPlan([.. byName.Values], intoFolder);
    }

    /// <summary>Null: a path that does not exist. A pattern that matches nothing takes nothing.</summary>
    /// <param name="source">As the Dockerfile says it.</param>
    /// <param name="many">Set when it takes more than one entry, so that the target must be a folder.</param>
    public static IEnumerable<CopyPick>? Choose(SourceFiles files, string source, CopyFlags flags, IgnoreFile exclude, out bool many)
    {
        many = false;
        // "./" in the middle parts what is kept of the path from what is not (--parents).
        var pivot = flags.Parents ? source.IndexOf("/./", StringComparison.Ordinal) : -1;
        var dropped = pivot >= 0 ? PathPattern.Clean(source[..pivot]) : "";
        string[] matches = [PathPattern.Clean(source)];
        if (PathPattern.HasWildcard(source))
        {
            matches = [.. files.Match(source) ?? []];
            many = matches.Length > 1;
        }
        var picks = new List<CopyPick>();
        foreach (var match in matches)
        {
            if (files.Find(match) is not { } node)
            {
                return null;
            }
            var kept = flags.Parents ? match[Math.Min(match.Length, dropped.Length)..].Trim('/') : "";
            many |= flags.Parents;
            picks.AddRange(Of(files, node, match, kept, exclude, flags.Parents));
        }
        return picks;
    }

    private static IEnumerable<CopyPick> Of(SourceFiles files, SourceNode node, string match, string kept, IgnoreFile exclude, bool parents)
    {
        var name = match[(match.LastIndexOf('/') + 1)..];
        if (node.Kind != SourceKind.Folder)
        {
            return exclude.IsIgnored(match) || exclude.IsIgnored(name) ? [] : [new CopyPick(parents ? kept : name, node)];
        }
        var below = files.Below(node).Select(n => (Inner: node.Path.Length == 0 ? n.Path : n.Path[(node.Path.Length + 1)..], Node: n))
            .Where(n => !exclude.IsIgnored(n.Inner) && !exclude.IsIgnored(SourceFiles.Join(match, n.Inner)))
            .Select(n => new CopyPick(SourceFiles.Join(kept, n.Inner), n.Node));
        // A folder's content goes into the target, not the folder; with --parents the folder too.
        return parents && kept.Length > 0 ? below.Prepend(new CopyPick(kept, node)) : below;
    }
}
