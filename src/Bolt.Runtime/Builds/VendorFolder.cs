using System.Text.Json;
using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Storage;
using Bolt.Trust;

namespace Bolt.Builds;

/// <summary>
/// bolt.vendor beside bolt.lock: an OCI layout with the images that the lock pins, whose blobs are also the packages and the
/// files that ADD fetched. It is looked into before a mirror, a registry or an address is asked, and nothing of it is believed:
/// each file is held to the hash that the lock, or a manifest of that hash, has for it.
/// </summary>
internal sealed class VendorFolder(string folder)
{
    public const string Name = "bolt.vendor";

    private string Blobs => Path.Combine(folder, "blobs", "sha256");

    /// <summary>Null when the lock has none beside it.</summary>
    public static VendorFolder? Beside(LockSession @lock) =>
        @lock.PinsBuilds && Path.Combine(Path.GetDirectoryName(@lock.Path)!, Name) is var folder && Directory.Exists(folder) ? new VendorFolder(folder) : null;

    /// <summary>The file that should have this SHA-256; null when there is none.</summary>
    public string? Find(string sha256) =>
        Path.Combine(Blobs, sha256) is var path && new FileInfo(path) is { Exists: true, LinkTarget: null, Length: > 0 } ? path : null;

    /// <summary>Takes an image with a digest into the store; null when the folder does not have it.</summary>
    public async Task<LocalImage?> TakeImageAsync(BuildTools tools, ImageReference wanted, CancellationToken cancellationToken)
    {
        if (!File.Exists(Path.Combine(folder, "index.json")))
        {
            return null;
        }
        var layout = new OciLayout(folder);
        var entry = layout.Images().Select(i => i.Entry).FirstOrDefault(e => e.Digest == wanted.Digest.ToString());
        if (entry is null)
        {
            return null;
        }
        var (manifest, target) = await layout.TakeAsync(entry, tools.Paths, tools.Content, cancellationToken).ConfigureAwait(false);
        // Signatures are judged when it is about to start; these only save the question to the registry.
        if (SignaturesIn(folder).Find(target) is { Count: > 0 } signatures && SignaturesIn(tools.Paths.State).Find(target) is null)
        {
            await SignaturesIn(tools.Paths.State).WriteAsync(target, signatures, cancellationToken).ConfigureAwait(false);
        }
        return await new ImageStore(tools.Paths, tools.Content).SaveAsync(wanted.ToString(), manifest, target, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes the folder hold exactly these; what it has already is read again and not written.</summary>
    /// <param name="files">By SHA-256.</param>
    /// <param name="images">By the name under which the lock has them.</param>
    /// <param name="from">Whose signatures of the images are kept with them.</param>
    /// <returns>Bytes of all files.</returns>
    public async Task<long> WriteAsync(
        IReadOnlyDictionary<string, Func<Stream>> files, IReadOnlyCollection<(string Reference, Descriptor Target)> images, StoragePaths from, CancellationToken cancellationToken)
    {
        // A repository may carry a link; what it leads to is not this folder's to fill or to clear.
        foreach (var part in (string[])[folder, Path.Combine(folder, "blobs"), Blobs, Path.Combine(folder, "signatures")])
        {
            if (new DirectoryInfo(part).LinkTarget is not null)
            {
                throw new BoltException(LockErrors.LinkedVendor(part));
            }
        }
        try
        {
            Directory.CreateDirectory(Blobs);
            long total = 0;
            foreach (var (sha256, open) in files)
            {
                total += await WriteAsync(sha256, open, cancellationToken).ConfigureAwait(false);
            }
            await StoreFolders.WriteWholeAsync(Path.Combine(folder, "oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}"u8.ToArray(), cancellationToken).ConfigureAwait(false);
            var index = new IndexDocument(2, MediaTypes.Index, [.. images.Select(i => i.Target with { Annotations = new() { [OciLayout.TagAnnotation] = i.Reference } })]);
            await StoreFolders.WriteWholeAsync(Path.Combine(folder, "index.json"), JsonSerializer.SerializeToUtf8Bytes(index, OciJson.Default.IndexDocument), cancellationToken).ConfigureAwait(false);
            foreach (var digest in images.Select(i => Digest.Parse(i.Target.Digest!)!.Value))
            {
                if (SignaturesIn(from.State).Find(digest) is { } signatures)
                {
                    await SignaturesIn(folder).WriteAsync(digest, signatures, cancellationToken).ConfigureAwait(false);
                }
            }
            foreach (var other in Directory.EnumerateFiles(Blobs).Where(f => IsBlob(Path.GetFileName(f)) && !files.ContainsKey(Path.GetFileName(f))).ToArray())
            {
                File.Delete(other);
            }
            return total;
        }
        catch (Exception e) when (StorageErrors.IsFileSystem(e))
        {
            throw StorageErrors.Wrap(folder, e);
        }
    }

    private async Task<long> WriteAsync(string sha256, Func<Stream> open, CancellationToken cancellationToken)
    {
        var path = Path.Combine(Blobs, sha256);
        if (Find(sha256) is not null && await HashAsync(path, cancellationToken).ConfigureAwait(false) == sha256)
        {
            return new FileInfo(path).Length;
        }
        var beside = $"{path}.{Guid.NewGuid():n}";
        try
        {
            using (var source = open())
            using (var target = new FileStream(beside, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                await source.CopyToAsync(target, cancellationToken).ConfigureAwait(false);
            }
            if (await HashAsync(beside, cancellationToken).ConfigureAwait(false) is var found && found != sha256)
            {
                throw new BoltException(StorageErrors.WrongDigest(new Digest(sha256), new Digest(found)));
            }
            File.Move(beside, path, overwrite: true);
            return new FileInfo(path).Length;
        }
        finally
        {
            StoreFolders.Discard(beside);
        }
    }

    // "HEX", or "HEX.GUID" of a write that was cut off.
    private static bool IsBlob(string name) => name.Length >= 64 && Digest.Parse("sha256:" + name[..64]) is not null && (name.Length == 64 || name[64] == '.');

    private static KeptSignatures SignaturesIn(string state) => new(new StoragePaths(state, "", ""));

    private static async Task<string> HashAsync(string path, CancellationToken cancellationToken)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(await System.Security.Cryptography.SHA256.HashDataAsync(file, cancellationToken).ConfigureAwait(false));
    }
}
