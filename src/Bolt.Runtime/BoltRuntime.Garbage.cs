using Bolt.Builds;
using Bolt.Images;
using Bolt.Storage;
using Bolt.Surge;
using Bolt.Trust;

namespace Bolt;

/// <summary>What a collection took from the store, or would take.</summary>
/// <param name="Images">Names by digest alone that nothing pins any more.</param>
/// <param name="Blobs">Blobs.</param>
/// <param name="Trees">Unpacked layers.</param>
/// <param name="Bytes">Bytes of the blobs.</param>
public sealed record GarbageReport(int Images, int Blobs, int Trees, long Bytes);

public sealed partial class BoltRuntime
{
    /// <summary>
    /// Takes from the store what nothing names: no image, no bolt.lock that this store has served, no project's build, no
    /// service that runs or may be started again, no transfer that is under way.
    /// </summary>
    /// <param name="dry">Only counts.</param>
    /// <param name="grace">Younger things stay, since their maker may be about to name them; null: ten minutes.</param>
    /// <param name="cancellation">Stops between two things.</param>
    public async Task<GarbageReport> CollectGarbageAsync(bool dry, TimeSpan? grace, CancellationToken cancellation)
    {
        var rooms = Rooms;
        var store = new ImageStore(rooms.Paths, rooms.Tools.Content);
        var locks = KnownLocks.Read(rooms.Paths).ToArray();
        var loose = LooseNames(store, locks);
        if (!dry)
        {
            foreach (var name in loose)
            {
                store.Remove(name);
            }
        }
        var named = new HashSet<Digest>();
        foreach (var image in store.List().Where(i => !loose.Contains(i.Reference)))
        {
            named.UnionWith([image.Id, .. image.Layers.Select(l => l.Blob), .. image.Layers.Select(l => l.DiffId)]);
            named.UnionWith(new[] { image.Manifest, image.Target }.OfType<Digest>());
        }
        named.UnionWith(locks.SelectMany(l => l.Pins.Values.Select(p => p.Layer)));
        named.UnionWith(Builds(rooms.Paths));
        named.UnionWith(StepCache.Named(rooms.Paths, dry));
        named.UnionWith(Running());
        if (!dry)
        {
            new KeptSignatures(rooms.Paths).Keep(named);
        }
        var swept = await new StoreSweep(rooms.Paths, rooms.Files, grace ?? TimeSpan.FromMinutes(10)).RunAsync(named, dry, cancellation).ConfigureAwait(false);
        if (!dry)
        {
            await BuildWorkplace.SweepAsync(rooms.Paths, rooms.Files, cancellation).ConfigureAwait(false);
            await CacheFolders.SweepAsync(rooms.Paths, rooms.Files, cancellation).ConfigureAwait(false);
        }
        return new GarbageReport(loose.Count, swept.Blobs, swept.Trees, swept.Bytes);
    }

    // A pull keeps its image by digest beside its tag. When the tag has moved on, only a pin still means it. A build without a
    // name is kept by its id until the next collection.
    private static HashSet<string> LooseNames(ImageStore store, BoltLock[] locks)
    {
        var records = store.Records().ToArray();
        var pinned = locks.SelectMany(l => l.Images.Values.Select(d => d.ToString())).ToHashSet(StringComparer.Ordinal);
        var tagged = records.Where(r => !r.Reference.Contains('@', StringComparison.Ordinal)).Select(r => r.Target).OfType<string>().ToHashSet(StringComparer.Ordinal);
        return [.. records.Where(r => r.Reference.Contains('@', StringComparison.Ordinal) && (r.Target is not { } target || (!pinned.Contains(target) && !tagged.Contains(target)))).Select(r => r.Reference)];
    }

    private static IEnumerable<Digest> Builds(StoragePaths paths)
    {
        var folder = Path.Combine(paths.State, "builds");
        return Directory.Exists(folder)
            ? Directory.GetDirectories(folder).Select(f => DotnetProjectRecord.Read(Path.Combine(f, "build.json"))).OfType<DotnetProjectRecord>().SelectMany(r => r.DiffIds)
            : [];
    }

    // STATE/trees/HEX/rootfs: the layers that a capsule's root is mounted from.
    private IEnumerable<Digest> Running() => StackFolder.All(Options.RunFolder)
        .SelectMany(f => f.ReadServices())
        .SelectMany(s => s.Layers is { IsDefault: false } layers ? layers : [])
        .Select(path => Digest.Parse("sha256:" + Path.GetFileName(Path.GetDirectoryName(path))))
        .OfType<Digest>();
}
