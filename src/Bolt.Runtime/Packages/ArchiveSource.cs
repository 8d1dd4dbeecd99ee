using System.Collections.Immutable;

namespace Bolt.Packages;

/// <summary>One suite of one archive, as apt's sources name it (sources.list(5)).</summary>
/// <param name="Uri">http:, https: or file:, no slash at its end.</param>
/// <param name="Suite">"bookworm-security"; a suite with a slash at its end (a flat archive) is not used.</param>
/// <param name="Components">main, universe…</param>
/// <param name="Architectures">Empty: all.</param>
/// <param name="Keys">Whose signatures count.</param>
/// <param name="At">File and line, for sentences.</param>
internal sealed record ArchiveSource(
    string Uri,
    string Suite,
    ImmutableArray<string> Components,
    ImmutableArray<string> Architectures,
    KeySource Keys,
    string At)
{
    public override string ToString() => $"{Uri} {Suite}";
}

/// <summary>Where the keys of a source come from.</summary>
internal abstract record KeySource
{
    private KeySource() { }
    /// <summary>Key files, armored or not.</summary>
    public sealed record Files(ImmutableArray<string> Paths) : KeySource;
    /// <summary>Armored text that stands in the sources themselves, or in this library with the only fingerprints that count.</summary>
    public sealed record Armored(string Text, ImmutableArray<string>? Only = null) : KeySource;
    /// <summary>Those of the key files whose primary key or subkey has one of these fingerprints.</summary>
    public sealed record Fingerprints(ImmutableArray<string> Wanted, ImmutableArray<string> Paths) : KeySource;
}
