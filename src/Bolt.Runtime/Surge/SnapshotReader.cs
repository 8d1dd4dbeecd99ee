using System.Collections.Immutable;
using System.Formats.Tar;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Bolt.Boltfiles;
using Bolt.Builds;
using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Storage;

namespace Bolt.Surge;

/// <summary>A snapshot as read: nothing of it has been unpacked yet.</summary>
internal sealed record SnapshotContent(SnapshotRecord Record, string Lock, ImmutableArray<StackEvent> Events);

/// <summary>
/// Reads what <see cref="SnapshotWriter"/> wrote, from whoever: names are known ones, sizes and counts are bounded, a layer is what its
/// name says.
/// </summary>
internal sealed partial class SnapshotReader(StackRooms rooms, string path)
{
    private const long MaxText = 64 << 20, MaxUnpacked = 16L << 30;
    private const int MaxEntries = 4096;

    /// <summary>The texts, which come first.</summary>
    public SnapshotContent Open()
    {
        SnapshotRecord? record = null;
        var texts = new Dictionary<string, string>();
        var left = MaxText;
        foreach (var entry in Entries())
        {
            if (entry.Name.StartsWith(SnapshotRecord.LayersFolder, StringComparison.Ordinal)) break;
            if (entry.Name is not (SnapshotRecord.Name or SnapshotRecord.LockName or SnapshotRecord.EventsName)) continue;
            var text = Text(entry, ref left);
            if (entry.Name == SnapshotRecord.Name) record = Record(text);
            else texts[entry.Name] = text;
        }
        if (record is null) throw new BoltException(SurgeErrors.NoSnapshot(path, $"`{SnapshotRecord.Name}` is missing"));
        var events = texts.GetValueOrDefault(SnapshotRecord.EventsName, "").Split('\n').Select(l => l.Length > 0 ? StackJson.ReadEvent(Plain(l)) : null).OfType<StackEvent>();
        return new SnapshotContent(record, texts.GetValueOrDefault(SnapshotRecord.LockName, ""), [.. events]);
    }

    /// <summary>Unpacks the layers: those of services and volumes into a folder that goes with the stack, those of images into the store.</summary>
    /// <returns>By digest, the folder that holds what the layer's tar held.</returns>
    public async Task<ImmutableDictionary<string, string>> UnpackAsync(SnapshotRecord record, string folder, CancellationToken cancellation)
    {
        var places = ImmutableDictionary.CreateBuilder<string, string>();
        var own = record.Services.SelectMany(s => s.Changes).Concat(record.Volumes.SelectMany(v => v.Layers)).Select(l => l.Digest).ToHashSet();
        foreach (var entry in Entries())
        {
            if (!entry.Name.StartsWith(SnapshotRecord.LayersFolder, StringComparison.Ordinal)) continue;
            var hex = entry.Name[SnapshotRecord.LayersFolder.Length..];
            if (!hex.EndsWith(".tar", StringComparison.Ordinal) || Digest.Parse("sha256:" + hex[..^4]) is not { } digest || entry.DataStream is not { } stream)
                throw new BoltException(SurgeErrors.NoSnapshot(path, $"`{entry.Name}` is no layer"));
            places[digest.ToString()] = own.Contains(digest.ToString())
                ? await UnpackAsync(digest, stream, Path.Combine(folder, digest.Hex), cancellation).ConfigureAwait(false)
                : await rooms.Tools.Trees.UnpackAsync(digest, () => stream, cancellation).ConfigureAwait(false);
        }
        return places.ToImmutable();
    }

    private async Task<string> UnpackAsync(Digest digest, Stream stream, string root, CancellationToken cancellation)
    {
        StoreFolders.Ensure(Path.GetDirectoryName(root)!);
        Directory.CreateDirectory(root, TreeFiles.WhileUnpacking);
        var owners = await Task.Run(() =>
        {
            using var guard = new TarGuard(stream, ContentStore.MaxBlob);
            var found = LayerUnpack.Run(guard, root, rooms.Files.Ids, cancellation);
            return guard.Finish() is var was && was == digest ? found : throw new BoltException(StorageErrors.WrongDigest(digest, was));
        }, cancellation).ConfigureAwait(false);
        if (owners.Count > 0) await rooms.Files.ApplyAsync(root, owners, cancellation).ConfigureAwait(false);
        return root;
    }

    /// <summary>What the stack's services begin with.</summary>
    public async Task<FrozenStack> FrozenAsync(SnapshotContent content, Boltfile wanted, ImmutableDictionary<string, string> places, string folder, bool offline, CancellationToken cancellation)
    {
        var pins = new LockSession(await LockAsync(content.Lock, folder, cancellation).ConfigureAwait(false));
        var images = ImmutableDictionary.CreateBuilder<string, PreparedImage>();
        foreach (var service in wanted.Services)
        {
            var known = content.Record.Services.FirstOrDefault(s => s.Name == service.Name)?.Image;
            images[service.Name] = known is not null ? await ImageAsync(known, places, pins, offline, cancellation).ConfigureAwait(false)
                : await rooms.Images.PrepareAsync(service.Source, Path.GetDirectoryName(wanted.Path)!, pins, offline, null, cancellation).ConfigureAwait(false);
        }
        ImmutableArray<string> Folders(ImmutableArray<SnapshotLayer> layers) => [.. layers.Select(l => FolderOf(l, places))];
        return new FrozenStack(
            content.Record.Services.ToImmutableDictionary(s => s.Name, s => Folders(s.Changes)),
            content.Record.Volumes.Where(v => !v.Shared).ToImmutableDictionary(v => v.Name, v => Folders(v.Layers)),
            content.Record.Volumes.Where(v => v.Shared).ToImmutableDictionary(v => v.Name, v => Folders(v.Layers)[0]),
            images.ToImmutable(),
            Whole: true);
    }

