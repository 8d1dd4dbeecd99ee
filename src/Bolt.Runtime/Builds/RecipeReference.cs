using System.Buffers;

namespace Bolt.Builds;

/// <summary>A recipe that someone asks for: an embedded one by name, or a file of the user's.</summary>
/// <param name="Name">Embedded name, or the file's name without <c>.capsule.toml</c>.</param>
/// <param name="Tag">Wanted version; null or "latest" is the newest.</param>
/// <param name="File">Absolute path of a <c>*.capsule.toml</c>; null: embedded.</param>
internal sealed record RecipeReference(string Name, string? Tag, string? File)
{
    private const string Scheme = "bolt://";
    private const string Extension = ".capsule.toml";
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");
    private static readonly SearchValues<char> TagCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._+~");

    /// <summary><c>bolt://nginx:latest</c>, <c>postgres:15</c>, <c>./mine.capsule.toml</c>; null when it is none of these.</summary>
    /// <param name="text">What the user wrote.</param>
    /// <param name="folder">What a relative path is relative to.</param>
    public static RecipeReference? Parse(string text, string folder)
    {
        if (text.EndsWith(Extension, StringComparison.Ordinal))
        {
            var path = System.IO.Path.GetFullPath(text, folder);
            return new RecipeReference(System.IO.Path.GetFileName(path)[..^Extension.Length], null, path);
        }
        var name = text.StartsWith(Scheme, StringComparison.Ordinal) ? text[Scheme.Length..] : text;
        string? tag = null;
        if (name.IndexOf(':') is var colon and >= 0)
        {
            (name, tag) = (name[..colon], name[(colon + 1)..]);
        }
        var wellFormed = name.Length is > 0 and <= 64 && name.AsSpan().IndexOfAnyExcept(NameCharacters) < 0
            && (tag is null || (tag.Length is > 0 and <= 64 && tag.AsSpan().IndexOfAnyExcept(TagCharacters) < 0));
        return wellFormed ? new RecipeReference(name, tag == "latest" ? null : tag, null) : null;
    }

    /// <summary>True when an embedded recipe has this name, or a file is named.</summary>
    public bool Exists => File is not null || RecipeCatalog.Names.Contains(Name);

    /// <summary>As the user would write it.</summary>
    public override string ToString() => (File ?? Name) + (Tag is null ? "" : ":" + Tag);
}
