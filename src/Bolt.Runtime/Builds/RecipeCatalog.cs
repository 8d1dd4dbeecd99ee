using System.Collections.Immutable;

namespace Bolt.Builds;

/// <summary>The recipes inside this library.</summary>
internal static class RecipeCatalog
{
    private const string Extension = ".capsule.toml";

    /// <summary>In ordinal order.</summary>
    public static ImmutableSortedSet<string> Names { get; } = typeof(RecipeCatalog).Assembly.GetManifestResourceNames()
        .Where(n => n.EndsWith(Extension, StringComparison.Ordinal))
        .Select(n => n[..^Extension.Length])
        .ToImmutableSortedSet(StringComparer.Ordinal);

    /// <summary>The text of an embedded recipe; null when there is none of this name.</summary>
    public static string? Read(string name)
    {
        using var stream = typeof(RecipeCatalog).Assembly.GetManifestResourceStream(name + Extension);
        return stream is null ? null : new StreamReader(stream).ReadToEnd();
    }
}
