using System.Text;
using System.Text.Json;
using Bolt.Diagnostics;
using Bolt.Storage;

namespace Bolt.Images;

/// <summary>Images by reference: STATE/images/KEY.json names the config, whose blob names the layers.</summary>
internal sealed class ImageStore(StoragePaths paths, ContentStore content)
{
    private readonly string images = Path.Combine(paths.State, "images");

    /// <summary>Null when it is not known, or a blob of it is gone.</summary>
    public LocalImage? Find(string reference)
    {
        try
        {
            var record = JsonSerializer.Deserialize(File.ReadAllBytes(PathOf(reference)), OciJson.Default.ImageRecord);
            if (record is not { Version: 1 } || record.Reference != reference || Digest.Parse(record.Config) is not { } id || !content.Contains(id))
            {
                return null;
            }
            var config = OciConfig.Read(ReadBlob(id));
            return config.DiffIds.All(content.Contains) ? new LocalImage(reference, id, config) : null;
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException or DirectoryNotFoundException)
        {
            // A record that cannot be read is as good as none: it can be made again from its source.
            return null;
        }
    }

    /// <summary>Keeps an image whose layers (<see cref="OciConfig.DiffIds"/>) are in the content store.</summary>
    public async Task<LocalImage> SaveAsync(string reference, OciConfig config, CancellationToken cancellationToken)
    {
        foreach (var layer in config.DiffIds)
        {
            if (!content.Contains(layer))
            {
                throw new BoltException(StorageErrors.NoBlob(layer));
            }
        }
        using var bytes = new MemoryStream(config.ToBytes());
        var id = await content.WriteAsync(bytes, null, cancellationToken).ConfigureAwait(false);
        var record = JsonSerializer.SerializeToUtf8Bytes(new ImageRecord(1, reference, id.ToString()), OciJson.Default.ImageRecord);
        try
        {
            StoreFolders.Ensure(images);
            await StoreFolders.WriteWholeAsync(PathOf(reference), record, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (StorageErrors.IsFileSystem(e))
        {
            throw StorageErrors.Wrap(PathOf(reference), e);
        }
        return new LocalImage(reference, id, config);
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

    private byte[] ReadBlob(Digest digest)
    {
        using var stream = content.OpenRead(digest);
        var bytes = new byte[Math.Min(stream.Length, OciLayout.MaxDocument)];
        stream.ReadExactly(bytes);
        return bytes;
    }

    // References hold slashes, colons and capitals: the record's name is their hash, and the record says them.
    private string PathOf(string reference) => Path.Combine(images, Digest.Of(Encoding.UTF8.GetBytes(reference)).Hex + ".json");
}
