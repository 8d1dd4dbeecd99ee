namespace Bolt.Storage;

/// <summary>
/// "These are wanted, though nothing names them yet": what a pull or load says before it looks what is there. The file
/// STATE/leases/ID is locked as long as its process works on it; gc reads it and waits for nobody.
/// </summary>
internal sealed class StoreLease : IDisposable
{
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
            var beside = Path.Combine(folder, "." + name);
            var file = new FileStream(beside, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(string.Join('\n', wanted.Distinct())));
            // Whole or not there; the lock stays with the open file.
            File.Move(beside, Path.Combine(folder, name));
            return new StoreLease(file, Path.Combine(folder, name));
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
        foreach (var path in Directory.Exists(FolderOf(paths)) ? Directory.GetFiles(FolderOf(paths)) : [])
        {
            using (var dead = StoreFolders.TryHold(path, FileMode.Open))
            {
                if (dead is not null)
                {
                    StoreFolders.Discard(path);
                    continue;
                }
            }
            try
            {
                // Opened so, .NET takes no lock of its own.
                using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite));
                while (reader.ReadLine() is { } line)
                {
                    if (Digest.Parse(line) is { } digest)
                    {
                        wanted.Add(digest);
                    }
                }
            }
            catch (FileNotFoundException)
            {
                // It ended in between.
            }
        }
        return wanted;
    }

    public void Dispose()
    {
        StoreFolders.Discard(path);
        file.Dispose();
    }

    private static string FolderOf(StoragePaths paths) => Path.Combine(paths.State, "leases");
}
