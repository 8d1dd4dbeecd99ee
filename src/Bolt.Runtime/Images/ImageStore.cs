using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Bolt.Diagnostics;
using Bolt.Storage;

namespace Bolt.Images;

/// <summary>
/// Images by reference: STATE/images/KEY.json names the config and, for an image that came from elsewhere, the manifest.
/// Its layers lie in the content store: as they are packed when there is a manifest, else as plain tars.
/// </summary>
internal sealed class ImageStore(StoragePaths paths, ContentStore content)
{
    private readonly string images = Path.Combine(paths.State, "images");

    /// <summary>Null when it is not known, or a blob of it is gone.</summary>
    public LocalImage? Find(string reference) => Read(PathOf(reference)) is { } record && record.Reference == reference ? Open(record) : null;

    /// <summary>All whole images, by name.</summary>
    public IReadOnlyList<LocalImage> List() => [.. Records().Select(Open).OfType<LocalImage>().OrderBy(i => i.Reference, StringComparer.Ordinal)];

    /// <summary>All names, also of images that are not whole any more.</summary>
    public IEnumerable<ImageRecord> Records() =>
        (Directory.Exists(images) ? Directory.EnumerateFiles(images, "*.json") : []).Select(Read).OfType<ImageRecord>();

    /// <summary>Forgets a name; false when it is not known. Blobs and trees are gc's.</summary>
    public bool Remove(string reference)
    {
        var path = PathOf(reference);
        try
        {
            var there = File.Exists(path);
            File.Delete(path);
            return there;
        }
        catch (Exception e) when (StorageErrors.IsFileSystem(e))
        {
            throw StorageErrors.Wrap(path, e);
        }
    }

    /// <summary>Keeps another name for an image.</summary>
    public async Task<LocalImage> TagAsync(LocalImage image, string reference, CancellationToken cancellationToken)
    {
        await WriteAsync(new ImageRecord(1, reference, image.Id.ToString(), image.Manifest?.ToString(), null), cancellationToken).ConfigureAwait(false);
        return image with { Reference = reference, Target = null };
    }

    /// <summary>Keeps an image that Bolt made: its layers (<see cref="OciConfig.DiffIds"/>) are plain tars in the content store.</summary>
    public async Task<LocalImage> SaveAsync(string reference, OciConfig config, CancellationToken cancellationToken)
    {
        var layers = config.DiffIds.Select(PlainLayer).ToImmutableArray();
        using var bytes = new MemoryStream(config.ToBytes());
        var id = await content.WriteAsync(bytes, null, cancellationToken).ConfigureAwait(false);
        await WriteAsync(new ImageRecord(1, reference, id.ToString()), cancellationToken).ConfigureAwait(false);
        return new LocalImage(reference, id, config) { Layers = layers };
    }

    /// <summary>Keeps a name for an image whose manifest, config and layers are in the content store.</summary>
    public async Task<LocalImage> SaveAsync(string reference, Digest manifest, Digest target, CancellationToken cancellationToken)
    {
        var config = ImageDocument.Address(ReadManifest(manifest).Config, OciLayout.MaxDocument).Digest;
        var record = new ImageRecord(1, reference, config.ToString(), manifest.ToString(), target.ToString());
        var image = Open(record) ?? throw new BoltException(ImageErrors.NotWhole(reference));
        await WriteAsync(record, cancellationToken).ConfigureAwait(false);
        return image;
    }

    /// <summary>Keeps an image with its own config, byte for byte; its layers are plain tars in the content store.</summary>
    public async Task<LocalImage> SaveAsync(string reference, byte[] config, CancellationToken cancellationToken)
    {
        var id = await content.WriteAsync(new MemoryStream(config), null, cancellationToken).ConfigureAwait(false);
        var record = new ImageRecord(1, reference, id.ToString());
        var image = Open(record) ?? throw new BoltException(ImageErrors.NotWhole(reference));
        await WriteAsync(record, cancellationToken).ConfigureAwait(false);
        return image;
    }

    /// <summary>
    /// Keeps an image that Bolt made on another one: layers of that one may be packed as they came, its own are plain tars. A
    /// manifest names them as they lie; <see cref="ImagePacking"/> makes the one that travels.
    /// </summary>
    public async Task<LocalImage> SaveAsync(string reference, byte[] config, ImmutableArray<ImageLayer> layers, CancellationToken cancellationToken)
    {
        if (layers.All(l => l.Blob == l.DiffId))
        {
            return await SaveAsync(reference, config, cancellationToken).ConfigureAwait(false);
        }
        var id = await content.WriteAsync(new MemoryStream(config), null, cancellationToken).ConfigureAwait(false);
        var manifest = JsonSerializer.SerializeToUtf8Bytes(new ManifestDocument(
            2, MediaTypes.Manifest, new Descriptor(MediaTypes.Config, id.ToString(), config.Length, null, null),
            [.. layers.Select(l => new Descriptor(l.MediaType ?? MediaTypes.Layer, l.Blob.ToString(), l.Size, null, null))]), OciJson.Default.ManifestDocument);
        var record = new ImageRecord(1, reference, id.ToString(), (await content.WriteAsync(new MemoryStream(manifest), null, cancellationToken).ConfigureAwait(false)).ToString());
        var image = Open(record) ?? throw new BoltException(ImageErrors.NotWhole(reference));
        await WriteAsync(record, cancellationToken).ConfigureAwait(false);
        return image;
    }

