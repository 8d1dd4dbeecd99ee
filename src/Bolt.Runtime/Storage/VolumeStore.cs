using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bolt.Diagnostics;

namespace Bolt.Storage;

/// <summary>Named volumes: STATE/volumes/STACK/NAME/{data,volume.json}. Only <see cref="RemoveAsync"/> deletes data.</summary>
internal sealed class VolumeStore(StoragePaths paths, MappedFiles files)
{
    private const uint DataMode = 0b111_101_101;
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

    private readonly string volumes = Path.Combine(paths.State, "volumes");

    public Volume? Find(string stack, string name)
    {
        var folder = FolderOf(stack, name);
        return File.Exists(Path.Combine(folder, "volume.json")) ? Read(folder, stack, name) : null;
    }

    /// <summary>Makes a volume; one that exists is given back as it is, with the new size.</summary>
    public async Task<Volume> CreateAsync(string stack, string name, long? size, CancellationToken cancellationToken)
    {
        var folder = FolderOf(stack, name);
        if (Find(stack, name) is { } found)
        {
            return found.Size == size ? found : await WriteAsync(found with { Size = size }, cancellationToken).ConfigureAwait(false);
        }
        try
        {
            StoreFolders.Ensure(folder);
        }
        catch (Exception e) when (StorageErrors.IsFileSystem(e))
        {
            throw StorageErrors.Wrap(folder, e);
        }
        var data = Path.Combine(folder, "data");
        // Data without a record: a process died between the two lines, or someone removed the record. It is kept.
        if (!Directory.Exists(data))
        {
            await files.MakeFolderAsync(data, 0, 0, DataMode, cancellationToken).ConfigureAwait(false);
        }
        return await WriteAsync(new Volume(stack, name, data, size, false), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes a volume whose data is a copy of a folder's, prepared as that is.</summary>
    public async Task<Volume> CopyAsync(string stack, string name, string source, CancellationToken cancellationToken)
    {
        var folder = FolderOf(stack, name);
        StoreFolders.Ensure(folder);
        var data = Path.Combine(folder, "data");
        await files.CopyTreeAsync(source, data, cancellationToken).ConfigureAwait(false);
        return await WriteAsync(new Volume(stack, name, data, null, true), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>By stack and name, in ordinal order; null: of all stacks.</summary>
    public IReadOnlyList<Volume> List(string? stack)
    {
        var found = new List<Volume>();
        foreach (var owner in stack is null ? Folders(volumes) : [Path.Combine(volumes, Named("stack", stack))])
        {
            foreach (var folder in Folders(owner))
            {
                if (Find(Path.GetFileName(owner), Path.GetFileName(folder)) is { } volume)
                {
                    found.Add(volume);
                }
            }
        }
        return found;
    }

    /// <summary>Keeps in mind that a recipe has prepared the data.</summary>
    public Task<Volume> MarkInitializedAsync(Volume volume, CancellationToken cancellationToken) =>
        WriteAsync(volume with { Initialized = true }, cancellationToken);

    /// <summary>Deletes the volume and its data.</summary>
    public async Task RemoveAsync(Volume volume, CancellationToken cancellationToken)
    {
        var folder = FolderOf(volume.Stack, volume.Name);
        if (Directory.Exists(folder))
        {
            // Renamed first: a removal that is cut short leaves no volume that looks whole and has lost half its data.
            var aside = Path.Combine(volumes, $".removed.{Guid.NewGuid():n}");
            try
            {
                Directory.Move(folder, aside);
            }
            catch (Exception e) when (StorageErrors.IsFileSystem(e))
            {
                throw StorageErrors.Wrap(folder, e);
            }
        }
        foreach (var removed in Directory.Exists(volumes) ? Directory.GetDirectories(volumes, ".removed.*") : [])
        {
            await files.DeleteTreeAsync(removed, cancellationToken).ConfigureAwait(false);
        }
        var stack = Path.Combine(volumes, volume.Stack);
        if (Directory.Exists(stack) && !Directory.EnumerateFileSystemEntries(stack).Any())
        {
            try
            {
                Directory.Delete(stack);
            }
            catch (IOException)
            {
                // Another volume of the stack was made in between.
            }
        }
    }

    /// <summary>A warning when the disk has less room than the volume is to hold; the size is no quota.</summary>
    public Diagnostic? CheckSpace(string name, long? size)
    {
        StoreFolders.Ensure(volumes);
        var free = new DriveInfo(volumes).AvailableFreeSpace;
        return size > free ? StorageErrors.LittleSpace(name, size.Value, free, volumes) : null;
    }

    private async Task<Volume> WriteAsync(Volume volume, CancellationToken cancellationToken)
    {
        var path = Path.Combine(FolderOf(volume.Stack, volume.Name), "volume.json");
        var bytes = JsonSerializer.SerializeToUtf8Bytes(new VolumeRecord(1, volume.Size, volume.Initialized), VolumeJson.Default.VolumeRecord);
        try
        {
            await StoreFolders.WriteWholeAsync(path, bytes, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (StorageErrors.IsFileSystem(e))
        {
            throw StorageErrors.Wrap(path, e);
        }
        return volume;
    }

    private static Volume Read(string folder, string stack, string name)
    {
        var path = Path.Combine(folder, "volume.json");
        try
        {
            var record = JsonSerializer.Deserialize(File.ReadAllBytes(path), VolumeJson.Default.VolumeRecord);
            return record is { Version: 1 }
                ? new Volume(stack, name, Path.Combine(folder, "data"), record.Size, record.Initialized)
                : throw new BoltException(StorageErrors.VolumeUnreadable(path, $"it has format {record?.Version}, not 1"));
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new BoltException(StorageErrors.VolumeUnreadable(path, e.Message), e);
        }
    }

    private static string[] Folders(string path) => !Directory.Exists(path) ? []
        : [.. Directory.GetDirectories(path).Where(f => !Path.GetFileName(f).StartsWith('.')).Order(StringComparer.Ordinal)];

    private string FolderOf(string stack, string name) => Path.Combine(volumes, Named("stack", stack), Named("volume", name));

    private static string Named(string what, string name) =>
        name.Length is > 0 and <= 128 && char.IsAsciiLetterOrDigit(name[0]) && name.AsSpan().IndexOfAnyExcept(NameCharacters) < 0
            ? name
            : throw new BoltException(StorageErrors.BadName(what, name));
}

/// <summary>volume.json.</summary>
internal sealed record VolumeRecord(int Version, long? Size, bool Initialized);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(VolumeRecord))]
internal sealed partial class VolumeJson : JsonSerializerContext;