    private async Task<PreparedImage> ImageAsync(SnapshotImage image, ImmutableDictionary<string, string> places, LockSession pins, bool offline, CancellationToken cancellation)
    {
        var layers = ImmutableArray.CreateBuilder<string>();
        // What it stands on, as bolt.lock has it; where that is here already, nothing is done.
        foreach (var basis in image.Bases)
        {
            if (!basis.StartsWith("bolt://", StringComparison.Ordinal)) throw new BoltException(SurgeErrors.NoSnapshot(path, $"`{basis}` is no recipe"));
            await rooms.Images.PrepareAsync(new ServiceSource.Image(basis), "/", pins, offline, null, cancellation).ConfigureAwait(false);
        }
        foreach (var text in image.Layers)
        {
            var digest = Digest.Parse(text) ?? throw new BoltException(SurgeErrors.NoSnapshot(path, $"`{text}` is no digest"));
            layers.Add(places.GetValueOrDefault(text) ?? rooms.Tools.Trees.Find(digest) ?? throw new BoltException(SurgeErrors.SnapshotLayerMissing(image.Reference, text)));
        }
        return new PreparedImage
        {
            Reference = image.Reference,
            Id = Digest.Parse(image.Id) ?? throw new BoltException(SurgeErrors.NoSnapshot(path, $"`{image.Id}` is no digest")),
            Layers = layers.ToImmutable(),
            Entrypoint = image.Entrypoint,
            Command = image.Command,
            Environment = image.Environment,
            User = image.User,
            WorkingDirectory = image.WorkingDirectory,
            ExposedPorts = image.ExposedPorts,
            StopSignal = image.StopSignal,
        };
    }

    private string FolderOf(SnapshotLayer layer, ImmutableDictionary<string, string> places) =>
        places.TryGetValue(layer.Digest, out var place) && layer.Root is not ("" or "." or "..") && !layer.Root.Contains('/', StringComparison.Ordinal)
        && new DirectoryInfo(Path.Combine(place, layer.Root)) is { Exists: true, LinkTarget: null } folder
            ? folder.FullName
            : throw new BoltException(SurgeErrors.NoSnapshot(path, $"the layer {layer.Digest} is missing"));

    private static async Task<BoltLock> LockAsync(string text, string folder, CancellationToken cancellation)
    {
        if (text.Length == 0) return BoltLock.Empty;
        var file = Path.Combine(folder, SnapshotRecord.LockName);
        await File.WriteAllTextAsync(file, text, cancellation).ConfigureAwait(false);
        return BoltLock.Read(file) is { Ok: true } read ? read.Value! : throw new BoltException(BoltLock.Read(file).Diagnostics[0]);
    }

    private SnapshotRecord Record(string text)
    {
        try
        {
            if (JsonSerializer.Deserialize(text, SnapshotJson.Default.SnapshotRecord) is not { Version: SnapshotRecord.Format } record)
                throw new BoltException(SurgeErrors.NoSnapshot(path, "another version of Bolt wrote it"));
            return SnapshotCheck.Problem(record) is { } problem ? throw new BoltException(SurgeErrors.NoSnapshot(path, problem)) : record;
        }
        catch (JsonException e)
        {
            throw new BoltException(SurgeErrors.NoSnapshot(path, e.Message), e);
        }
    }

    // Events are shown in a terminal, which control characters are orders to; in JSON most of them are escaped.
    private static string Plain(string line) =>
        string.Concat(EscapedControl().Replace(line, "?").Select(c => char.IsControl(c) ? '?' : c));

    [GeneratedRegex(@"\\u00([0189][0-9a-fA-F]|7[fF])")]
    private static partial Regex EscapedControl();

    private string Text(TarEntry entry, ref long left)
    {
        left -= entry.Length;
        if (left < 0) throw new BoltException(SurgeErrors.NoSnapshot(path, $"`{entry.Name}` is too large"));
        using var reader = new StreamReader(entry.DataStream ?? Stream.Null, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private IEnumerable<TarEntry> Entries()
    {
        using var file = OpenFile();
        using var guard = new TarGuard(LayerStream.Decompress(file), MaxUnpacked);
        using var tar = new TarReader(guard, leaveOpen: true);
        for (var count = 0; count < MaxEntries; count++)
        {
            TarEntry? entry;
            try
            {
                entry = tar.GetNextEntry();
            }
            catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or ArgumentException or BoltException)
            {
                throw new BoltException(SurgeErrors.NoSnapshot(path, e is BoltException bolt ? bolt.Diagnostic.Message : e.Message), e);
            }
            if (entry is null) yield break;
            if (entry.EntryType is TarEntryType.RegularFile) yield return entry;
        }
        throw new BoltException(SurgeErrors.NoSnapshot(path, "it has too many entries"));
    }

    private FileStream OpenFile()
    {
        try
        {
            return File.OpenRead(path);
        }
        catch (Exception e) when (StorageErrors.IsFileSystem(e))
        {
            throw StorageErrors.Wrap(path, e);
        }
    }
}
