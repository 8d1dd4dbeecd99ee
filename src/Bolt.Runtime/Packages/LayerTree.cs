using System.Text;
using Bolt.Diagnostics;

namespace Bolt.Packages;

/// <summary>Packages' files and a recipe's extras -> one tree, its entries in the order of the layer.</summary>
internal sealed class LayerTree(string architecture)
{
    private readonly SortedDictionary<string, LayerNode> nodes = new(StringComparer.Ordinal);
    private long newest;

    /// <summary>Sorted by path; hard links last, so each comes after its target.</summary>
    public IReadOnlyList<LayerNode> Merge(IEnumerable<DebContents> packages, LayerExtras extras)
    {
        // By package name: whichever order they were unpacked in, the same one wins where two bring one path.
        foreach (var package in packages.OrderBy(p => p.Package, StringComparer.Ordinal))
        {
            foreach (var node in package.Nodes)
            {
                newest = Math.Max(newest, node.ModifiedAt);
                AddPackageNode(node);
            }
        }
        AddMergedLinks();
        foreach (var entry in extras.Entries)
        {
            AddEntry(entry);
        }
        AddParents();
        return [.. nodes.Values.Where(n => n.Kind != LayerKind.HardLink), .. nodes.Values.Where(n => n.Kind == LayerKind.HardLink).Select(HardLink)];
    }

    private void AddPackageNode(LayerNode node)
    {
        // base-files of newer suites brings the links of the merged /usr as files of its own: bin -> usr/bin.
        var isMergedLink = node.Kind == LayerKind.Link && node.Path.StartsWith("usr/", StringComparison.Ordinal)
            && LayerPath.Merged.Contains(node.Path[4..]) && node.Target.EndsWith(node.Path, StringComparison.Ordinal);
        if (!isMergedLink)
        {
            nodes.TryAdd(node.Path, node);
        }
    }

    private void AddMergedLinks()
    {
        foreach (var name in LayerPath.Merged)
        {
            if (name is "bin" or "lib" or "sbin" || (name == "lib64" && architecture == "amd64") || nodes.ContainsKey("usr/" + name))
            {
                nodes.TryAdd("usr/" + name, Folder("usr/" + name));
                nodes[name] = new LayerNode(name, LayerKind.Link, 0x1ff, 0, 0, newest) { Target = "usr/" + name };
            }
        }
    }

    private void AddEntry(LayerEntry entry)
    {
        var path = LayerPath.OfRecipe(entry.Path);
        var node = new LayerNode(path, LayerKind.File, entry.Mode, entry.Uid, entry.Gid, newest);
        nodes[path] = entry switch
        {
            LayerEntry.Folder => node with { Kind = LayerKind.Folder },
            LayerEntry.Link link => node with { Kind = LayerKind.Link, Target = link.Target },
            LayerEntry.File file => node with { Content = Content.Of(Encoding.UTF8.GetBytes(file.Content)) },
            LayerEntry.Bytes bytes => node with { Content = Content.Of(bytes.Content.ToArray()) },
            LayerEntry.Concatenation all => node with { Content = Concatenate(all) },
            _ => throw new InvalidOperationException(),
        };
    }

    private Content Concatenate(LayerEntry.Concatenation all)
    {
        var pattern = LayerPath.OfRecipe(all.Pattern).Split('/');
        var bytes = new MemoryStream();
        var buffer = new byte[32 << 10];
        foreach (var node in nodes.Values.Where(n => n.Kind == LayerKind.File && PathFilter.Matches(pattern, n.Path.Split('/'))))
        {
            for (long at = 0; at < node.Content.Length;)
            {
                var count = node.Content.Read(at, buffer);
                bytes.Write(buffer, 0, count);
                at += count;
            }
        }
        return bytes.Length > 0
            ? Content.Of(bytes.ToArray())
            : throw new BoltException(PackageErrors.BadLayerEntry(all.Path, $"no file of its packages matches `{all.Pattern}`"));
    }

    // No entry may lie below something that is not a folder: whoever unpacks would follow a link out of the tree.
    private void AddParents()
    {
        foreach (var path in nodes.Keys.ToList())
        {
            for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
            {
                var parent = path[..slash];
                if (!nodes.TryGetValue(parent, out var node))
                {
                    nodes.Add(parent, Folder(parent));
                }
                else if (node.Kind != LayerKind.Folder)
                {
                    throw new BoltException(PackageErrors.BadLayerEntry("/" + path, $"`/{parent}` is no folder"));
                }
            }
        }
    }

    // Whoever unpacks sets the mode and owner of an entry on the one file that both names have.
    private LayerNode HardLink(LayerNode node) => nodes.TryGetValue(node.Target, out var target) && target.Kind == LayerKind.File
        ? node with { Mode = target.Mode, Uid = target.Uid, Gid = target.Gid, ModifiedAt = target.ModifiedAt }
        : throw new BoltException(PackageErrors.BadLayerEntry("/" + node.Path, $"it is a hard link to `/{node.Target}`, which the layer does not have"));

    private LayerNode Folder(string path) => new(path, LayerKind.Folder, 0x1ed, 0, 0, newest);
}
