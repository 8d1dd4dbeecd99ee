using Bolt.Diagnostics;

namespace Bolt.Storage;

/// <summary>Named volumes: STATE/volumes/STACK/NAME/{data,volume.json}. Only <see cref="RemoveAsync"/> deletes data.</summary>
internal sealed class VolumeStore(StoragePaths paths, MappedFiles files)
{
    public Volume? Find(string stack, string name) => throw new NotImplementedException(paths.State + files);

    /// <summary>Makes a volume; one that exists is given back, with the new size.</summary>
    public Task<Volume> CreateAsync(string stack, string name, long? size, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>By stack and name, in ordinal order; null: of all stacks.</summary>
    public IReadOnlyList<Volume> List(string? stack) => throw new NotImplementedException();

    /// <summary>Keeps in mind that a recipe has prepared the data.</summary>
    public Task<Volume> MarkInitializedAsync(Volume volume, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Deletes the volume and its data.</summary>
    public Task RemoveAsync(Volume volume, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>A warning when the disk has less room than the volume is to hold; the size is no quota.</summary>
    public Diagnostic? CheckSpace(string name, long? size) => throw new NotImplementedException();
}
