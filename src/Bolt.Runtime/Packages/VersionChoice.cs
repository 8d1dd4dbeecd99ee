using Bolt.Diagnostics;

namespace Bolt.Packages;

/// <summary>Which version a tag means, in an archive as it is.</summary>
/// <param name="Version">What <c>{version}</c> stands for.</param>
/// <param name="Pinned">The package version that the tag selects; null when the name alone selects.</param>
internal sealed record VersionChoice(string Version, Candidate? Pinned)
{
    public const string Placeholder = "{version}";

    public static VersionChoice Of(PackageRequest request, PackageSet packages)
    {
        if (request.VersionOf is { } named)
        {
            return OfPackage(request, packages, Relation.ParseAlternatives(named));
        }
        var pattern = request.Wanted.SelectMany(w => Relation.ParseAlternatives(w)).FirstOrDefault(r => r.Name.Contains(Placeholder, StringComparison.Ordinal));
        if (pattern.Name is not null)
        {
            return OfNames(request, packages, pattern.Name);
        }
        return request.Tag is null ? new VersionChoice("", null) : throw new BoltException(PackageErrors.Unversioned(request.For, request.Tag));
    }

    private static VersionChoice OfNames(PackageRequest request, PackageSet packages, string pattern)
    {
        var at = pattern.IndexOf(Placeholder, StringComparison.Ordinal);
        var (before, after) = (pattern[..at], pattern[(at + Placeholder.Length)..]);
        var found = packages.NamesFrom(before)
            .Where(n => n.EndsWith(after, StringComparison.Ordinal) && n.Length > before.Length + after.Length)
            .Select(n => n[before.Length..^after.Length])
            .Where(v => v.All(c => char.IsAsciiDigit(c) || c == '.') && packages.Versions(before + v + after).Count > 0);
        var version = Newest(request, packages, found, found.Where(v => request.Tag is null || v == request.Tag), pattern);
        return new VersionChoice(version, null);
    }

    private static VersionChoice OfPackage(PackageRequest request, PackageSet packages, Relation[] names)
    {
        var candidates = names.Select(n => packages.Versions(n.Name)).FirstOrDefault(v => v.Count > 0) ?? [];
        bool Matches(Candidate candidate)
        {
            var (full, upstream) = (candidate.Package.Version, DebianVersion.Upstream(candidate.Package.Version));
            return request.Tag is not { } tag || full == tag || upstream == tag
                || upstream.StartsWith(tag + ".", StringComparison.Ordinal) || upstream.StartsWith(tag + "+", StringComparison.Ordinal);
        }
        var version = Newest(request, packages, candidates.Select(c => DebianVersion.Upstream(c.Package.Version)),
            candidates.Where(Matches).Select(c => DebianVersion.Upstream(c.Package.Version)), names[0].Name);
        return new VersionChoice(version, candidates.First(c => Matches(c)));
    }

    private static string Newest(PackageRequest request, PackageSet packages, IEnumerable<string> all, IEnumerable<string> matching, string name)
    {
        var order = Comparer<string>.Create(DebianVersion.Compare);
        var available = all.Distinct().OrderDescending(order).ToList();
        if (available.Count == 0)
        {
            throw new BoltException(PackageErrors.NoPackage(request.For, name, packages.Suites));
        }
        return matching.OrderDescending(order).FirstOrDefault()
            ?? throw new BoltException(PackageErrors.NoVersion(request.For, request.Tag!, string.Join(", ", available)));
    }
}
