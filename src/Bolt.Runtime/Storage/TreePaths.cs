using Bolt.Diagnostics;

namespace Bolt.Storage;

/// <summary>
/// Names of layer entries as places inside a tree that nobody else writes to. A link on the way is followed as a process
/// whose root is the tree would follow it; the last part never is. Missing folders on the way are made.
/// </summary>
internal sealed class TreePaths(string root)
{
    /// <summary>As many as the kernel follows (path_resolution(7)).</summary>
    private const int MaxLinks = 40;
    private const int MaxDepth = 1000;

    // Folders that are known to be real ones, relative to the root; spares an lstat for each part of each name.
    private readonly HashSet<string> folders = new(StringComparer.Ordinal) { "" };

    /// <summary>Called for each folder that had to be made on the way.</summary>
    public Action<string> FolderMade { get; init; } = _ => { };

    /// <summary>Absolute path of a place.</summary>
    public string Absolute(string place) => place.Length == 0 ? root : root + "/" + place;

    /// <summary>Where an entry's name leads: relative to the root, without links before its last part; "" is the root.</summary>
    public string Resolve(string name)
    {
        var parts = Parts(name, name);
        if (parts.Count == 0)
        {
            return "";
        }
        var last = parts[^1];
        parts.RemoveAt(parts.Count - 1);
        var parent = ResolveFolder(parts, name);
        return parent.Length == 0 ? last : parent + "/" + last;
    }

    public void Made(string place) => folders.Add(place);

    /// <summary>Something other than a folder stands there now, or nothing.</summary>
    public void Gone(string place)
    {
        if (folders.Contains(place))
        {
            folders.RemoveWhere(f => f == place || f.StartsWith(place + "/", StringComparison.Ordinal));
        }
    }

    private string ResolveFolder(List<string> parts, string name)
    {
        var place = "";
        var links = 0;
        var left = new Stack<string>(Enumerable.Reverse(parts));
        while (left.TryPop(out var part))
        {
            if (part == "..")
            {
                // Only a link's target has it; above the root is the root.
                place = place.LastIndexOf('/') is var slash and > 0 ? place[..slash] : "";
                continue;
            }
            var next = place.Length == 0 ? part : place + "/" + part;
            if (folders.Contains(next))
            {
                place = next;
                continue;
            }
            switch (TreeFiles.KindOf(Absolute(next)))
            {
                case TreeKind.Absent:
                    Directory.CreateDirectory(Absolute(next), TreeFiles.WhileUnpacking);
                    FolderMade(next);
                    break;
                case TreeKind.Folder:
                    break;
                case TreeKind.Link when ++links <= MaxLinks:
                    var target = new FileInfo(Absolute(next)).LinkTarget ?? "";
                    place = target.StartsWith('/') ? "" : place;
                    foreach (var piece in Enumerable.Reverse(target.Split('/')).Where(p => p is not ("" or ".")))
                    {
                        left.Push(piece);
                    }
                    continue;
                default:
                    throw new BoltException(StorageErrors.NotUnpacked(name, $"`/{next}` on the way is no folder"));
            }
            folders.Add(next);
            place = next;
        }
        return place;
    }

    private static List<string> Parts(string name, string entry)
    {
        var parts = name.Split('/').Where(p => p is not ("" or ".")).ToList();
        if (parts.Contains("..") || name.Contains('\0', StringComparison.Ordinal) || parts.Count > MaxDepth)
        {
            throw new BoltException(StorageErrors.EntryLeaves(entry));
        }
        return parts;
    }
}

/// <summary>What a path names, without following a link.</summary>
internal enum TreeKind
{
    Absent,
    Folder,
    Link,
    Other,
}

/// <summary>The few questions and acts of unpacking.</summary>
internal static class TreeFiles
{
    /// <summary>Folders stay writable to the unpacking user until all is in them.</summary>
    public const UnixFileMode WhileUnpacking = (UnixFileMode)0b111_000_000;

    public static TreeKind KindOf(string path)
    {
        // -1: absent. The File methods would throw, which costs more than the rest of an entry.
        var attributes = new FileInfo(path).Attributes;
        return attributes == (FileAttributes)(-1) ? TreeKind.Absent
            : attributes.HasFlag(FileAttributes.ReparsePoint) ? TreeKind.Link
            : attributes.HasFlag(FileAttributes.Directory) ? TreeKind.Folder
            : TreeKind.Other;
    }

    /// <summary>Removes whatever is there; a tree in work has no files of other owners.</summary>
    public static void Remove(string path, TreeKind kind)
    {
        if (kind == TreeKind.Folder)
        {
            Directory.Delete(path, recursive: true);
        }
        else if (kind != TreeKind.Absent)
        {
            File.Delete(path);
        }
    }
}
