using Bolt.Diagnostics;

namespace Bolt.Packages;

/// <summary>Names in packages and recipes -> paths in a layer.</summary>
internal static class LayerPath
{
    /// <summary>Folders of a merged /usr (file-hierarchy(7)); bookworm's packages still bring files at the old paths.</summary>
    public static readonly string[] Merged = ["bin", "lib", "lib32", "lib64", "libx32", "sbin"];

    /// <summary>Null for the root itself. A path that leads elsewhere than it says is refused.</summary>
    public static string? OfPackage(string package, string name)
    {
        var trimmed = name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name is "." ? "" : name;
        return Problem(trimmed) is { } problem
            ? throw new BoltException(PackageErrors.HostilePath(package, name, problem))
            : Merge(trimmed.TrimEnd('/'));
    }

    /// <summary>An absolute path of a recipe.</summary>
    public static string OfRecipe(string path)
    {
        var problem = path.StartsWith('/') ? Problem(path[1..]) : "is not absolute";
        return problem is null && Merge(path.Trim('/')) is { } merged
            ? merged
            : throw new BoltException(PackageErrors.BadLayerEntry(path, problem is null ? "it is the root" : $"it {problem}"));
    }

    private static string? Problem(string path) =>
        path.StartsWith('/') ? "is absolute"
        : path.Length > 4095 ? "is longer than a path can be"
        : path.AsSpan().IndexOfAnyInRange('\0', '\x1f') >= 0 ? "has control characters"
        : path.TrimEnd('/').Split('/').Any(p => p is ".." or ".") || path.Contains("//", StringComparison.Ordinal) ? "leads elsewhere"
        : null;

    private static string? Merge(string path)
    {
        if (path.Length == 0)
        {
            return null;
        }
        var first = path.IndexOf('/') is var slash and > 0 ? path[..slash] : path;
        return Merged.Contains(first) ? "usr/" + path : path;
    }
}

/// <summary>What of the packages' files a layer leaves out.</summary>
internal sealed class PathFilter(LayerExtras extras)
{
    private readonly string[] prune = [.. extras.Prune.Select(LayerPath.OfRecipe)];
    private readonly string[][] keep = [.. extras.Keep.Select(k => LayerPath.OfRecipe(k).Split('/'))];

    public bool Drops(string path, bool folder) =>
        prune.Any(p => path.StartsWith(p, StringComparison.Ordinal) && (path.Length == p.Length || path[p.Length] == '/'))
        && (folder || !keep.Any(k => Matches(k, path.Split('/'))));

    /// <summary>Part by part; <c>*</c> in a part is any text without a slash.</summary>
    public static bool Matches(string[] pattern, string[] path) =>
        pattern.Length == path.Length && pattern.Zip(path).All(p => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(p.First, p.Second, ignoreCase: false));
}
