using System.Collections.Concurrent;
using Bolt.Diagnostics;
using Bolt.Kernel;

namespace Bolt.Storage;

/// <summary>Unpacked layers by diffId: STATE/trees/HEX/rootfs, owned by mapped ids. A tree that has its name is whole.</summary>
internal sealed class TreeStore(StoragePaths paths, MappedFiles files)
{
    private const string Durable = "durable";
    private static readonly ConcurrentDictionary<string, SemaphoreSlim> Turns = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, Task> Syncing = new(StringComparer.Ordinal);

    private readonly string trees = Path.Combine(paths.State, "trees");

    /// <summary>The rootfs of a layer; null when it is not unpacked.</summary>
    public string? Find(Digest diffId)
    {
        var tree = Path.Combine(trees, diffId.Hex);
        return IsWhole(tree) ? RootOf(tree) : null;
    }

    /// <summary>Unpacks a layer once; the path of its rootfs.</summary>
    /// <param name="diffId">Digest of the uncompressed tar; other bytes leave no tree.</param>
    /// <param name="openTar">Opens it: plain, gzip or zstd.</param>
    public Task<string> UnpackAsync(Digest diffId, Func<Stream> openTar, CancellationToken cancellationToken) =>
        UnpackAsync(diffId, openTar, null, cancellationToken);

