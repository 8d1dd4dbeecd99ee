using System.Collections.Immutable;
using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Storage;

namespace Bolt.Registries;

/// <summary>
/// An image from a registry into the store: documents first, then the layers side by side, each unpacked while it comes;
/// the name last. What is there is not fetched again, and no lock is held over the network.
/// </summary>
internal sealed class ImagePull(RegistryClient client, StoragePaths paths, ContentStore content, TreeStore trees, ImageStore images)
{
    private const int LayersAtOnce = 4;

    /// <param name="reference">With a digest, that very image; its name in the store then is `NAME@DIGEST`.</param>
    public async Task<LocalImage> PullAsync(ImageReference reference, IProgress<TransferEvent>? progress, CancellationToken cancellationToken)
    {
        try
        {
            return await FromAnyAsync(reference, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (BoltException e)
        {
            throw new BoltException(RegistryErrors.Pull(reference.ToString(), e.Diagnostic), e);
        }
    }

    private async Task<LocalImage> FromAnyAsync(ImageReference reference, IProgress<TransferEvent>? progress, CancellationToken cancellationToken)
    {
        foreach (var mirror in client.Settings.Of(reference.Registry).Mirrors)
        {
            try
            {
                var path = mirror.Prefix.Length == 0 ? reference.Repository : $"{mirror.Prefix}/{reference.Repository}";
                return await FromAsync(new RegistryRepository(mirror.Host, path), reference, progress, cancellationToken).ConfigureAwait(false);
            }
            catch (BoltException e) when (e.Diagnostic.Code is not ['B', 'O', 'L', 'T', '3', ..])
            {
                // Whatever a mirror lacks or does wrong, the registry itself may have and do right; a full disk is ours.
                progress?.Report(new TransferEvent.Waiting(mirror.Host, e.Diagnostic.Message, TimeSpan.Zero));
            }
        }
        return await FromAsync(new RegistryRepository(reference.Registry, reference.Repository), reference, progress, cancellationToken).ConfigureAwait(false);
    }

    private async Task<LocalImage> FromAsync(RegistryRepository repository, ImageReference reference, IProgress<TransferEvent>? progress, CancellationToken cancellationToken)
    {
        var fetch = new ManifestFetch(client, repository);
        var (target, manifest) = await fetch.ResolveAsync(reference, cancellationToken).ConfigureAwait(false);
        var wanted = (ImageDocument.Manifest)manifest.Content;
        foreach (var layer in wanted.Layers)
        {
            ImageDocument.CheckLayer(layer);
        }
        var (configDigest, configSize) = ImageDocument.Address(wanted.Config, OciLayout.MaxDocument);
        var config = await ConfigAsync(fetch, configDigest, configSize, cancellationToken).ConfigureAwait(false);
        if (config.Architecture != OciPlatform.Architecture)
        {
            throw new BoltException(RegistryErrors.NoPlatform(reference.ToString(), $"linux/{OciPlatform.Architecture}", [$"linux/{config.Architecture}"]));
        }
        if (wanted.Layers.Length != config.DiffIds.Length)
        {
            throw new BoltException(ImageErrors.LayerCount(wanted.Layers.Length, config.DiffIds.Length));
        }
        // Before anything is looked for: from now on gc leaves what this image is made of.
        using var lease = StoreLease.Take(paths, [target.Digest, manifest.Digest, configDigest, .. config.DiffIds, .. wanted.Layers.Select(l => ImageDocument.Address(l, ContentStore.MaxBlob).Digest)]);
        if (!content.Contains(configDigest))
        {
            await ConfigAsync(fetch, configDigest, configSize, cancellationToken).ConfigureAwait(false);
        }
        progress?.Report(new TransferEvent.Resolved(reference.ToString(), manifest.Digest.ToString(), wanted.Layers.Length, wanted.Layers.Sum(l => l.Size)));
        await LayersAsync(repository, wanted.Layers, config.DiffIds, progress, cancellationToken).ConfigureAwait(false);
        return await KeepAsync(reference, target, manifest, cancellationToken).ConfigureAwait(false);
    }

    private async Task<OciConfig> ConfigAsync(ManifestFetch fetch, Digest digest, long size, CancellationToken cancellationToken)
    {
        if (content.Contains(digest))
        {
            return OciConfig.Read(images.ReadDocument(digest));
        }
        var bytes = await fetch.BlobAsync(digest, size, cancellationToken).ConfigureAwait(false);
        var config = OciConfig.Read(bytes);
        await content.WriteAsync(new MemoryStream(bytes), digest, cancellationToken).ConfigureAwait(false);
        return config;
    }

    private async Task LayersAsync(
        RegistryRepository repository, Descriptor[] layers, ImmutableArray<Digest> diffIds, IProgress<TransferEvent>? progress, CancellationToken cancellationToken)
    {
        // The first failure ends the others: what they have fetched is kept for the next try.
        using var all = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var wanted = layers.Zip(diffIds).DistinctBy(l => l.First.Digest);
        await Parallel.ForEachAsync(wanted, new ParallelOptions { MaxDegreeOfParallelism = LayersAtOnce, CancellationToken = all.Token }, async (layer, token) =>
        {
            var (digest, size) = ImageDocument.Address(layer.First, ContentStore.MaxBlob);
            var fetched = await LayerAsync(repository, digest, size, layer.Second, new LayerProgress(digest, size, progress).Moved, token).ConfigureAwait(false);
            progress?.Report(new TransferEvent.LayerDone(digest.ToString(), fetched));
        }).ConfigureAwait(false);
    }

    /// <summary>True when something had to be fetched.</summary>
    private async Task<bool> LayerAsync(RegistryRepository repository, Digest digest, long size, Digest diffId, Action<long> moved, CancellationToken cancellationToken)
    {
        if (content.Contains(digest))
        {
            await trees.UnpackAsync(diffId, () => content.OpenRead(digest), cancellationToken).ConfigureAwait(false);
            return false;
        }
        while (await FetchAsync(repository, digest, size, diffId, moved, cancellationToken).ConfigureAwait(false))
        {
        }
        return true;
    }

    /// <summary>True when it is worth another try from the start: what an earlier transfer had left was damaged.</summary>
    private async Task<bool> FetchAsync(RegistryRepository repository, Digest digest, long size, Digest diffId, Action<long> moved, CancellationToken cancellationToken)
    {
        LayerFeed Open() => new(content, digest, size, from => new BlobBody(client, repository, digest, size, from), moved, cancellationToken);
        LayerFeed? feed = null;
        try
        {
            await trees.UnpackAsync(diffId, () => (feed = Open()).Stream, () => feed!.FinishAsync(), cancellationToken).ConfigureAwait(false);
            // The tree was there, from another packing of the same layer or from another process.
            await (feed ??= Open()).FinishAsync().ConfigureAwait(false);
            return false;
        }
        catch (Exception e) when (feed is not null && !cancellationToken.IsCancellationRequested)
        {
            await feed.StopAsync().ConfigureAwait(false);
            // Bytes that do not arrive look to the unpacker like a broken archive; why they do not is the thing to say.
            var fetching = feed.Completion.Exception?.InnerException is { } inner and not OperationCanceledException ? inner : null;
            var trouble = (fetching ?? e) as BoltException ?? (fetching is null ? new BoltException(ImageErrors.BadLayer(digest.ToString(), e.Message), e)
                : new BoltException(RegistryErrors.Unreachable(repository.Host, fetching.Message), fetching));
            // What an earlier transfer left may be torn, and then no archive; what this one brought is not kept either.
            if (fetching is null || trouble.Diagnostic.Code == StorageErrors.WrongDigestCode)
            {
                content.DropPartial(digest);
                if (feed.Resumed)
                {
                    return true;
                }
            }
            throw trouble;
        }
        finally
        {
            if (feed is not null)
            {
                await feed.StopAsync().ConfigureAwait(false);
                feed.Dispose();
            }
        }
    }

    private async Task<LocalImage> KeepAsync(ImageReference reference, FetchedDocument target, FetchedDocument manifest, CancellationToken cancellationToken)
    {
        foreach (var document in new[] { manifest, target })
        {
            if (!content.Contains(document.Digest))
            {
                await content.WriteAsync(new MemoryStream(document.Bytes), document.Digest, cancellationToken).ConfigureAwait(false);
            }
        }
        // By digest too: that is what bolt.lock asks for when the tag has moved on.
        var pinned = reference with { Tag = null, Digest = target.Digest };
        var image = await images.SaveAsync(pinned.ToString(), manifest.Digest, target.Digest, cancellationToken).ConfigureAwait(false);
        return reference.Digest is not null ? image
            : await images.SaveAsync(reference.ToString(), manifest.Digest, target.Digest, cancellationToken).ConfigureAwait(false);
    }
}
