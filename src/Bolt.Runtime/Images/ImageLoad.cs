using System.Collections.Immutable;
using System.Formats.Tar;
using Bolt.Diagnostics;
using Bolt.Storage;

namespace Bolt.Images;

/// <summary>Images come into the store from archives and layouts of any maker; each blob is checked on its way.</summary>
internal sealed class ImageLoad(StoragePaths paths, ContentStore content, ImageStore images)
{
    private const int MaxFiles = 10_000;
    private const int MaxLink = 4096;

    /// <summary>From an archive, packed or not: what `docker save`, `podman save`, `skopeo copy` and `bolt save` write.</summary>
    /// <param name="name">For an image without a name.</param>
    public async Task<ImmutableArray<LocalImage>> FromArchiveAsync(Stream archive, string? name, CancellationToken cancellationToken)
    {
        // Entries come in any order, so they are laid down first; the lock tells others that someone works on it.
        var folder = Path.Combine(paths.State, "loading", Guid.NewGuid().ToString("n"));
        StoreFolders.Ensure(folder);
        using var held = StoreFolders.TryHold(folder + ".lock", FileMode.CreateNew);
        try
        {
            Sweep(Path.GetDirectoryName(folder)!);
            await Task.Run(() => Spool(archive, folder, cancellationToken), cancellationToken).ConfigureAwait(false);
            return await FromFolderAsync(folder, name, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
            StoreFolders.Discard(folder + ".lock");
        }
    }

    /// <summary>From a layout folder, or an unpacked archive.</summary>
    public async Task<ImmutableArray<LocalImage>> FromFolderAsync(string folder, string? name, CancellationToken cancellationToken) =>
        File.Exists(Path.Combine(folder, "index.json")) ? await LayoutAsync(folder, name, cancellationToken).ConfigureAwait(false)
        : File.Exists(Path.Combine(folder, "manifest.json")) ? await DockerAsync(folder, name, cancellationToken).ConfigureAwait(false)
        : throw new BoltException(ImageErrors.NoArchive("it has neither `index.json` nor `manifest.json`"));

    private async Task<ImmutableArray<LocalImage>> LayoutAsync(string folder, string? name, CancellationToken cancellationToken)
    {
        var layout = new OciLayout(folder);
        var loaded = ImmutableArray.CreateBuilder<LocalImage>();
        foreach (var (written, entry) in layout.Images())
        {
            var (manifest, target) = await layout.TakeAsync(entry, paths, content, cancellationToken).ConfigureAwait(false);
            loaded.Add(await images.SaveAsync(Named(written, name), manifest, target, cancellationToken).ConfigureAwait(false));
        }
        return loaded.Count > 0 ? loaded.ToImmutable() : throw new BoltException(ImageErrors.NoArchive("it holds no image"));
    }

    // manifest.json: [{"Config":"HEX.json","RepoTags":["x:1"],"Layers":["HEX.tar",…]}]
    private async Task<ImmutableArray<LocalImage>> DockerAsync(string folder, string? name, CancellationToken cancellationToken)
    {
        var entries = ImageDocument.Parse(Small(folder, "manifest.json"), OciJson.Default.DockerArchiveEntryArray, "archive's manifest");
        var loaded = ImmutableArray.CreateBuilder<LocalImage>();
        foreach (var entry in entries)
        {
            var bytes = Small(folder, entry?.Config ?? "");
            var config = OciConfig.Read(bytes);
            OciPlatform.Check(config, folder);
            var layers = entry!.Layers ?? [];
            if (layers.Length != config.DiffIds.Length)
            {
                throw new BoltException(ImageErrors.LayerCount(layers.Length, config.DiffIds.Length));
            }
            using var lease = StoreLease.Take(paths, [.. config.DiffIds, Digest.Of(bytes)]);
            for (var i = 0; i < layers.Length; i++)
            {
                if (!content.Contains(config.DiffIds[i]))
                {
                    using var plain = LayerStream.Decompress(Open(folder, layers[i] ?? ""));
                    await content.WriteAsync(plain, config.DiffIds[i], cancellationToken).ConfigureAwait(false);
                }
            }
            var names = (entry.RepoTags ?? []).OfType<string>().ToArray();
            foreach (var tag in names.Length == 0 ? [Named(null, name)] : names.Select(n => Named(n, name)))
            {
                loaded.Add(await images.SaveAsync(tag, bytes, cancellationToken).ConfigureAwait(false));
            }
        }
        return loaded.ToImmutable();
    }

    private static string Named(string? written, string? name) =>
        (written is not null && (written.Contains(':', StringComparison.Ordinal) || written.Contains('/', StringComparison.Ordinal)) ? ImageReference.Parse(written).Value : null) is { } reference
            ? reference.ToString()
            : ImageReference.Parse(name is null ? throw new BoltException(ImageErrors.Nameless()) : written is null || name.Contains(':', StringComparison.Ordinal) ? name : $"{name}:{written}") is { Ok: true } given
                ? given.Value!.ToString()
                : throw new BoltException(ImageReference.Parse(name).Diagnostics[0]);

    private static byte[] Small(string folder, string name)
    {
        using var stream = Open(folder, name);
        return stream.Length <= OciLayout.MaxDocument ? File.ReadAllBytes(stream.Name) : throw new BoltException(ImageErrors.BadDocument(name, "it is larger than 4 MiB"));
    }

    private static FileStream Open(string folder, string name)
    {
        var path = IsSafe(name) ? Path.Combine(folder, name) : "";
        // Of old archives: layers that are equal are links to the first, kept as a text beside.
        if (new FileInfo(path + ".link") is { Exists: true, Length: <= MaxLink } link && File.ReadAllText(link.FullName) is var target && IsSafe(target))
        {
            path = Path.Combine(folder, target);
        }
        return new FileInfo(path is "" ? "/nonexistent" : path) is { Exists: true, LinkTarget: null }
            ? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read)
            : throw new BoltException(ImageErrors.NoArchive($"it lacks `{name}`"));
    }

