using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Storage;

namespace Bolt.Registries;

/// <summary>A document as a registry sent it, with the digest that its bytes have.</summary>
internal sealed record FetchedDocument(Digest Digest, byte[] Bytes, string? MediaType, ImageDocument Content);

/// <summary>Resolves a reference to the one manifest that this machine runs (distribution-spec "pulling manifests").</summary>
internal sealed class ManifestFetch(RegistryClient client, RegistryRepository repository)
{
    private const int MaxNesting = 4;

    /// <summary>What the name stands for, and the manifest below it: the same one when it is no index.</summary>
    public async Task<(FetchedDocument Target, FetchedDocument Manifest)> ResolveAsync(ImageReference reference, CancellationToken cancellationToken)
    {
        var target = await GetAsync(reference.Digest?.ToString() ?? reference.Tag!, reference.Digest, reference.ToString(), cancellationToken).ConfigureAwait(false);
        var document = target;
        for (var depth = 0; document.Content is ImageDocument.Index index; depth++)
        {
            if (depth == MaxNesting)
            {
                throw new BoltException(ImageErrors.BadDocument("index", "indexes stand in indexes without end"));
            }
            var chosen = PlatformChoice.Choose(index.Manifests)
                ?? throw new BoltException(RegistryErrors.NoPlatform(reference.ToString(), $"linux/{OciPlatform.Architecture}", index.Manifests.Select(PlatformChoice.Text)));
            var (digest, size) = ImageDocument.Address(chosen, OciLayout.MaxDocument);
            document = await GetAsync(digest.ToString(), digest, digest.ToString(), cancellationToken).ConfigureAwait(false);
            if (document.Bytes.Length != size)
            {
                throw new BoltException(ImageErrors.BadDocument("manifest", $"it has {document.Bytes.Length} bytes, and its index says {size}"));
            }
        }
        return (target, document);
    }

    /// <summary>A small blob, whole and checked.</summary>
    public async Task<byte[]> BlobAsync(Digest digest, long size, CancellationToken cancellationToken)
    {
        using var response = await client.ExpectAsync(
            await client.SendAsync(repository, "pull", a => new HttpRequestMessage(HttpMethod.Get, repository.Blob(a, digest)), cancellationToken).ConfigureAwait(false),
            repository, digest.ToString(), cancellationToken).ConfigureAwait(false);
        return Checked(await client.BodyAsync(response, repository.Host, "config", size, cancellationToken).ConfigureAwait(false), digest, digest.ToString());
    }

    private async Task<FetchedDocument> GetAsync(string reference, Digest? wanted, string what, CancellationToken cancellationToken)
    {
        using var response = await client.ExpectAsync(
            await client.SendAsync(repository, "pull", a => Request(a, reference), cancellationToken).ConfigureAwait(false), repository, what, cancellationToken).ConfigureAwait(false);
        var bytes = await client.BodyAsync(response, repository.Host, "manifest", OciLayout.MaxDocument, cancellationToken).ConfigureAwait(false);
        // For a tag the registry's own word is checked: a cache on the way that mixes bodies up is noticed here.
        wanted ??= response.Headers.TryGetValues("Docker-Content-Digest", out var said) ? Digest.Parse(said.First()) : null;
        var digest = Digest.Of(wanted is { } expected ? Checked(bytes, expected, what) : bytes);
        var type = response.Content.Headers.ContentType?.MediaType;
        return new FetchedDocument(digest, bytes, type, ImageDocument.Read(bytes, type));
    }

    private HttpRequestMessage Request(Uri address, string reference)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, repository.Manifest(address, reference));
        foreach (var type in MediaTypes.Manifests)
        {
            request.Headers.Accept.ParseAdd(type);
        }
        return request;
    }

    private static byte[] Checked(byte[] bytes, Digest wanted, string what) => Digest.Of(bytes) is var found && found == wanted
        ? bytes
        : throw new BoltException(RegistryErrors.WrongDigest(what, wanted.ToString(), found.ToString()));
}
