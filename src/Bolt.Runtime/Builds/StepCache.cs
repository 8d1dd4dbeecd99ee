using System.Text;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>
/// What steps made: STATE/steps/HEX names the layer, HEX being the digest of all that the step reads. A step that made none
/// has an empty file. Its time is when it was last of use.
/// </summary>
internal sealed class StepCache(StoragePaths paths, ContentStore content)
{
    /// <summary>How long gc keeps layers that only the cache names.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(14);

    private readonly string folder = FolderOf(paths);

    /// <summary>Digest of everything that a step's result depends on.</summary>
    public static Digest Key(params IEnumerable<string>[] parts) => Digest.Of(Encoding.UTF8.GetBytes(
        string.Join('\0', parts.Select(p => string.Join('\u0001', p.Select(t => t.Length + ":" + t))))));

    /// <summary>False: not known, or its layer is gone.</summary>
    public bool TryGet(Digest key, out Digest? layer)
    {
        layer = null;
        var path = Path.Combine(folder, key.Hex);
        try
        {
            var text = File.ReadAllText(path);
            layer = Digest.Parse(text);
            if (text.Length > 0 && (layer is not { } known || !content.Contains(known)))
            {
                return false;
            }
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
            return true;
        }
        catch (Exception e) when (StorageErrors.IsFileSystem(e))
        {
            return false;
        }
    }

    public Task SetAsync(Digest key, Digest? layer, CancellationToken cancellationToken)
    {
        StoreFolders.Ensure(folder);
        return StoreFolders.WriteWholeAsync(Path.Combine(folder, key.Hex), Encoding.UTF8.GetBytes(layer?.ToString() ?? ""), cancellationToken);
    }

    /// <summary>Layers that the cache still names; what was of no use for long is forgotten, unless <paramref name="dry"/>.</summary>
    public static IEnumerable<Digest> Named(StoragePaths paths, bool dry)
    {
        foreach (var path in Directory.Exists(FolderOf(paths)) ? Directory.GetFiles(FolderOf(paths)) : [])
        {
            if (File.GetLastWriteTimeUtc(path) < DateTime.UtcNow - Life)
            {
                if (!dry)
                {
                    StoreFolders.Discard(path);
                }
            }
            else if (Digest.Parse(File.ReadAllText(path)) is { } layer)
            {
                yield return layer;
            }
        }
    }

    private static string FolderOf(StoragePaths paths) => Path.Combine(paths.State, "steps");
}