    private static void Spool(Stream archive, string folder, CancellationToken cancellationToken)
    {
        try
        {
            using var guard = new TarGuard(LayerStream.Decompress(archive), 2 * ContentStore.MaxBlob);
            using var reader = new TarReader(guard, leaveOpen: true);
            for (var count = 0; reader.GetNextEntry() is { } entry; count++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var name = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
                if (count > MaxFiles)
                {
                    throw new BoltException(ImageErrors.NoArchive($"it has more than {MaxFiles} files"));
                }
                if (!IsSafe(name))
                {
                    continue;
                }
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, name))!);
                if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
                {
                    entry.ExtractToFile(Path.Combine(folder, name), overwrite: false);
                }
                else if (entry.EntryType is TarEntryType.SymbolicLink)
                {
                    File.WriteAllText(Path.Combine(folder, name) + ".link", Path.GetRelativePath("/", Path.GetFullPath(entry.LinkName, "/" + Path.GetDirectoryName(name))));
                }
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or OverflowException or ArgumentException)
        {
            throw new BoltException(ImageErrors.NoArchive(e.Message), e);
        }
        catch (IOException e)
        {
            throw StorageErrors.Wrap(Path.Combine(folder, "x"), e);
        }
    }

    // Plain names of plain characters, a few parts deep: nothing that a path could be made of to lead elsewhere.
    private static bool IsSafe(string name) => name.Length is > 0 and < 300 && name.Split('/') is { Length: <= 4 } parts
        && Array.TrueForAll(parts, p => p.Length > 0 && p[0] != '.' && p.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or ':'));

    private static void Sweep(string loading)
    {
        foreach (var left in Directory.GetFiles(loading, "*.lock"))
        {
            using var dead = StoreFolders.TryHold(left, FileMode.Open);
            if (dead is not null && Directory.Exists(left[..^5]))
            {
                Directory.Delete(left[..^5], recursive: true);
                StoreFolders.Discard(left);
            }
        }
    }
}
