using System.Net;
using System.Text.Json;
using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Storage;

namespace Bolt.Registries;

/// <summary>
/// Documents attached to an image: layers of a manifest that refers to it (distribution-spec "referrers"), which is also
/// tagged as cosign tags it, sha256-HEX.SUFFIX, for tools and registries that know no referrers.
/// </summary>
internal sealed class Attachments(RegistryClient client, RegistryRepository repository, ContentStore content)
{
    private const int Most = 64;

    public async Task<IReadOnlyList<Attachment>> FetchAsync(Digest subject, AttachmentKind kind, CancellationToken cancellationToken)
    {
        var layers = new List<Descriptor>((await ListedAsync(Tag(subject, kind), cancellationToken).ConfigureAwait(false)).Layers);
        foreach (var referrer in (await new Referrers(client, repository).ListAsync(subject, cancellationToken).ConfigureAwait(false)).Where(r => r.ArtifactType == kind.ArtifactType).Take(Most))
        {
            layers.AddRange((await ListedAsync(ImageDocument.Address(referrer, OciLayout.MaxDocument).Digest.ToString(), cancellationToken).ConfigureAwait(false)).Layers);
        }
        var fetch = new ManifestFetch(client, repository);
        var found = new List<Attachment>();
        foreach (var layer in layers.Where(l => l.MediaType == kind.MediaType).DistinctBy(l => (l.Digest, string.Join('\n', (l.Annotations ?? []).Values))).Take(Most))
        {
            var (digest, size) = ImageDocument.Address(layer, kind.Largest);
            found.Add(new Attachment(await fetch.BlobAsync(digest, size, cancellationToken).ConfigureAwait(false), layer.Annotations ?? []));
        }
        return found;
    }

    /// <summary>Adds one; those that are there stay.</summary>
    public async Task<Digest> AddAsync(FetchedDocument subject, AttachmentKind kind, Attachment attachment, CancellationToken cancellationToken)
    {
        var there = (await ListedAsync(Tag(subject.Digest, kind), cancellationToken).ConfigureAwait(false)).Layers;
        var layer = await UploadAsync(attachment.Content, kind.MediaType, cancellationToken).ConfigureAwait(false) with { Annotations = new(attachment.Annotations) };
        Descriptor[] layers = [.. there, layer];
        var config = JsonSerializer.SerializeToUtf8Bytes(
            new ConfigDocument { Architecture = "", Os = "", Config = new ConfigProcess(), Rootfs = new ConfigRoot("layers", [.. layers.Select(l => l.Digest!)]) },
            OciJson.Default.ConfigDocument);
        var about = new Descriptor(subject.MediaType ?? MediaTypes.Manifest, subject.Digest.ToString(), subject.Bytes.Length, null, null);
        var manifest = JsonSerializer.SerializeToUtf8Bytes(
            new ArtifactDocument(2, MediaTypes.Manifest, kind.ArtifactType, await UploadAsync(config, MediaTypes.Config, cancellationToken).ConfigureAwait(false), layers, about),
            OciJson.Default.ArtifactDocument);
        if (!await ManifestPut.SendAsync(client, repository, manifest, MediaTypes.Manifest, Tag(subject.Digest, kind), cancellationToken).ConfigureAwait(false))
        {
            await ListAsync(subject.Digest, new Descriptor(MediaTypes.Manifest, Digest.Of(manifest).ToString(), manifest.Length, null, null, ArtifactType: kind.ArtifactType), cancellationToken).ConfigureAwait(false);
        }
        return Digest.Of(manifest);
    }

    // A registry without the referrers API: the list is kept by whoever pushes (distribution-spec "referrers tag schema").
    private async Task ListAsync(Digest subject, Descriptor referrer, CancellationToken cancellationToken)
    {
        var tag = "sha256-" + subject.Hex;
        var there = (await ListedAsync(tag, cancellationToken).ConfigureAwait(false)).Manifests;
        var index = JsonSerializer.SerializeToUtf8Bytes(new IndexDocument(2, MediaTypes.Index, [.. there, referrer]), OciJson.Default.IndexDocument);
        await ManifestPut.SendAsync(client, repository, index, MediaTypes.Index, tag, cancellationToken).ConfigureAwait(false);
    }

    private async Task<Descriptor> UploadAsync(byte[] bytes, string mediaType, CancellationToken cancellationToken)
    {
        var digest = await content.WriteAsync(new MemoryStream(bytes), null, cancellationToken).ConfigureAwait(false);
        await new BlobUpload(client, repository, content).SendAsync(digest, bytes.Length, [], _ => { }, cancellationToken).ConfigureAwait(false);
        return new Descriptor(mediaType, digest.ToString(), bytes.Length, null, null);
    }

    /// <summary>Nothing when there is none of that name. A digest is checked; a tag's manifest names blobs that are.</summary>
    private async Task<(Descriptor[] Layers, Descriptor[] Manifests)> ListedAsync(string name, CancellationToken cancellationToken)
    {
        using var response = await client.SendAsync(repository, "pull", a =>
        {
            var request = new HttpRequestMessage(HttpMethod.Get, repository.Manifest(a, name));
            request.Headers.Accept.ParseAdd(MediaTypes.Manifest);
            request.Headers.Accept.ParseAdd(MediaTypes.Index);
            return request;
        }, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return ([], []);
        }
        var expected = await client.ExpectAsync(response, repository, name, cancellationToken).ConfigureAwait(false);
        var bytes = await client.BodyAsync(expected, repository.Host, "manifest", OciLayout.MaxDocument, cancellationToken).ConfigureAwait(false);
        if (Digest.Parse(name) is { } wanted && Digest.Of(bytes) is var found && found != wanted)
        {
            throw new BoltException(RegistryErrors.WrongDigest(name, wanted.ToString(), found.ToString()));
        }
        return ImageDocument.ReadList(bytes);
    }

    private static string Tag(Digest subject, AttachmentKind kind) => $"sha256-{subject.Hex}.{kind.Suffix}";
}
