using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>
/// The folders of one build while it runs: STATE/builds/work/ID on the store's file system, and RUN/builds/ID. A build that was
/// killed is known by its lock, and the next one, or gc, takes away what it left.
/// </summary>
internal sealed class BuildWorkplace : IAsyncDisposable
{
    private readonly BuildTools tools;
    private readonly FileStream held;
    private int next;

    private BuildWorkplace(BuildTools tools, string id, FileStream held)
    {
        (this.tools, Id, this.held) = (tools, id, held);
        (State, Run) = (Path.Combine(StateRoot(tools.Paths), id), Path.Combine(RunRoot(tools.Paths), id));
    }

    public string Id { get; }

    /// <summary>Upper folders of RUN steps and packed files.</summary>
    public string State { get; }

    /// <summary>Capsules, the network, secrets.</summary>
    public string Run { get; }

    public static async Task<BuildWorkplace> OpenAsync(BuildTools tools, CancellationToken cancellationToken)
    {
        await SweepAsync(tools.Paths, tools.Files, cancellationToken).ConfigureAwait(false);
        var id = "build-" + Guid.NewGuid().ToString("n")[..12];
        try
        {
            StoreFolders.Ensure(Path.Combine(StateRoot(tools.Paths), id));
            Directory.CreateDirectory(Path.Combine(RunRoot(tools.Paths), id));
            return new BuildWorkplace(tools, id, new FileStream(LockOf(tools.Paths, id), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
        }
        catch (Exception e) when (StorageErrors.IsFileSystem(e))
        {
            throw StorageErrors.Wrap(Path.Combine(StateRoot(tools.Paths), id), e);
        }
    }

    /// <summary>A name that no other step of this build has.</summary>
    public string NewName(string kind) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{kind}{Interlocked.Increment(ref next)}");

    /// <summary>A new empty file of the store's file system.</summary>
    public string NewFile(string kind)
    {
        var path = Path.Combine(State, NewName(kind));
        File.WriteAllBytes(path, []);
        return path;
    }

    /// <summary>Takes away what builds left that were killed.</summary>
    public static async Task SweepAsync(StoragePaths paths, MappedFiles files, CancellationToken cancellationToken)
    {
        foreach (var folder in Directory.Exists(StateRoot(paths)) ? Directory.GetDirectories(StateRoot(paths)) : [])
        {
            var id = Path.GetFileName(folder);
            using var dead = StoreFolders.TryHold(LockOf(paths, id), FileMode.Open);
            // One that has no lock yet is just being made, unless it is old.
            if (dead is not null || (!File.Exists(LockOf(paths, id)) && Directory.GetLastWriteTimeUtc(folder) < DateTime.UtcNow.AddMinutes(-10)))
            {
                await DeleteAsync(paths, files, id, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await DeleteAsync(tools.Paths, tools.Files, Id, CancellationToken.None).ConfigureAwait(false);
        await held.DisposeAsync().ConfigureAwait(false);
        StoreFolders.Discard(LockOf(tools.Paths, Id));
    }

    private static async Task DeleteAsync(StoragePaths paths, MappedFiles files, string id, CancellationToken cancellationToken)
    {
        await files.DeleteTreesAsync([Path.Combine(RunRoot(paths), id), Path.Combine(StateRoot(paths), id)], cancellationToken).ConfigureAwait(false);
        StoreFolders.Discard(LockOf(paths, id));
    }

    private static string StateRoot(StoragePaths paths) => Path.Combine(paths.State, "builds", "work");

    private static string RunRoot(StoragePaths paths) => Path.Combine(paths.Run, "builds");

    // Beside the folder: the folder's content is the mapped ids'.
    private static string LockOf(StoragePaths paths, string id) => Path.Combine(StateRoot(paths), id + ".lock");
}
