using System.Collections.Immutable;
using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.Json;
using Bolt.Builds;
using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Launch;
using Bolt.Storage;

namespace Bolt.Surge;

/// <summary>What goes into a snapshot beside the services' data.</summary>
/// <param name="Path">The file to write.</param>
/// <param name="MaxBytes">A larger one is not kept.</param>
/// <param name="GoOn">The services start again afterwards.</param>
/// <param name="Record">All of snapshot.json that is known before.</param>
/// <param name="Texts">Further entries, by name.</param>
internal sealed record SnapshotOrder(string Path, long MaxBytes, bool GoOn, SnapshotRecord Record, ImmutableArray<(string Name, byte[] Content)> Texts);

/// <summary>Folders of a stack that stands still -> one archive: zstd over a tar.</summary>
/// <param name="work">A folder for tars on their way.</param>
internal sealed class SnapshotWriter(StackRooms rooms, string work)
{
    private const int Level = 3;

    private readonly Dictionary<string, Func<Stream>> _layers = [];

    /// <summary>Packs a folder as it is, its deletions as whiteouts.</summary>
    public async Task<SnapshotLayer> AddAsync(string folder, CancellationToken cancellation)
    {
        StoreFolders.Ensure(work);
        var (parent, name) = (Path.GetDirectoryName(folder)!, Path.GetFileName(folder));
        var tar = Path.Combine(work, $"{_layers.Count}.tar");
        await File.WriteAllBytesAsync(tar, [], cancellation).ConfigureAwait(false);
        await rooms.Files.PackAsync(new FileOperation.Pack([parent], "/" + name, true, true, -1, tar), cancellation).ConfigureAwait(false);
        using var packed = File.OpenRead(tar);
        var digest = new Digest(Convert.ToHexStringLower(await SHA256.HashDataAsync(packed, cancellation).ConfigureAwait(false)));
        _layers[digest.Hex] = () => File.OpenRead(tar);
        return new SnapshotLayer(digest.ToString(), name);
    }

    /// <summary>An image that nothing pins, with the layers that no recipe has.</summary>
    public SnapshotImage Add(PreparedImage image)
    {
        var all = new ImageStore(rooms.Paths, rooms.Tools.Content).List();
        var ofRecipes = all.Where(i => i.Reference.StartsWith("bolt://", StringComparison.Ordinal))
            .SelectMany(i => i.Config.DiffIds, (i, diffId) => (i.Reference, diffId)).ToLookup(p => p.diffId, p => p.Reference);
        var packed = all.SelectMany(i => i.Layers).ToLookup(l => l.DiffId);
        // STATE/trees/HEX/rootfs
        var layers = image.Layers.Select(path => new Digest(Path.GetFileName(Path.GetDirectoryName(path)!))).ToImmutableArray();
        foreach (var layer in layers.Where(l => !ofRecipes.Contains(l)))
        {
            // Of a registry's base the blob is packed as it came.
            var blob = rooms.Tools.Content.Contains(layer) ? layer : packed[layer].FirstOrDefault()?.Blob ?? throw new BoltException(StorageErrors.NoBlob(layer));
            _layers[layer.Hex] = () => rooms.Tools.Content.OpenRead(blob);
        }
        return new SnapshotImage(image.Reference, image.Id.ToString(), [.. layers.Select(l => l.ToString())],
            [.. layers.SelectMany(l => ofRecipes[l].Take(1)).Distinct()], image.Entrypoint, image.Command, image.Environment, image.User, image.WorkingDirectory, image.ExposedPorts, image.StopSignal);
    }

    /// <summary>Writes the file beside and renames it.</summary>
    /// <exception cref="BoltException">BOLT6060: it would be larger than allowed.</exception>
    public async Task WriteAsync(SnapshotOrder order, SnapshotRecord record, CancellationToken cancellation)
    {
        var beside = order.Path + ".part";
        try
        {
            using (var file = new FileStream(beside, new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }))
            {
                using var packing = new ZstdSharp.CompressionStream(file, Level, leaveOpen: true);
                using (var tar = new TarWriter(packing, TarEntryFormat.Pax, leaveOpen: true))
                {
                    await TextAsync(tar, SnapshotRecord.Name, JsonSerializer.SerializeToUtf8Bytes(record, SnapshotJson.Default.SnapshotRecord), cancellation).ConfigureAwait(false);
                    foreach (var (name, content) in order.Texts) await TextAsync(tar, name, content, cancellation).ConfigureAwait(false);
                    foreach (var (hex, open) in _layers.OrderBy(l => l.Key, StringComparer.Ordinal))
                    {
                        using var layer = new Watched(open(), file, order);
                        await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, $"{SnapshotRecord.LayersFolder}{hex}.tar") { DataStream = layer }, cancellation).ConfigureAwait(false);
                    }
                }
                await packing.FlushAsync(cancellation).ConfigureAwait(false);
            }
            if (new FileInfo(beside).Length is var size && size > order.MaxBytes) throw new BoltException(SurgeErrors.SnapshotTooLarge(order.Record.Stack, order.MaxBytes));
            File.Move(beside, order.Path, overwrite: true);
        }
        catch (Exception e) when (StorageErrors.IsFileSystem(e))
        {
            throw StorageErrors.Wrap(order.Path, e);
        }
        finally
        {
            StoreFolders.Discard(beside);
        }
    }

    private static async Task TextAsync(TarWriter tar, string name, byte[] content, CancellationToken cancellation) =>
        await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) }, cancellation).ConfigureAwait(false);

    /// <summary>Stops in the middle once the packed file is too large, not when all of it is written.</summary>
    private sealed class Watched(Stream layer, Stream packed, SnapshotOrder order) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => true;
        public override bool CanWrite => false;
        public override long Length => layer.Length;
        public override long Position { get => layer.Position; set => layer.Position = value; }

        public override int Read(byte[] buffer, int offset, int count) =>
            packed.Length > order.MaxBytes ? throw new BoltException(SurgeErrors.SnapshotTooLarge(order.Record.Stack, order.MaxBytes)) : layer.Read(buffer, offset, count);

        public override long Seek(long offset, SeekOrigin origin) => layer.Seek(offset, origin);
        public override void Flush() { }
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) layer.Dispose();
            base.Dispose(disposing);
        }
    }
}
