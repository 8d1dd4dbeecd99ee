using System.Text;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>
/// Where the bolt.lock files are that this store has served: STATE/locks/KEY holds a path. What one of them pins stays
/// for the project that it belongs to, which may be offline; a file that is gone pins nothing.
/// </summary>
internal static class KnownLocks
{
    /// <summary>Keeps in mind that this file pins something here.</summary>
    public static void Note(StoragePaths paths, string lockPath)
    {
        var bytes = Encoding.UTF8.GetBytes(lockPath);
        var note = Path.Combine(FolderOf(paths), Digest.Of(bytes).Hex[..32]);
        if (!File.Exists(note))
        {
            StoreFolders.Ensure(FolderOf(paths));
            File.WriteAllBytes(note, bytes);
        }
    }

    /// <summary>All of them that are still there and can be read; notes of the others are taken away.</summary>
    public static IEnumerable<BoltLock> Read(StoragePaths paths)
    {
        foreach (var note in Directory.Exists(FolderOf(paths)) ? Directory.GetFiles(FolderOf(paths)) : [])
        {
            var path = File.ReadAllText(note);
            if (!File.Exists(path))
            {
                StoreFolders.Discard(note);
            }
            else if (BoltLock.Read(path) is { Ok: true } read)
            {
                yield return read.Value!;
            }
        }
    }

    private static string FolderOf(StoragePaths paths) => Path.Combine(paths.State, "locks");
}
