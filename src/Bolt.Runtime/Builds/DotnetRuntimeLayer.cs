using System.Globalization;
using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>
/// A recipe with <c>dotnet_runtime</c>: Debian has no .NET, so the runtime that this machine has installed is laid under
/// /usr/share/dotnet, where its `dotnet` looks. bolt.lock pins what is below; a whole version as the tag pins the runtime.
/// </summary>
internal sealed class DotnetRuntimeLayer(BuildTools tools)
{
    /// <param name="below">The recipe's own image.</param>
    /// <param name="tag">"10.0" or "10.0.1"; null: the newest.</param>
    public async Task<PreparedImage> AddAsync(PreparedImage below, string? tag, CancellationToken cancellationToken)
    {
        var host = DotnetHost.Find(tools.DotnetPath) ?? throw new BoltException(BuildErrors.NoDotnet(tools.DotnetPath ?? "dotnet", "it is not in PATH"));
        var version = tag ?? (host.Runtimes() is [.., var newest] ? newest : "");
        var folders = host.RuntimeFolders(version, web: true) is { Count: > 0 } all ? all : host.RuntimeFolders(version, web: false);
        if (version.Length == 0 || folders.Count == 0)
        {
            throw new BoltException(BuildErrors.NoRuntime(below.Reference, version, host.Root, host.Runtimes()));
        }
        var layer = await LayerAsync(host.Root, folders, cancellationToken).ConfigureAwait(false);
        var tree = await tools.Trees.UnpackAsync(layer, () => tools.Content.OpenRead(layer), cancellationToken).ConfigureAwait(false);
        var images = new ImageStore(tools.Paths, tools.Content);
        var config = OciConfig.Read(images.ReadDocument(below.Id));
        config = config with { DiffIds = [.. config.DiffIds, layer] };
        // Kept under a name of its own, so that gc leaves it.
        var name = $"bolt://{below.Reference}+{folders[0].Split('/')[^1]}";
        var id = images.Find(name) is { } same && same.Id == Digest.Of(config.ToBytes()) ? same.Id
            : (await images.SaveAsync(name, config, cancellationToken).ConfigureAwait(false)).Id;
        return below with { Id = id, Layers = [.. below.Layers, tree] };
    }

    private async Task<Digest> LayerAsync(string root, IReadOnlyList<string> folders, CancellationToken cancellationToken)
    {
        // Names, sizes and times: an installed runtime is replaced, never edited, and 200 MB are not read at every start.
        var key = StepCache.Key(["dotnet runtime 1", root], folders.Append("dotnet").SelectMany(f => Marks(Path.Combine(root, f))));
        var cache = new StepCache(tools.Paths, tools.Content);
        if (cache.TryGet(key, out var known) && known is { } layer)
        {
            return layer;
        }
        var place = await BuildWorkplace.OpenAsync(tools, cancellationToken).ConfigureAwait(false);
        await using (place.ConfigureAwait(false))
        {
            layer = await new DotnetProjectLayers(tools.Content, place.State).OfRuntimeAsync(root, folders, cancellationToken).ConfigureAwait(false);
        }
        await cache.SetAsync(key, layer, cancellationToken).ConfigureAwait(false);
        return layer;
    }

    private static IEnumerable<string> Marks(string path) =>
        (File.Exists(path) ? (IEnumerable<string>)[path] : Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            .Select(f => new FileInfo(f)).Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.FullName} {f.Length} {f.LastWriteTimeUtc.Ticks}"));
}
