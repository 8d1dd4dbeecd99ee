using System.Security.Cryptography;
using Bolt.Diagnostics;
using Bolt.Kernel;
using Bolt.Storage;

namespace Bolt.Images;

/// <summary>
/// Reads an OCI layout folder. Nothing in it is believed: each blob is checked against the digest and size that name it,
/// documents are small, indexes do not nest without end.
/// </summary>
internal sealed class OciLayout(string folder)
{
    public const int MaxDocument = 4 << 20;
    private const int MaxNesting = 4;
    public const string TagAnnotation = "org.opencontainers.image.ref.name";

    /// <summary>The image's config and its layers' descriptors, lowest first.</summary>
    public (OciConfig Config, IReadOnlyList<Descriptor> Layers) Select(string? tag)
    {
        var manifest = ReadManifest(Choose(ReadIndex(), tag), out _);
        var config = OciConfig.Read(ReadBlob(manifest.Config));
        OciPlatform.Check(config, folder);
        return manifest.Layers.Length == config.DiffIds.Length
            ? (config, manifest.Layers)
            : throw new BoltException(ImageErrors.LayerCount(manifest.Layers.Length, config.DiffIds.Length));
    }

    /// <summary>Puts a layer's plain tar into the store, when it is not there.</summary>
    public async Task CopyLayerAsync(Descriptor layer, Digest diffId, ContentStore content, CancellationToken cancellationToken)
    {
        if (content.Contains(diffId))
        {
            return;
        }
        // Encrypted layers and unknown packings have types of their own; what the bytes are is seen from them.
        if (!MediaTypes.IsLayer(layer.MediaType))
        {
            throw new BoltException(ImageErrors.BadLayer(layer.Digest ?? "", $"its type is `{layer.MediaType}`"));
        }
        var blob = new VerifiedStream(Open(layer), layer);
        try
        {
            var plain = LayerStream.Decompress(blob);
            await using (plain.ConfigureAwait(false))
            {
                await content.WriteAsync(plain, diffId, cancellationToken).ConfigureAwait(false);
                blob.Finish();
            }
        }
        catch (Exception e) when (e is InvalidDataException or ZstdSharp.ZstdException)
        {
            throw new BoltException(ImageErrors.BadLayer(layer.Digest ?? "", e.Message), e);
        }
    }

    /// <summary>What the index names, with the names that it gives: Docker's whole one before the spec's, which may be a tag alone.</summary>
    public IReadOnlyList<(string? Name, Descriptor Entry)> Images()
    {
        var all = ReadIndex();
        // One image for several platforms may stand in the index directly, without names.
        var nameless = all.Length > 1 && Array.TrueForAll(all, m => NameOf(m) is null);
        return nameless ? [(null, ForThisMachine(all))] : [.. all.Select(m => (NameOf(m), m))];
    }