    /// <summary>Takes an image over from an OCI layout folder (image-spec image-layout.md).</summary>
    /// <param name="tag">Which of its images; null when there is only one.</param>
    public async Task<LocalImage> ImportLayoutAsync(string folder, string? tag, CancellationToken cancellationToken)
    {
        var layout = new OciLayout(folder);
        var (config, layers) = layout.Select(tag);
        for (var i = 0; i < layers.Count; i++)
        {
            await layout.CopyLayerAsync(layers[i], config.DiffIds[i], content, cancellationToken).ConfigureAwait(false);
        }
        return await SaveAsync(tag is null ? folder : $"{folder}:{tag}", config, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A small blob, checked again as it is read: a power cut may have torn what was never synced.</summary>
    public byte[] ReadDocument(Digest digest)
    {
        using var stream = content.OpenRead(digest);
        var bytes = new byte[Math.Min(stream.Length, OciLayout.MaxDocument)];
        stream.ReadExactly(bytes);
        return Digest.Of(bytes) is var found && found == digest ? bytes : throw new BoltException(StorageErrors.WrongDigest(digest, found));
    }

    /// <summary>The manifest of this digest.</summary>
    public ImageDocument.Manifest ReadManifest(Digest digest) =>
        ImageDocument.Read(ReadDocument(digest), null) as ImageDocument.Manifest
        ?? throw new BoltException(ImageErrors.BadDocument("manifest", "it is an index"));

    private LocalImage? Open(ImageRecord record)
    {
        if (Digest.Parse(record.Config) is not { } id || !content.Contains(id))
        {
            return null;
        }
        var config = OciConfig.Read(ReadDocument(id));
        if (record.Manifest is null)
        {
            return config.DiffIds.All(content.Contains) ? new LocalImage(record.Reference, id, config) { Layers = [.. config.DiffIds.Select(PlainLayer)] } : null;
        }
        if (Digest.Parse(record.Manifest) is not { } manifest || !content.Contains(manifest))
        {
            return null;
        }
        var layers = PackedLayers(ReadManifest(manifest), config);
        return layers.All(l => content.Contains(l.Blob))
            ? new LocalImage(record.Reference, id, config) { Layers = layers, Manifest = manifest, Target = Digest.Parse(record.Target ?? "") }
            : null;
    }

    private static ImmutableArray<ImageLayer> PackedLayers(ImageDocument.Manifest manifest, OciConfig config) =>
        manifest.Layers.Length == config.DiffIds.Length
            ? [.. manifest.Layers.Select((layer, i) =>
                {
                    var (digest, size) = ImageDocument.Address(layer, ContentStore.MaxBlob);
                    return new ImageLayer(config.DiffIds[i], digest, size, layer.MediaType);
                })]
            : throw new BoltException(ImageErrors.LayerCount(manifest.Layers.Length, config.DiffIds.Length));

    private ImageLayer PlainLayer(Digest diffId) =>
        new(diffId, diffId, content.SizeOf(diffId) ?? throw new BoltException(StorageErrors.NoBlob(diffId)), MediaTypes.Layer);

    private static ImageRecord? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), OciJson.Default.ImageRecord) is { Version: 1 } record ? record : null;
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException or DirectoryNotFoundException)
        {
            // A record that cannot be read is as good as none: it can be made again from its source.
            return null;
        }
    }

    private async Task WriteAsync(ImageRecord record, CancellationToken cancellationToken)
    {
        var path = PathOf(record.Reference);
        try
        {
            StoreFolders.Ensure(images);
            await StoreFolders.WriteWholeAsync(path, JsonSerializer.SerializeToUtf8Bytes(record, OciJson.Default.ImageRecord), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (StorageErrors.IsFileSystem(e))
        {
            throw StorageErrors.Wrap(path, e);
        }
    }

    // References hold slashes, colons and capitals: the record's name is their hash, and the record says them.
    private string PathOf(string reference) => Path.Combine(images, Digest.Of(Encoding.UTF8.GetBytes(reference)).Hex + ".json");
}
