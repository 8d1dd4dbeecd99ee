using Bolt.Storage;

namespace Bolt.Images;

/// <summary>Images by reference: STATE/images/KEY.json names the config, whose blob names the layers.</summary>
internal sealed class ImageStore(StoragePaths paths, ContentStore content)
{
    /// <summary>Null when it is not known, or a blob of it is gone.</summary>
    public LocalImage? Find(string reference) => throw new NotImplementedException(paths.State + content);

    /// <summary>Keeps an image whose layers (<see cref="OciConfig.DiffIds"/>) are in the content store.</summary>
    public Task<LocalImage> SaveAsync(string reference, OciConfig config, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Takes an image over from an OCI layout folder (image-spec image-layout.md).</summary>
    /// <param name="tag">Which of its images; null when there is only one.</param>
    public Task<LocalImage> ImportLayoutAsync(string folder, string? tag, CancellationToken cancellationToken) => throw new NotImplementedException();
}
