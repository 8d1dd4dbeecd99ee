using System.Formats.Tar;
using System.Text.Json;
using Bolt.Diagnostics;
using Bolt.Storage;

namespace Bolt.Images;

/// <summary>
/// Images leave the store: as an OCI layout folder, or as one archive that is an OCI layout and Docker's archive at once
/// (image-layout.md; manifest.json of `docker save`), so that either kind of reader takes it.
/// </summary>
internal sealed class ImageSave(ContentStore content, ImageStore images)
{
    public async Task WriteArchiveAsync(IReadOnlyList<LocalImage> saved, Stream target, CancellationToken cancellationToken)
    {
        var writer = new TarWriter(target, TarEntryFormat.Ustar, leaveOpen: true);
        await using (writer.ConfigureAwait(false))
        {
            async Task Add(string name, Stream bytes)
            {
                await using (bytes.ConfigureAwait(false))
                {
                    // No clock and no owner: equal images make equal archives.
                    await writer.WriteEntryAsync(new UstarTarEntry(TarEntryType.RegularFile, name)
                    {
                        DataStream = bytes,
                        Mode = (UnixFileMode)0b110_100_100,
                        ModificationTime = DateTimeOffset.UnixEpoch,
                    }, cancellationToken).ConfigureAwait(false);
                }
            }
            // skopeo as an ordinary user fails at folders that it has to make up.
            foreach (var folder in new[] { "blobs/", "blobs/sha256/" })
            {
                await writer.WriteEntryAsync(new UstarTarEntry(TarEntryType.Directory, folder) { Mode = (UnixFileMode)0b111_101_101, ModificationTime = DateTimeOffset.UnixEpoch }, cancellationToken).ConfigureAwait(false);
            }
            foreach (var (name, bytes) in Documents(saved).Append(("manifest.json", DockerManifest(saved))))
            {
                await Add(name, new MemoryStream(bytes)).ConfigureAwait(false);
            }
            foreach (var digest in Blobs(saved))
            {
                await Add(NameOf(digest), content.OpenRead(digest)).ConfigureAwait(false);
            }
        }
    }

    /// <param name="folder">Does not exist, or is empty: what a user has is not overwritten.</param>
    public async Task WriteLayoutAsync(IReadOnlyList<LocalImage> saved, string folder, CancellationToken cancellationToken)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new BoltException(ImageErrors.NotEmpty(folder));
        }
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "blobs", "sha256"));
            foreach (var digest in Blobs(saved))
            {
                var file = new FileStream(Path.Combine(folder, NameOf(digest)), FileMode.CreateNew);
                await using (file.ConfigureAwait(false))
                {
                    var blob = content.OpenRead(digest);
                    await using (blob.ConfigureAwait(false))
                    {
                        await blob.CopyToAsync(file, 1 << 17, cancellationToken).ConfigureAwait(false);
                    }
                }
            }
            // The index last: until it is there, the folder is no layout.
            foreach (var (name, bytes) in Documents(saved))
            {
                await StoreFolders.WriteWholeAsync(Path.Combine(folder, name), bytes, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.Wrap(Path.Combine(folder, "index.json"), e);
        }
    }

    private (string Name, byte[] Bytes)[] Documents(IReadOnlyList<LocalImage> saved)
    {
        var manifests = saved.Select(image => new Descriptor(
            ImageDocument.Parse(images.ReadDocument(image.Manifest!.Value), OciJson.Default.ShapeDocument, "manifest").MediaType ?? MediaTypes.Manifest,
            image.Manifest.ToString(), content.SizeOf(image.Manifest.Value)!.Value, new PlatformDocument(image.Config.Architecture, "linux", null),
            new() { ["io.containerd.image.name"] = PublicName(image), ["org.opencontainers.image.ref.name"] = PublicName(image) }));
        return
        [
            ("oci-layout", """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray()),
            ("index.json", JsonSerializer.SerializeToUtf8Bytes(new IndexDocument(2, MediaTypes.Index, [.. manifests]), OciJson.Default.IndexDocument)),
        ];
    }

    private static byte[] DockerManifest(IReadOnlyList<LocalImage> saved) => JsonSerializer.SerializeToUtf8Bytes(
        saved.GroupBy(i => i.Manifest).Select(same => new DockerArchiveEntry(
            NameOf(same.First().Id), [.. same.Select(PublicName)], [.. same.First().Layers.Select(l => NameOf(l.Blob))])).ToArray(),
        OciJson.Default.DockerArchiveEntryArray);

    private static IEnumerable<Digest> Blobs(IEnumerable<LocalImage> saved) =>
        saved.SelectMany(i => i.Layers.Select(l => l.Blob).Prepend(i.Id).Prepend(i.Manifest!.Value)).Distinct();

    private static string NameOf(Digest digest) => "blobs/sha256/" + digest.Hex;

    // A recipe's name is Bolt's own; other tools know names of registries, and `localhost/` is podman's for local ones.
    private static string PublicName(LocalImage image)
    {
        if (!image.Reference.StartsWith("bolt://", StringComparison.Ordinal))
        {
            return image.Reference.Contains('@', StringComparison.Ordinal) ? image.Reference[..image.Reference.IndexOf('@', StringComparison.Ordinal)] + ":latest" : image.Reference;
        }
        var name = image.Reference["bolt://".Length..];
        return $"localhost/{name}{(name.Contains(':', StringComparison.Ordinal) ? "" : ":latest")}";
    }
}
