using System.Collections.Immutable;

namespace Bolt.Packages;

/// <summary>What a layer has besides its packages' files, and what of those it leaves out. Paths are absolute, usr-merged.</summary>
internal sealed record LayerExtras
{
    /// <summary>Files and whole folders of packages that are left out.</summary>
    public ImmutableArray<string> Prune { get; init; } = [];
    /// <summary>Exceptions from <see cref="Prune"/>, as patterns: <c>*</c> is any part of one name.</summary>
    public ImmutableArray<string> Keep { get; init; } = [];
    /// <summary>In this order; a later entry replaces an earlier one and a package's of the same path.</summary>
    public ImmutableArray<LayerEntry> Entries { get; init; } = [];
}

/// <summary>One path that no package brings.</summary>
internal abstract record LayerEntry(string Path, uint Uid, uint Gid, int Mode)
{
    public sealed record Folder(string Path, uint Uid, uint Gid, int Mode) : LayerEntry(Path, Uid, Gid, Mode);
    public sealed record File(string Path, uint Uid, uint Gid, int Mode, string Content) : LayerEntry(Path, Uid, Gid, Mode);
    /// <summary>The same with any content.</summary>
    public sealed record Bytes(string Path, uint Uid, uint Gid, int Mode, ReadOnlyMemory<byte> Content) : LayerEntry(Path, Uid, Gid, Mode);
    public sealed record Link(string Path, string Target) : LayerEntry(Path, 0, 0, 0x1ff);
    /// <summary>The contents of all package files that match a pattern, in ordinal order of their paths.</summary>
    public sealed record Concatenation(string Path, uint Uid, uint Gid, int Mode, string Pattern) : LayerEntry(Path, Uid, Gid, Mode);
}
