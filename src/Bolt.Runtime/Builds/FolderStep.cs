using System.Collections.Immutable;
using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>WORKDIR: a layer with the folder, when it is not there.</summary>
internal sealed class FolderStep(DockerBuilding building, string folder, OciConfig config, ImmutableArray<ImageLayer> layers)
{
    public async Task<(Digest? Layer, bool Cached)> RunAsync(SourceSpan at, CancellationToken cancellationToken)
    {
        if (folder == "/")
        {
            return (null, true);
        }
        var key = StepCache.Key(["folder 1", folder, config.User, $"{building.Options.SourceDateEpoch}"], layers.Select(l => l.DiffId.Hex));
        if (!building.Options.NoCache && building.Cache.TryGet(key, out var known))
        {
            return (known, true);
        }
        var target = await CopyTarget.FindAsync(building, layers, folder, cancellationToken).ConfigureAwait(false);
        Digest? layer = null;
        if (target.Missing.Length > 0)
        {
            var (uid, gid) = await OwnerAsync(at, cancellationToken).ConfigureAwait(false);
            layer = await building.WriteLayerAsync(target.Folders(uid, gid), cancellationToken).ConfigureAwait(false);
        }
        await building.Cache.SetAsync(key, layer, cancellationToken).ConfigureAwait(false);
        return (layer, false);
    }

    private async Task<(uint Uid, uint Gid)> OwnerAsync(SourceSpan at, CancellationToken cancellationToken)
    {
        if (config.User.Length == 0)
        {
            return (0, 0);
        }
        var users = await building.UsersAsync(layers, cancellationToken).ConfigureAwait(false);
        return users.Find(config.User, out var unknown) ?? throw new BoltException(DockerBuildErrors.UnknownUser(at, unknown!));
    }
}

/// <summary>Where a path of an image leads, links followed inside it, and the folders on the way.</summary>
/// <param name="Place">What exists of it; empty: the root.</param>
/// <param name="Missing">What does not.</param>
/// <param name="Way">Folders that exist, as they are.</param>
/// <param name="IsFolder">All of it exists and is a folder.</param>
internal sealed record CopyTarget(string Place, string Missing, ImmutableArray<SourceNode> Way, bool IsFolder)
{
    public string Path => SourceFiles.Join(Place, Missing);

    public static async Task<CopyTarget> FindAsync(DockerBuilding building, ImmutableArray<ImageLayer> layers, string path, CancellationToken cancellationToken)
    {
        if (layers.IsEmpty)
        {
            return new CopyTarget("", path.Trim('/'), [], path.Trim('/').Length == 0);
        }
        var found = await building.LookAsync(layers, path, recurse: false, cancellationToken).ConfigureAwait(false);
        var last = found.Place.Length == 0 ? null : found.Files.Find(found.Place);
        return new CopyTarget(
            found.Place, found.Missing,
            // When they were changed is no part of what is copied.
            [.. found.Files.All.Where(n => n.Kind == SourceKind.Folder).Select(n => n with { Time = null })],
            found.Missing.Length == 0 && last is null or { Kind: SourceKind.Folder });
    }

    /// <summary>The existing folders, and the missing ones with an owner.</summary>
    /// <param name="all">Also the last part; else it is a file's name.</param>
    public IEnumerable<SourceNode> Folders(uint uid, uint gid, bool all = true)
    {
        foreach (var folder in Way)
        {
            yield return folder;
        }
        var parts = Missing.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var (i, place) = (0, Place); i < (all ? parts.Length : parts.Length - 1); i++)
        {
            place = SourceFiles.Join(place, parts[i]);
            yield return new SourceNode(place, SourceKind.Folder, 0x1ED, uid, gid, "", 0, null);
        }
    }
}
