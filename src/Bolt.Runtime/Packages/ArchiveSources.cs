using System.Collections.Immutable;

namespace Bolt.Packages;

/// <summary>The archives that packages may come from.</summary>
/// <param name="Sources">In order of preference where versions are equal.</param>
/// <param name="Configured">False: this machine configures none, so these are the built-in ones.</param>
internal sealed record ArchiveSources(ImmutableArray<ArchiveSource> Sources, bool Configured)
{
    /// <summary>Whether the distributions' own mirrors are asked for what those of the sources do not have.</summary>
    public bool AsksOfficial { get; init; } = true;

    private static readonly string[] Components = ["main", "restricted", "universe", "multiverse", "contrib", "non-free", "non-free-firmware"];
    private static readonly string[] Suites =
        ["bookworm", "trixie", "forky", "duke", "sid", "oldstable", "stable", "testing", "unstable",
         "jammy", "noble", "plucky", "questing", "resolute"];

    /// <summary>
    /// The machine's own apt sources where they name an archive of Debian or Ubuntu, else Debian stable. A source of
    /// another kind of suite, or without one of the distributions' components, is some vendor's: it is never asked.
    /// </summary>
    /// <param name="root">"/" or a folder that stands for it.</param>
    public static ArchiveSources OfMachine(string root)
    {
        var usable = new AptSources(root).Read().Where(s => LooksLikeDistribution(s, Codename(root))).ToImmutableArray();
        return usable.IsEmpty ? DebianStable : new ArchiveSources(usable, true);
    }

    /// <summary>Debian's own mirrors with the keys that this library carries.</summary>
    public static ArchiveSources DebianStable { get; } = Debian("http://deb.debian.org", "trixie");

    /// <summary>The suites of one release of Debian on one mirror.</summary>
    public static ArchiveSources Debian(string mirror, string codename) => new(
    [
        BuiltIn($"{mirror}/debian", codename),
        BuiltIn($"{mirror}/debian", codename + "-updates"),
        BuiltIn($"{mirror}/debian-security", codename + "-security"),
    ], false);

    /// <summary>Mirrors to try for a package of a suite that this machine does not configure; its hash is what is trusted.</summary>
    public IEnumerable<string> Mirrors(string suiteId)
    {
        var suite = suiteId[(suiteId.IndexOf('/', StringComparison.Ordinal) + 1)..];
        var own = Sources.Where(s => s.Suite == suite).Concat(Sources).Select(s => s.Uri);
        IEnumerable<string> official = suiteId.StartsWith("ubuntu/", StringComparison.Ordinal)
            ? ["http://archive.ubuntu.com/ubuntu", "http://ports.ubuntu.com/ubuntu-ports"]
            : ["http://deb.debian.org/debian", "http://deb.debian.org/debian-security"];
        return own.Concat(AsksOfficial ? official : []).Distinct();
    }

    private static ArchiveSource BuiltIn(string uri, string suite) =>
        new(uri, suite, ["main"], [], new KeySource.Armored(DebianKeys.Armored, DebianKeys.Fingerprints), "built in");

    private static bool LooksLikeDistribution(ArchiveSource source, string? codename)
    {
        var first = source.Suite.Split('-', '/')[0];
        return source.Components.Any(c => Components.Contains(c)) && (Suites.Contains(first) || first == codename)
            && (source.Uri.StartsWith("http", StringComparison.Ordinal) || source.Uri.StartsWith("file:", StringComparison.Ordinal));
    }

    private static string? Codename(string root)
    {
        var file = Path.Combine(root, "etc/os-release");
        return !File.Exists(file) ? null : File.ReadLines(file)
            .FirstOrDefault(l => l.StartsWith("VERSION_CODENAME=", StringComparison.Ordinal))?.Split('=')[1].Trim('"');
    }
}
