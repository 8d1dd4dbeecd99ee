using System.IO.Compression;
using System.Text.Json;
using Bolt.Storage;

namespace Bolt.Images;

/// <summary>
/// Gives an image that Bolt made what travels: its layers packed with gzip, which every tool reads, and a manifest. Equal
/// images get equal manifests as long as the compressor is the same one.
/// </summary>
internal sealed class ImagePacking(ContentStore content, ImageStore images)
{
    /// <summary>The image with a manifest; at once when it has one.</summary>
    public async Task<LocalImage> PackAsync(LocalImage image, CancellationToken cancellationToken)
    {
        // One that came from elsewhere keeps its bytes; one that was made on such a one has plain layers of its own.
        if (image.Manifest is not null && (image.Target is not null || image.Layers.All(l => l.Blob != l.DiffId)))
        {
            return image;
        }
        var layers = new Descriptor[image.Layers.Length];
        await Parallel.ForAsync(0, layers.Length, cancellationToken, async (i, token) =>
        {
            var layer = image.Layers[i];
            var packed = layer.Blob != layer.DiffId;
            var digest = packed ? layer.Blob : await PackLayerAsync(layer.Blob, token).ConfigureAwait(false);
            layers[i] = new Descriptor(packed ? layer.MediaType : MediaTypes.GzipLayer, digest.ToString(), content.SizeOf(digest)!.Value, null, null);
        }).ConfigureAwait(false);
        var config = new Descriptor(MediaTypes.Config, image.Id.ToString(), content.SizeOf(image.Id)!.Value, null, null);
        var bytes = JsonSerializer.SerializeToUtf8Bytes(new ManifestDocument(2, MediaTypes.Manifest, config, layers), OciJson.Default.ManifestDocument);
        var manifest = await content.WriteAsync(new MemoryStream(bytes), null, cancellationToken).ConfigureAwait(false);
        return await images.SaveAsync(image.Reference, manifest, manifest, cancellationToken).ConfigureAwait(false);
    }

    private async Task<Digest> PackLayerAsync(Digest plain, CancellationToken cancellationToken)
    {
        var pipe = new System.IO.Pipelines.Pipe();
        var packing = Task.Run(async () =>
        {
            Exception? failure = null;
            try
            {
                var tar = content.OpenRead(plain);
                await using (tar.ConfigureAwait(false))
                {
                    var gzip = new GZipStream(pipe.Writer.AsStream(leaveOpen: true), CompressionLevel.Optimal);
                    await using (gzip.ConfigureAwait(false))
                    {
                        await tar.CopyToAsync(gzip, 1 << 17, cancellationToken).ConfigureAwait(false);
                    }
                }
            }
            catch (Exception e)
            {
                failure = e;
            }
            await pipe.Writer.CompleteAsync(failure).ConfigureAwait(false);
        }, CancellationToken.None);
        var digest = await content.WriteAsync(pipe.Reader.AsStream(), null, cancellationToken).ConfigureAwait(false);
        await packing.ConfigureAwait(false);
        return digest;
    }
}
