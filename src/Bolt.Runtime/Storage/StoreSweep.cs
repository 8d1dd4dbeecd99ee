namespace Bolt.Storage;

/// <summary>What a sweep took, or would take.</summary>
internal readonly record struct Swept(int Blobs, int Trees, long Bytes);

/// <summary>
/// Takes blobs and trees that nothing names. Each is first renamed away, then the leases are read once more: a pull that
/// found it still there has said so by then and gets it back; one that comes later finds it gone and fetches it. So
/// neither waits for the other.
/// </summary>
/// <param name="grace">Younger ones stay: who makes something names it a moment later.</param>
internal sealed class StoreSweep(StoragePaths paths, MappedFiles files, TimeSpan grace)
{
    private const string Aside = ".gone.";
    private static readonly TimeSpan PartialLife = TimeSpan.FromDays(1);

    private readonly string blobs = Path.Combine(paths.State, "blobs", "sha256");
    private readonly string trees = Path.Combine(paths.State, "trees");
    private readonly DateTime before = DateTime.UtcNow - grace;

    /// <param name="named">Every digest of a blob or a tree that something names.</param>
    /// <param name="dry">Only counts.</param>
    public async Task<Swept> RunAsync(IReadOnlySet<Digest> named, bool dry, CancellationToken cancellationToken)
    {
        var leased = StoreLease.Wanted(paths);
        bool IsFree(string name) => Digest.Parse("sha256:" + name) is { } digest && !named.Contains(digest) && !leased.Contains(digest);
        var looseBlobs = Entries(blobs, Directory.GetFiles).Where(IsFree).Where(n => File.GetLastWriteTimeUtc(Path.Combine(blobs, n)) < before).ToArray();
        var looseTrees = Entries(trees, Directory.GetDirectories).Where(IsFree).Where(n => Directory.GetLastWriteTimeUtc(Path.Combine(trees, n)) < before).ToArray();
        var bytes = looseBlobs.Sum(n => new FileInfo(Path.Combine(blobs, n)).Length);
        if (dry)
        {
            return new Swept(looseBlobs.Length, looseTrees.Length, bytes);
        }
        var (takenBlobs, takenTrees) = (0, 0);
        foreach (var name in looseBlobs)
        {
            takenBlobs += await TakeAsync(blobs, name, aside => { File.Delete(aside); return Task.CompletedTask; }).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
        foreach (var name in looseTrees)
        {
            takenTrees += await TakeAsync(trees, name, aside => files.DeleteTreeAsync(aside, CancellationToken.None)).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
        await LeftoversAsync().ConfigureAwait(false);
        return new Swept(takenBlobs, takenTrees, bytes);
    }

    private async Task<int> TakeAsync(string folder, string name, Func<string, Task> delete)
    {
        var (path, aside) = (Path.Combine(folder, name), Path.Combine(folder, Aside + name));
        try
        {
            Directory.Move(path, aside);
        }
        catch (Exception e) when (e is IOException or DirectoryNotFoundException)
        {
            // Another gc was faster.
            return 0;
        }
        if (StoreLease.Wanted(paths).Contains(new Digest(name)) && !Path.Exists(path))
        {
            Directory.Move(aside, path);
            return 0;
        }
        await delete(aside).ConfigureAwait(false);
        return 1;
    }

    // Of a gc that was killed, of transfers nobody has taken up again, of unpackers that died.
    private async Task LeftoversAsync()
    {
        foreach (var path in Entries(blobs, Directory.GetFiles).Where(n => n.StartsWith(Aside, StringComparison.Ordinal)))
        {
            StoreFolders.Discard(Path.Combine(blobs, path));
        }
        foreach (var name in Entries(trees, Directory.GetDirectories).Where(n => n.StartsWith(Aside, StringComparison.Ordinal)))
        {
            await files.DeleteTreeAsync(Path.Combine(trees, name), CancellationToken.None).ConfigureAwait(false);
        }
        var partial = Path.Combine(paths.State, "blobs", "partial");
        foreach (var name in Entries(partial, Directory.GetFiles))
        {
            using var held = StoreFolders.TryHold(Path.Combine(partial, name), FileMode.Open);
            if (held is not null && File.GetLastWriteTimeUtc(Path.Combine(partial, name)) < DateTime.UtcNow - (grace == TimeSpan.Zero ? grace : PartialLife))
            {
                StoreFolders.Discard(Path.Combine(partial, name));
            }
        }
        foreach (var name in Entries(trees, Directory.GetDirectories).Where(n => n.StartsWith('.') && !n.StartsWith(Aside, StringComparison.Ordinal)))
        {
            using var held = StoreFolders.TryHold(Path.Combine(trees, name, "lock"), FileMode.Open);
            if (held is not null)
            {
                await files.DeleteTreeAsync(Path.Combine(trees, name), CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private static IEnumerable<string> Entries(string folder, Func<string, string[]> list) =>
        Directory.Exists(folder) ? list(folder).Select(p => Path.GetFileName(p)) : [];
}
