namespace Bolt.Packages;

internal enum LayerKind
{
    Folder,
    File,
    Link,
    HardLink,
}

/// <summary>One entry of a layer.</summary>
/// <param name="Path">Relative, usr-merged, no slash at either end.</param>
/// <param name="Mode">The lower 12 bits.</param>
/// <param name="ModifiedAt">Seconds since 1970.</param>
internal sealed record LayerNode(string Path, LayerKind Kind, int Mode, uint Uid, uint Gid, long ModifiedAt)
{
    /// <summary>Of a link: as written; of a hard link: a <see cref="Path"/>.</summary>
    public string Target { get; init; } = "";
    public Content Content { get; init; }
}