    /// <summary>The same for a stream that comes from outside while it is unpacked.</summary>
    /// <param name="whole">Awaited before the tree gets its name; throws when the stream was not what it should be.</param>
    public async Task<string> UnpackAsync(Digest diffId, Func<Stream> openTar, Func<Task>? whole, CancellationToken cancellationToken)
    {
        if (Find(diffId) is { } found)
        {
            return found;
        }
        var tree = Path.Combine(trees, diffId.Hex);
        // Services of one stack often share layers: in this process one unpacks and the others wait for it.
        var turn = Turns.GetOrAdd(tree, _ => new SemaphoreSlim(1));
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (Find(diffId) is { } madeMeanwhile)
            {
                return madeMeanwhile;
            }
            StoreFolders.Ensure(trees);
            await SweepAsync(diffId, cancellationToken).ConfigureAwait(false);
            await MakeAsync(diffId, tree, openTar, whole, cancellationToken).ConfigureAwait(false);
            return RootOf(tree);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>
    /// Takes a layer's tree over that a capsule wrote: the upper folder of its overlay, from the same file system. Its whole content
    /// is what the layer's tar was packed from.
    /// </summary>
    public async Task<string> AdoptAsync(Digest diffId, string upper, CancellationToken cancellationToken)
    {
        var tree = Path.Combine(trees, diffId.Hex);
        StoreFolders.Ensure(trees);
        if (Find(diffId) is { } found)
        {
            return found;
        }
        await SweepAsync(diffId, cancellationToken).ConfigureAwait(false);
        var beside = Path.Combine(trees, $".{diffId.Hex}.{Guid.NewGuid():n}");
        try
        {
            StoreFolders.Ensure(beside);
            using var held = StoreFolders.TryHold(Path.Combine(beside, "lock"), FileMode.CreateNew);
            Directory.Move(upper, RootOf(beside));
            await File.WriteAllTextAsync(Path.Combine(beside, "boot"), BootId(), cancellationToken).ConfigureAwait(false);
            File.Delete(Path.Combine(beside, "lock"));
            if (TryName(beside, tree))
            {
                MakeDurable(tree);
                return RootOf(tree);
            }
        }
        catch (Exception e) when (StorageErrors.IsFileSystem(e))
        {
            await files.DeleteTreeAsync(beside, CancellationToken.None).ConfigureAwait(false);
            throw StorageErrors.Wrap(beside, e);
        }
        await files.DeleteTreeAsync(beside, CancellationToken.None).ConfigureAwait(false);
        return RootOf(tree);
    }

    private async Task MakeAsync(Digest diffId, string tree, Func<Stream> openTar, Func<Task>? whole, CancellationToken cancellationToken)
    {
        var beside = Path.Combine(trees, $".{diffId.Hex}.{Guid.NewGuid():n}");
        StoreFolders.Ensure(beside);
        using var held = StoreFolders.TryHold(Path.Combine(beside, "lock"), FileMode.CreateNew);
        try
        {
            var root = RootOf(beside);
            Directory.CreateDirectory(root, TreeFiles.WhileUnpacking);
            var owners = await Task.Run(() => Unpack(diffId, openTar, root, cancellationToken), cancellationToken).ConfigureAwait(false);
            if (owners.Count > 0)
            {
                await files.ApplyAsync(root, owners, cancellationToken).ConfigureAwait(false);
            }
            if (whole is not null)
            {
                await whole().ConfigureAwait(false);
            }
            await File.WriteAllTextAsync(Path.Combine(beside, "boot"), BootId(), cancellationToken).ConfigureAwait(false);
            File.Delete(Path.Combine(beside, "lock"));
            if (!TryName(beside, tree))
            {
                await files.DeleteTreeAsync(beside, CancellationToken.None).ConfigureAwait(false);
                return;
            }
            MakeDurable(tree);
        }
        catch (Exception e)
        {
            await files.DeleteTreeAsync(beside, CancellationToken.None).ConfigureAwait(false);
            if (StorageErrors.IsFileSystem(e))
            {
                throw StorageErrors.Wrap(beside, e);
            }
            throw;
        }
    }

    private IReadOnlyList<OwnedEntry> Unpack(Digest diffId, Func<Stream> openTar, string root, CancellationToken cancellationToken)
    {
        using var guard = new TarGuard(LayerStream.Decompress(openTar()), ContentStore.MaxBlob);
        var owners = LayerUnpack.Run(guard, root, files.Ids, cancellationToken);
        var found = guard.Finish();
        return found == diffId ? owners : throw new BoltException(StorageErrors.WrongDigest(diffId, found));
    }

    // Two processes at one layer: rename(2) lets the first win, and the other throws its own tree away.
    private static bool TryName(string beside, string tree)
    {
        try
        {
            Directory.Move(beside, tree);
            return true;
        }
        catch (IOException) when (Directory.Exists(tree))
        {
            return false;
        }
    }

    // The pages of a new tree reach the disk later. It is good as long as this boot lasts; the mark that it will outlast
    // a power cut is set when the disk has it, without making the first start wait for that.
    private static void MakeDurable(string tree) => Syncing.GetOrAdd(tree, static tree => Task.Factory.StartNew(
        () =>
        {
            try
            {
                if (TreeNodes.Sync(tree) == Errno.None)
                {
                    File.WriteAllBytes(Path.Combine(tree, Durable), []);
                }
            }
            catch (Exception e) when (StorageErrors.IsFileSystem(e))
            {
                // The tree was removed meanwhile, or the disk is full: it stays good for this boot.
            }
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));

    /// <summary>Ends when nothing is on its way to the disk any more: whoever deletes a whole state folder waits for it.</summary>
    public static Task SettledAsync() => Task.WhenAll(Syncing.Values);

    private static bool IsWhole(string tree)
    {
        if (!Directory.Exists(RootOf(tree)))
        {
            return false;
        }
        if (File.Exists(Path.Combine(tree, Durable)))
        {
            return true;
        }
        try
        {
            var sameBoot = File.ReadAllText(Path.Combine(tree, "boot")) == BootId();
            if (sameBoot)
            {
                MakeDurable(tree);
            }
            return sameBoot;
        }
        catch (Exception e) when (StorageErrors.IsFileSystem(e))
        {
            return false;
        }
    }

    // What a killed process left, and a tree that a power cut may have torn.
    private async Task SweepAsync(Digest diffId, CancellationToken cancellationToken)
    {
        var tree = Path.Combine(trees, diffId.Hex);
        if (Directory.Exists(tree) && !IsWhole(tree))
        {
            Syncing.TryRemove(tree, out _);
            var aside = Path.Combine(trees, $".{diffId.Hex}.{Guid.NewGuid():n}");
            Directory.Move(tree, aside);
            await files.DeleteTreeAsync(aside, cancellationToken).ConfigureAwait(false);
        }
        foreach (var left in Directory.EnumerateDirectories(trees, $".{diffId.Hex}.*"))
        {
            // A lock file that can be opened belongs to nobody; one that is not there yet, or not any more, says nothing.
            using var held = StoreFolders.TryHold(Path.Combine(left, "lock"), FileMode.Open);
            if (held is not null)
            {
                await files.DeleteTreeAsync(left, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static string BootId() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    private static string RootOf(string tree) => Path.Combine(tree, "rootfs");
}