    /// <summary>Takes an image over as it is: documents and layers under their own digests.</summary>
    public async Task<(Digest Manifest, Digest Target)> TakeAsync(Descriptor entry, StoragePaths paths, ContentStore content, CancellationToken cancellationToken)
    {
        var manifest = ReadManifest(entry, out var descriptor);
        var config = OciConfig.Read(ReadBlob(manifest.Config));
        OciPlatform.Check(config, folder);
        Array.ForEach(manifest.Layers, ImageDocument.CheckLayer);
        Descriptor[] all = [entry, descriptor, manifest.Config, .. manifest.Layers];
        using var lease = StoreLease.Take(paths, all.Select(d => ImageDocument.Address(d, ContentStore.MaxBlob).Digest).Concat(config.DiffIds));
        foreach (var blob in all)
        {
            var (digest, _) = ImageDocument.Address(blob, ContentStore.MaxBlob);
            if (!content.Contains(digest))
            {
                var stream = Open(blob);
                await using (stream.ConfigureAwait(false))
                {
                    await content.WriteAsync(stream, digest, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        return (ImageDocument.Address(descriptor, MaxDocument).Digest, ImageDocument.Address(entry, MaxDocument).Digest);
    }

    private static string? NameOf(Descriptor manifest) =>
        manifest.Annotations?.GetValueOrDefault("io.containerd.image.name") ?? manifest.Annotations?.GetValueOrDefault(TagAnnotation);

    private Descriptor[] ReadIndex()
    {
        var path = Path.Combine(folder, "index.json");
        return PlainFile.Read(path, MaxDocument, out var bytes) switch
        {
            Errno.None => Manifests(ImageDocument.Read(bytes, MediaTypes.Index)),
            Errno.ENOENT => throw new BoltException(ImageErrors.NoLayout(folder, "it has no `index.json`")),
            var errno => throw new BoltException(ImageErrors.NoLayout(folder, $"its `index.json`: {errno.Text()}")),
        };
    }

    private Descriptor Choose(Descriptor[] manifests, string? tag)
    {
        var tags = manifests.Select(m => m.Annotations?.GetValueOrDefault(TagAnnotation)).OfType<string>().Order(StringComparer.Ordinal).ToArray();
        if (tag is null)
        {
            return manifests.Length switch
            {
                0 => throw new BoltException(ImageErrors.NoLayout(folder, "its index is empty")),
                1 => manifests[0],
                // One image for several platforms may stand in the index directly, without names.
                _ when tags.Length == 0 => ForThisMachine(manifests),
                _ => throw new BoltException(ImageErrors.ManyImages(folder, tags)),
            };
        }
        return manifests.FirstOrDefault(m => m.Annotations?.GetValueOrDefault(TagAnnotation) == tag)
            ?? throw new BoltException(ImageErrors.NoSuchTag(folder, tag, tags));
    }

    private ImageDocument.Manifest ReadManifest(Descriptor top, out Descriptor descriptor)
    {
        descriptor = top;
        for (var depth = 0; depth < MaxNesting; depth++)
        {
            var document = ImageDocument.Read(ReadBlob(descriptor), descriptor.MediaType);
            if (document is ImageDocument.Manifest manifest)
            {
                return manifest;
            }
            descriptor = ForThisMachine(Manifests(document));
        }
        throw Bad("index", "indexes stand in indexes without end");
    }

    private Descriptor ForThisMachine(Descriptor[] manifests) => PlatformChoice.Choose(manifests)
        ?? throw new BoltException(ImageErrors.NoPlatform(folder, $"linux/{OciPlatform.Architecture}", manifests.Select(PlatformChoice.Text)));

    private static Descriptor[] Manifests(ImageDocument document) => ((ImageDocument.Index)document).Manifests;

    private byte[] ReadBlob(Descriptor descriptor)
    {
        if (descriptor.Size is < 0 or > MaxDocument)
        {
            throw Bad("document", $"it claims {descriptor.Size} bytes");
        }
        using var stream = new VerifiedStream(Open(descriptor), descriptor);
        var bytes = new byte[descriptor.Size];
        var read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        stream.Finish();
        return bytes[..read];
    }

    private FileStream Open(Descriptor descriptor)
    {
        // Only hex digits become a path.
        var digest = Digest.Parse(descriptor.Digest ?? "") ?? throw Bad("descriptor", $"`{descriptor.Digest}` is no sha256 digest");
        var path = Path.Combine(folder, "blobs", "sha256", digest.Hex);
        // A FIFO in a blob's place would hold the reader for ever; its length is 0.
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            throw new BoltException(ImageErrors.BlobMissing(folder, digest.ToString()));
        }
        var length = file.ResolveLinkTarget(true) is FileInfo target ? target.Length : file.Length;
        if (length != descriptor.Size)
        {
            throw new BoltException(ImageErrors.BlobSize(digest.ToString(), descriptor.Size, length));
        }
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BoltException(ImageErrors.NoLayout(folder, e.Message), e);
        }
    }

    private static BoltException Bad(string what, string reason) => new(ImageErrors.BadDocument(what, reason));

    /// <summary>Digest and size of what passes; what comes after a decompressor's end is counted too.</summary>
    private sealed class VerifiedStream(Stream blob, Descriptor descriptor) : ForwardStream
    {
        private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private long total;

        public override int Read(Span<byte> buffer)
        {
            var read = blob.Read(buffer);
            hash.AppendData(buffer[..read]);
            total += read;
            return total <= descriptor.Size ? read : throw new BoltException(ImageErrors.BlobSize(descriptor.Digest!, descriptor.Size, total));
        }

        public void Finish()
        {
            var rest = new byte[1 << 16];
            while (Read(rest) > 0)
            {
            }
            var found = new Digest(Convert.ToHexStringLower(hash.GetHashAndReset()));
            if (total != descriptor.Size)
            {
                throw new BoltException(ImageErrors.BlobSize(descriptor.Digest!, descriptor.Size, total));
            }
            if (found.ToString() != descriptor.Digest)
            {
                throw new BoltException(StorageErrors.WrongDigest(Digest.Parse(descriptor.Digest!)!.Value, found));
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                hash.Dispose();
                blob.Dispose();
            }
            base.Dispose(disposing);
        }
    }
}
