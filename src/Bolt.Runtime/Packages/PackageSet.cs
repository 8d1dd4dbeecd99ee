namespace Bolt.Packages;

/// <summary>All packages of the opened suites for one architecture.</summary>
internal sealed class PackageSet(IReadOnlyList<OpenSuite> suites, string architecture)
{
    private readonly Dictionary<string, List<Candidate>> byName = [];
    private readonly Dictionary<string, List<Candidate>> providers = [];

    /// <summary>Versions of a name, newest first; equal ones in the order of the sources.</summary>
    public IReadOnlyList<Candidate> Versions(string name) => Look(byName, name, i => i.Find(name));

    /// <summary>Packages that provide a name, by name and then newest first.</summary>
    public IReadOnlyList<Candidate> Providers(string name) => Look(providers, name, i => i.Providers(name));

    public IEnumerable<string> NamesFrom(string prefix) => suites.SelectMany(s => s.Indexes).SelectMany(i => i.NamesFrom(prefix)).Distinct();

    /// <summary>"debian/bookworm, debian/bookworm-updates".</summary>
    public string Suites => string.Join(", ", suites.Select(s => s.Locked.Id).Distinct());

    private List<Candidate> Look(Dictionary<string, List<Candidate>> known, string name, Func<ArchiveIndex, IEnumerable<IndexedPackage>> find)
    {
        if (!known.TryGetValue(name, out var found))
        {
            found = [.. suites.SelectMany(s => s.Indexes.SelectMany(find)
                    .Where(p => p.Architecture == architecture || p.Architecture == "all")
                    .Select(p => new Candidate(p, s.Locked.Id)))
                .DistinctBy(c => (c.Package.Name, c.Package.Version, c.Package.Sha256))
                .OrderBy(c => c.Package.Name, StringComparer.Ordinal)
                .ThenByDescending(c => c.Package.Version, Comparer<string>.Create(DebianVersion.Compare))];
            known.Add(name, found);
        }
        return found;
    }
}

/// <summary>A package and the suite that lists it.</summary>
internal sealed record Candidate(IndexedPackage Package, string Suite)
{
    /// <summary>True when it is, or provides, what a relation asks for (policy 7.5: an unversioned provision meets no versioned relation).</summary>
    public bool Meets(Relation relation)
    {
        if (Package.Name == relation.Name)
        {
            return DebianVersion.Satisfies(Package.Version, relation.Operator, relation.Version);
        }
        return Relation.ParseAll(Package.Provides).Any(p => p[0].Name == relation.Name
            && (relation.Operator.Length == 0 || (p[0].Operator == "=" && DebianVersion.Satisfies(p[0].Version, relation.Operator, relation.Version))));
    }
}
