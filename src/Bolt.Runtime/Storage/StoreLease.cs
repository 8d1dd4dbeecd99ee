namespace Bolt.Storage;

/// <summary>
/// "These are wanted, though nothing names them yet": what a pull or load says before it looks what is there. The file
/// STATE/leases/ID lists them and counts as long as ID.lock is locked; gc reads it and waits for nobody.
/// </summary>
internal sealed class StoreLease : IDisposable
{
    private const string Lock = ".lock";

    private readonly FileStream file;
    private readonly string path;

    private StoreLease(FileStream file, string path) => (this.file, this.path) = (file, path);

    public static StoreLease Take(StoragePaths paths, IEnumerable<Digest> wanted)
    {
        var folder = FolderOf(paths);
        var name = Guid.NewGuid().ToString("n");
        try
        {
            StoreFolders.Ensure(folder);
            var path = Path.Combine(folder, name);
            // The lock is a file of its own: .NET refuses to read one that is locked. It is there before the list is.
            var file = new FileStream(path + Lock, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            File.WriteAllText(path + ".new", string.Join('\n', wanted.Distinct()));
            File.Move(path + ".new", path);
            return new StoreLease(file, path);
        }
        catch (Exception e) when (StorageErrors.IsFileSystem(e))
        {
            throw StorageErrors.Wrap(folder, e);
        }
    }

    /// <summary>What living processes want; files of dead ones are taken away.</summary>
    public static HashSet<Digest> Wanted(StoragePaths paths)
    {
        var wanted = new HashSet<Digest>();
        foreach (var path in Directory.Exists(FolderOf(paths)) ? Directory.GetFiles(FolderOf(paths)).Where(p => !Path.HasExtension(p)) : [])
        {
            if (!IsAlive(path))
            {
                StoreFolders.Discard(path);
                StoreFolders.Discard(path + Lock);
                continue;
            }
            try
            {
                wanted.UnionWith(File.ReadLines(path).Select(Digest.Parse).OfType<Digest>());
            }
            catch (FileNotFoundException)
            {
                // It ended in between.
            }
        }
        SweepUnfinished(FolderOf(paths));
        return wanted;
    }

    // Of a process that was killed before its list was there. A minute: a lock is made and taken in two steps.
    private static void SweepUnfinished(string folder)
    {
        foreach (var path in Directory.Exists(folder) ? Directory.GetFiles(folder, "*" + Lock) : [])
        {
            if (File.Exists(path[..^Lock.Length]) || File.GetLastWriteTimeUtc(path) > DateTime.UtcNow.AddMinutes(-1))
            {
                continue;
            }
            using var dead = StoreFolders.TryHold(path, FileMode.Open);
            if (dead is not null)
            {
                StoreFolders.Discard(path[..^Lock.Length] + ".new");
                StoreFolders.Discard(path);
            }
        }
    }

    public void Dispose()
    {
        StoreFolders.Discard(path);
        StoreFolders.Discard(path + Lock);
        file.Dispose();
    }

    private static bool IsAlive(string path)
    {
        using var dead = StoreFolders.TryHold(path + Lock, FileMode.Open);
        return dead is null && File.Exists(path + Lock);
    }

    private static string FolderOf(StoragePaths paths) => Path.Combine(paths.State, "leases");
}
