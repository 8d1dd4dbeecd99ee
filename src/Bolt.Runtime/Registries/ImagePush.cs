using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Storage;

namespace Bolt.Registries;

/// <summary>An image of the store to a registry: layers and config first, the manifest, which makes it visible, last.</summary>
internal sealed class ImagePush(RegistryClient client, ContentStore content, ImageStore images)
{
    private const int LayersAtOnce = 4;

    /// <summary>Digest of the manifest that the target now names.</summary>
    /// <param name="image">Has a manifest.</param>
    public async Task<Digest> PushAsync(LocalImage image, ImageReference target, IProgress<TransferEvent>? progress, CancellationToken cancellationToken)
    {
        try
        {
            var manifest = image.Manifest!.Value;
            progress?.Report(new TransferEvent.Resolved(target.ToString(), manifest.ToString(), image.Layers.Length, image.Size));
            var repository = new RegistryRepository(target.Registry, target.Repository);
            await BlobsAsync(repository, image, progress, cancellationToken).ConfigureAwait(false);
            await ManifestAsync(repository, manifest, target.Tag ?? manifest.ToString(), cancellationToken).ConfigureAwait(false);
            return manifest;
        }
        catch (BoltException e)
        {
            throw new BoltException(RegistryErrors.Push(target.ToString(), e.Diagnostic), e);
        }
    }

    private async Task BlobsAsync(RegistryRepository repository, LocalImage image, IProgress<TransferEvent>? progress, CancellationToken cancellationToken)
    {
        var known = KnownPlaces(repository.Host);
        var upload = new BlobUpload(client, repository, content);
        await Parallel.ForEachAsync(image.Layers.DistinctBy(l => l.Blob), new ParallelOptions { MaxDegreeOfParallelism = LayersAtOnce, CancellationToken = cancellationToken }, async (layer, token) =>
        {
            var moved = new LayerProgress(layer.Blob, layer.Size, progress);
            var sent = await upload.SendAsync(layer.Blob, layer.Size, known.GetValueOrDefault(layer.Blob, []), moved.Moved, token).ConfigureAwait(false);
            progress?.Report(new TransferEvent.LayerDone(layer.Blob.ToString(), sent));
        }).ConfigureAwait(false);
        await upload.SendAsync(image.Id, content.SizeOf(image.Id)!.Value, [], _ => { }, cancellationToken).ConfigureAwait(false);
    }

    // A layer that came from, or went to, another repository of the registry need not travel again.
    private Dictionary<Digest, List<RegistryRepository>> KnownPlaces(string host)
    {
        var places = new Dictionary<Digest, List<RegistryRepository>>();
        foreach (var image in images.List().Where(i => i.Target is not null))
        {
            if (ImageReference.Parse(image.Reference).Value is { } reference && reference.Registry == host)
            {
                foreach (var layer in image.Layers)
                {
                    (places.TryGetValue(layer.Blob, out var list) ? list : places[layer.Blob] = []).Add(new RegistryRepository(host, reference.Repository));
                }
            }
        }
        return places;
    }

    private Task ManifestAsync(RegistryRepository repository, Digest manifest, string name, CancellationToken cancellationToken)
    {
        var bytes = images.ReadDocument(manifest);
        var type = ImageDocument.Parse(bytes, OciJson.Default.ShapeDocument, "manifest").MediaType ?? MediaTypes.Manifest;
        return ManifestPut.SendAsync(client, repository, bytes, type, name, cancellationToken);
    }
}
