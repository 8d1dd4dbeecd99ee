namespace Bolt.Storage;

/// <summary>Unpacked layers by diffId: STATE/trees/HEX/rootfs, owned by mapped ids. A tree that has its name is whole.</summary>
internal sealed class TreeStore(StoragePaths paths, MappedFiles files)
{
    /// <summary>The rootfs of a layer; null when it is not unpacked.</summary>
    public string? Find(Digest diffId) => throw new NotImplementedException();

    /// <summary>Unpacks a layer once; the path of its rootfs.</summary>
    /// <param name="diffId">Digest of the uncompressed tar.</param>
    /// <param name="openTar">Opens it: plain, gzip or zstd.</param>
    public Task<string> UnpackAsync(Digest diffId, Func<Stream> openTar, CancellationToken cancellationToken) =>
        throw new NotImplementedException(paths.State + files);
}
