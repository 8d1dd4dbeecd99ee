using System.Collections.Immutable;
using Bolt.Diagnostics;

namespace Bolt.Packages;

/// <summary>
/// The closure of what is wanted over Pre-Depends and Depends. Greedy, as a closure of one archive can be: the first
/// alternative that exists is taken, one that is preferred or already chosen before it; nothing is taken back.
/// </summary>
internal sealed class Resolver(PackageRequest request, PackageSet packages, VersionChoice version)
{
    private const string Wanted = "wanted";

    private readonly Dictionary<string, (Candidate Candidate, string Reason)> chosen = new(StringComparer.Ordinal);
    private readonly Queue<Candidate> open = new();
    // A version that the archive has no more still is what its name says.
    private readonly Candidate[] present = [.. request.Present.Select(p => packages.Versions(p.Name).FirstOrDefault(c => c.Package.Version == p.Version)
        ?? new Candidate(new IndexedPackage(p.Name, p.Version, p.Architecture, p.Path, "", "", p.Size, p.Sha256), p.Suite))];
    private readonly string[] drops = [.. request.Drops.Select(d => d.Replace(VersionChoice.Placeholder, version.Version, StringComparison.Ordinal))];

    /// <summary>By name, in ordinal order.</summary>
    public ImmutableArray<LockedPackage> Resolve()
    {
        foreach (var wanted in request.Wanted)
        {
            var alternatives = Relation.ParseAlternatives(wanted.Replace(VersionChoice.Placeholder, version.Version, StringComparison.Ordinal));
            if (!Choose(alternatives, Wanted))
            {
                throw new BoltException(PackageErrors.NoPackage(request.For, string.Join(" | ", alternatives), packages.Suites));
            }
        }
        while (open.TryDequeue(out var candidate))
        {
            foreach (var alternatives in Relation.ParseAll(candidate.Package.Depends))
            {
                if (!alternatives.Any(a => Dropped(a.Name)) && !Choose(alternatives, candidate.Package.Name))
                {
                    throw new BoltException(PackageErrors.Unmet(request.For, candidate.Package.Name, string.Join(" | ", alternatives)));
                }
            }
        }
        return [.. chosen.Values.OrderBy(c => c.Candidate.Package.Name, StringComparer.Ordinal).Select(c => Lock(c.Candidate, c.Reason))];
    }

    private bool Choose(Relation[] alternatives, string reason)
    {
        if (alternatives.Any(a => chosen.Values.Any(c => c.Candidate.Meets(a)) || (reason != Wanted && Array.Exists(present, c => c.Meets(a)))))
        {
            return true;
        }
        var ordered = alternatives.Where(a => Usable(a)).OrderBy(a => request.Prefers.Contains(a.Name) ? 0 : 1);
        foreach (var alternative in ordered)
        {
            var found = Candidates(alternative).FirstOrDefault(c => c.Meets(alternative)
                && !Dropped(c.Package.Name) && !chosen.ContainsKey(c.Package.Name));
            if (found is not null)
            {
                chosen.Add(found.Package.Name, (found, reason));
                open.Enqueue(found);
                return true;
            }
        }
        return false;
    }

    // "libllvm*": the name carries a version that differs between releases.
    private bool Dropped(string name) => drops.Any(d => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(d, name, ignoreCase: false));

    // "foo:any" and "foo:amd64" name this machine's foo; another architecture's is never installed.
    private bool Usable(Relation relation) =>
        relation.Architecture is "" or "any" or "native" || relation.Architecture == request.Architecture;

    private IEnumerable<Candidate> Candidates(Relation relation)
    {
        if (version.Pinned is { } pinned && pinned.Package.Name == relation.Name)
        {
            return [pinned];
        }
        var providers = packages.Providers(relation.Name).OrderBy(c => request.Prefers.Contains(c.Package.Name) ? 0 : 1);
        return SameSource(packages.Versions(relation.Name)).Concat(providers);
    }

    // A tag may select an older version than the newest; what is built from the same source has to follow it.
    private IEnumerable<Candidate> SameSource(IReadOnlyList<Candidate> versions) => version.Pinned is not { } pinned
        ? versions
        : versions.OrderBy(c => c.Package.Version == pinned.Package.Version ? 0 : 1);

    private static LockedPackage Lock(Candidate candidate, string reason) => new(
        candidate.Package.Name, candidate.Package.Version, candidate.Package.Architecture, candidate.Package.Sha256,
        candidate.Package.Size, candidate.Suite, candidate.Package.Path, reason);
}
