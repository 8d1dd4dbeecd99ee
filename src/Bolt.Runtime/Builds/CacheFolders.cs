using System.Globalization;
using System.Text;
using Bolt.Dockerfiles;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>
/// Folders of <c>--mount=type=cache</c>: STATE/buildcache/HEX/data, HEX of the id. <c>locked</c> waits for its turn, <c>private</c>
/// takes another folder when the first is in use, <c>shared</c> asks nobody.
/// </summary>
internal sealed class CacheFolders(BuildTools tools)
{
    private const int MaxPrivate = 64;

    /// <summary>How long gc keeps one that no step mounts.</summary>
    private static readonly TimeSpan Life = TimeSpan.FromDays(60);

    /// <summary>The folder, and what is to be given back after the step.</summary>
    public async Task<(string Data, IDisposable Lease)> OpenAsync(string id, CacheSharing sharing, uint uid, uint gid, uint mode, CancellationToken cancellationToken)
    {
        var root = FolderOf(tools.Paths);
        var name = Digest.Of(Encoding.UTF8.GetBytes(id)).Hex;
        for (var i = 0; i < MaxPrivate; i++)
        {
            var folder = Path.Combine(root, i == 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}.{i}"));
            StoreFolders.Ensure(folder);
            var lockPath = folder + ".lock";
            IDisposable? lease = sharing switch
            {
                CacheSharing.Private => StoreFolders.TryHold(lockPath, FileMode.OpenOrCreate),
                CacheSharing.Locked => await StoreFolders.HoldAsync(lockPath, cancellationToken).ConfigureAwait(false),
                _ => Nothing.Lease,
            };
            if (lease is null)
            {
                continue;
            }
            var data = Path.Combine(folder, "data");
            // Owner and mode are those of the first step that asks for it.
            if (!Directory.Exists(data))
            {
                await tools.Files.MakeFolderAsync(data, uid, gid, mode, cancellationToken).ConfigureAwait(false);
            }
            Directory.SetLastWriteTimeUtc(folder, DateTime.UtcNow);
            return (data, lease);
        }
        throw new Diagnostics.BoltException(StorageErrors.TooLarge("a private cache's number of folders", MaxPrivate));
    }

    /// <summary>Takes away those that no step has mounted for long.</summary>
    public static async Task SweepAsync(StoragePaths paths, MappedFiles files, CancellationToken cancellationToken)
    {
        foreach (var folder in Directory.Exists(FolderOf(paths)) ? Directory.GetDirectories(FolderOf(paths)) : [])
        {
            if (Directory.GetLastWriteTimeUtc(folder) < DateTime.UtcNow - Life)
            {
                await files.DeleteTreeAsync(folder, cancellationToken).ConfigureAwait(false);
                StoreFolders.Discard(folder + ".lock");
            }
        }
    }

    private static string FolderOf(StoragePaths paths) => Path.Combine(paths.State, "buildcache");

    private sealed class Nothing : IDisposable
    {
        public static readonly Nothing Lease = new();

        public void Dispose()
        {
        }
    }
}
