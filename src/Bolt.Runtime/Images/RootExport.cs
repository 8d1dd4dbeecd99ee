using System.Formats.Tar;
using Bolt.Storage;

namespace Bolt.Images;

/// <summary>
/// The root file system of an image as one tar: its layers from the top down, each without what those above it replace or
/// hide. It is made from the layers' bytes, so owners, modes and attributes are the image's own, whoever exports.
/// </summary>
internal sealed class RootExport(ContentStore content)
{
    private const string Whiteout = ".wh.", Opaque = ".wh..wh..opq";

    // What is written already, and what hides everything below it in the layers that follow.
    private readonly HashSet<string> written = new(StringComparer.Ordinal);
    private readonly HashSet<string> shut = new(StringComparer.Ordinal);

    public async Task WriteAsync(LocalImage image, Stream target, CancellationToken cancellationToken)
    {
        var writer = new TarWriter(target, TarEntryFormat.Pax, leaveOpen: true);
        await using (writer.ConfigureAwait(false))
        {
            foreach (var layer in image.Layers.Reverse())
            {
                await Task.Run(() => WriteLayer(layer, writer, cancellationToken), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private void WriteLayer(ImageLayer layer, TarWriter writer, CancellationToken cancellationToken)
    {
        // Marks of this layer hide what lies below it, not what is in it.
        var (closing, own) = (new List<string>(), new HashSet<string>(StringComparer.Ordinal));
        var firstNames = FirstNames(layer);
        using var guard = Open(layer);
        using var reader = new TarReader(guard, leaveOpen: true);
        while (reader.GetNextEntry() is { } entry)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var path = Clean(entry.Name);
            var name = path[(path.LastIndexOf('/') + 1)..];
            if (name.StartsWith(Whiteout, StringComparison.Ordinal))
            {
                var parent = path[..^name.Length].TrimEnd('/');
                closing.Add(name == Opaque ? parent + "/" : Join(parent, name[Whiteout.Length..]));
                continue;
            }
            if (path.Length == 0 || entry.EntryType is TarEntryType.GlobalExtendedAttributes || (IsHidden(path) && !firstNames.ContainsKey(path)))
            {
                continue;
            }
            Write(entry, guard.Attributes, path, firstNames, writer);
            own.Add(path);
            if (entry.EntryType is not TarEntryType.Directory)
            {
                closing.Add(path);
            }
        }
        written.UnionWith(own);
        shut.UnionWith(closing);
    }

    private static void Write(TarEntry entry, IReadOnlyList<(string Name, byte[] Value)> attributes, string path, Dictionary<string, string> firstNames, TarWriter writer)
    {
        if (entry.EntryType is TarEntryType.HardLink)
        {
            var target = Clean(entry.LinkName);
            var first = firstNames.GetValueOrDefault(target, target);
            // The content went out under this name already.
            if (first == path)
            {
                return;
            }
            entry.LinkName = first;
        }
        writer.WriteEntry(new PaxTarEntry(Kind(entry), firstNames.GetValueOrDefault(path, path), Texts(attributes))
        {
            Mode = entry.Mode,
            Uid = entry.Uid,
            Gid = entry.Gid,
            ModificationTime = entry.ModificationTime,
        }.With(entry));
    }

    // A file that is replaced above may have other names that are not: the first of them gets its content.
    private Dictionary<string, string> FirstNames(ImageLayer layer)
    {
        var first = new Dictionary<string, string>(StringComparer.Ordinal);
        if (written.Count == 0)
        {
            return first;
        }
        using var guard = Open(layer);
        using var reader = new TarReader(guard, leaveOpen: true);
        while (reader.GetNextEntry() is { } entry)
        {
            var path = Clean(entry.Name);
            if (entry.EntryType is TarEntryType.HardLink && !IsHidden(path) && IsHidden(Clean(entry.LinkName)))
            {
                first.TryAdd(Clean(entry.LinkName), path);
            }
        }
        return first;
    }

    private bool IsHidden(string path)
    {
        if (written.Contains(path) || shut.Contains(path))
        {
            return true;
        }
        for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
        {
            if (shut.Contains(path[..slash]) || shut.Contains(path[..(slash + 1)]))
            {
                return true;
            }
        }
        return shut.Contains("/");
    }

    private TarGuard Open(ImageLayer layer) => new(LayerStream.Decompress(content.OpenRead(layer.Blob)), ContentStore.MaxBlob);

    private static TarEntryType Kind(TarEntry entry) => entry.EntryType is TarEntryType.V7RegularFile or TarEntryType.ContiguousFile ? TarEntryType.RegularFile : entry.EntryType;

    // .NET's writer takes text alone: an attribute that is none is left out.
    private static Dictionary<string, string> Texts(IReadOnlyList<(string Name, byte[] Value)> attributes) => attributes
        .Where(a => System.Text.Unicode.Utf8.IsValid(a.Value) && !a.Value.Contains((byte)'\n'))
        .ToDictionary(a => "SCHILY.xattr." + a.Name, a => System.Text.Encoding.UTF8.GetString(a.Value), StringComparer.Ordinal);

    private static string Clean(string name) => string.Join('/', name.Split('/').Where(p => p is not ("" or ".")));

    private static string Join(string parent, string name) => parent.Length == 0 ? name : parent + "/" + name;
}

/// <summary>What a kind of entry has beyond the common part.</summary>
internal static class TarEntryParts
{
    public static TarEntry With(this PaxTarEntry to, TarEntry from)
    {
        switch (from.EntryType)
        {
            case TarEntryType.SymbolicLink or TarEntryType.HardLink:
                to.LinkName = from.LinkName;
                break;
            case TarEntryType.CharacterDevice or TarEntryType.BlockDevice when from is PosixTarEntry device:
                (to.DeviceMajor, to.DeviceMinor) = (device.DeviceMajor, device.DeviceMinor);
                break;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                to.DataStream = from.DataStream;
                break;
        }
        return to;
    }
}
