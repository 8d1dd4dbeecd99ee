using System.Collections.Immutable;

namespace Bolt.Evidence;

/// <summary>A package that an image has.</summary>
/// <param name="Purl">"pkg:deb/debian/libc6@2.36-9?arch=amd64" (package-url).</param>
/// <param name="Sha256">Of the package's own file, hex; null: not known.</param>
/// <param name="From">Where this was read.</param>
internal sealed record InstalledPackage(string Name, string Version, string Purl, string? Sha256, string From)
{
    /// <summary>Purls of what it needs, as far as it says.</summary>
    public ImmutableArray<string> Needs { get; init; } = [];

    public static string Part(string text) => Uri.EscapeDataString(text);
}
