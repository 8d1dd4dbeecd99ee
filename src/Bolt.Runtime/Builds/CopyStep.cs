using System.Collections.Immutable;
using System.Text;
using Bolt.Diagnostics;
using Bolt.Dockerfiles;
using Bolt.Images;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>COPY and ADD: files are chosen, hashed and become one layer. Equal files, modes and owners make equal bytes.</summary>
internal sealed class CopyStep(
    DockerBuilding building, int stage, DockerInstruction.Copy copy, OciConfig config, ImmutableArray<ImageLayer> layers, Func<DockerWord, string> expand)
{
    private readonly string target = expand(copy.Target);
    private IgnoreFile exclude = IgnoreFile.Nothing;

    public async Task<(Digest? Layer, bool Cached)> RunAsync(CancellationToken cancellationToken)
    {
        exclude = IgnoreFile.Of(copy.Flags.Exclude.Select(expand)) ?? throw new BoltException(DockerBuildErrors.BadPattern(copy.Flags.Exclude[0].At, copy.Flags.Exclude[0].Raw));
        // --link does not look at what is below, so the layer fits on anything.
        var seen = copy.Flags.Link ? [] : layers;
        var basis = StepCache.Key(
            ["copy 1", target, config.WorkingDirectory, Text(copy.Flags.Chown), Text(copy.Flags.Chmod), copy.Add.ToString(), $"{copy.Flags.Unpack} {building.Options.SourceDateEpoch}"],
            seen.Select(l => l.DiffId.Hex), copy.Sources.Select(expand));
        Digest? quick = null;
        StageResult? source = null;
        if (copy.Flags.From is { } from)
        {
            source = await building.SourceAsync(expand(from), stage, from.At, cancellationToken).ConfigureAwait(false);
            quick = StepCache.Key([basis.Hex, copy.Flags.Parents.ToString()], copy.Flags.Exclude.Select(expand), source.Key);
            if (!building.Options.NoCache && building.Cache.TryGet(quick.Value, out var same))
            {
                return (same, true);
            }
        }
        var plan = await ChooseAsync(source, cancellationToken).ConfigureAwait(false);
        var key = StepCache.Key([basis.Hex], await Task.Run(() => plan.Key().ToArray(), cancellationToken).ConfigureAwait(false));
        var cached = !building.Options.NoCache && building.Cache.TryGet(key, out _);
        Digest? layer = null;
        if (cached)
        {
            building.Cache.TryGet(key, out layer);
        }
        else
        {
            layer = plan.Picks.IsEmpty ? null : await WriteAsync(plan, seen, cancellationToken).ConfigureAwait(false);
            await building.Cache.SetAsync(key, layer, cancellationToken).ConfigureAwait(false);
        }
        if (quick is { } known)
        {
            await building.Cache.SetAsync(known, layer, cancellationToken).ConfigureAwait(false);
        }
        return (layer, cached);
    }

    private string Text(DockerWord? word) => word is null ? "" : expand(word);

    private async Task<CopyPlan> ChooseAsync(StageResult? source, CancellationToken cancellationToken)
    {
        var (picks, many) = (new List<CopyPick>(), copy.Sources.Length + copy.Contents.Length > 1);
        foreach (var word in copy.Sources)
        {
            var text = expand(word);
            if (copy.Add && AddSource.IsUrl(text))
            {
                var fetched = await new AddSource(building, copy, expand).FetchAsync(word, text, cancellationToken).ConfigureAwait(false);
                picks.AddRange(fetched);
                continue;
            }
            var files = source is null ? building.Context(cancellationToken) : await PackAsync(source, text, cancellationToken).ConfigureAwait(false);
            var chosen = CopyPlan.Choose(files, text, copy.Flags, exclude, out var several)
                ?? throw new BoltException(DockerBuildErrors.NotFound(word.At, text, source is null ? "the build's folder" : $"`{copy.Flags.From!.Raw}`"));
            many |= several;
            picks.AddRange(copy.Add ? new AddSource(building, copy, expand).Unpacked(word, chosen) : chosen);
        }
        foreach (var heredoc in copy.Contents)
        {
            var bytes = Encoding.UTF8.GetBytes(heredoc.Expand ? ExpandText(heredoc) : heredoc.Content);
            picks.Add(new CopyPick(heredoc.Name, new SourceNode(heredoc.Name, SourceKind.File, 0x1A4, 0, 0, "", bytes.Length, () => new MemoryStream(bytes, writable: false))));
        }
        // What a folder holds goes into a folder, as does whatever is more than one.
        var single = picks.Count == 1 && !many && picks[0].Node.Kind != SourceKind.Folder && copy.Sources.All(s => IsFile(s, picks[0]));
        return CopyPlan.Of(picks, intoFolder: !single || target.EndsWith('/') || target is "." or "..");
    }

    // "COPY folder /x" with one file in the folder makes a folder x.
    private bool IsFile(DockerWord source, CopyPick pick) => AddSource.IsUrl(source.Raw) || pick.Node.Path.Length == 0
        || PathPattern.HasWildcard(expand(source)) || SourceName(expand(source)) == pick.Name || copy.Flags.From is not null && SourceName(expand(source)) == pick.Name;

    private static string SourceName(string source) => PathPattern.Clean(source) is var clean ? clean[(clean.LastIndexOf('/') + 1)..] : "";

    private string ExpandText(Heredoc heredoc) => new DockerWord(heredoc.Content, heredoc.At) is var word ? building.Variables.Expand(word, n => expand(new DockerWord("${" + n + "-}", heredoc.At)), raw: true) : "";

    // Of a stage only what the pattern's fixed part names is packed; it comes back under the names that were asked for.
    private async Task<SourceFiles> PackAsync(StageResult source, string text, CancellationToken cancellationToken)
    {
        var parts = PathPattern.Clean(text).Split('/', StringSplitOptions.RemoveEmptyEntries);
        var asked = string.Join('/', parts.TakeWhile(p => !PathPattern.HasWildcard(p)));
        if (source.Layers.IsEmpty)
        {
            return new SourceFiles(ImmutableSortedDictionary.Create<string, SourceNode>(StringComparer.Ordinal));
        }
        var found = await building.LookAsync(source.Layers, "/" + asked, recurse: true, cancellationToken).ConfigureAwait(false);
        return found.Missing.Length > 0 ? new SourceFiles(ImmutableSortedDictionary.Create<string, SourceNode>(StringComparer.Ordinal)) : Renamed(found, asked);
    }

    internal static SourceFiles Renamed(PackedFiles found, string asked)
    {
        var nodes = ImmutableSortedDictionary.CreateBuilder<string, SourceNode>(StringComparer.Ordinal);
        for (var slash = asked.IndexOf('/'); slash > 0; slash = asked.IndexOf('/', slash + 1))
        {
            nodes[asked[..slash]] = new SourceNode(asked[..slash], SourceKind.Folder, 0x1ED, 0, 0, "", 0, null);
        }
        foreach (var node in found.Files.All)
        {
            var inner = found.Place.Length == 0 ? node.Path : node.Path == found.Place ? ""
                : node.Path.StartsWith(found.Place + "/", StringComparison.Ordinal) ? node.Path[(found.Place.Length + 1)..] : null;
            if (inner is not null && SourceFiles.Join(asked, inner) is { Length: > 0 } path)
            {
                // When a file of another stage was made is no part of what it is.
                nodes[path] = node with { Path = path, Time = null };
            }
        }
        return new SourceFiles(nodes.ToImmutable());
    }

    private async Task<Digest?> WriteAsync(CopyPlan plan, ImmutableArray<ImageLayer> seen, CancellationToken cancellationToken)
    {
        var path = "/" + PathPattern.Clean(target.StartsWith('/') ? target : config.WorkingDirectory + "/" + target);
        var place = await CopyTarget.FindAsync(building, seen, path, cancellationToken).ConfigureAwait(false);
        var owner = await OwnerAsync(cancellationToken).ConfigureAwait(false);
        var mode = Mode();
        var folder = plan.IntoFolder || place.IsFolder;
        var nodes = new SortedDictionary<string, SourceNode>(StringComparer.Ordinal);
        foreach (var parent in place.Folders(owner?.Uid ?? 0, owner?.Gid ?? 0, all: folder))
        {
            nodes[parent.Path] = parent;
        }
        foreach (var pick in plan.Picks)
        {
            var name = folder ? SourceFiles.Join(place.Path, pick.Name) : place.Path;
            AddParents(nodes, name, owner);
            var node = pick.Node with { Path = name, Uid = owner?.Uid ?? pick.Node.Uid, Gid = owner?.Gid ?? pick.Node.Gid };
            // A folder that is there already keeps nothing of its own: Docker gives it the source's mode.
            nodes[name] = node.Kind == SourceKind.Link || mode is null ? node : node with { Mode = mode.Value };
        }
        return await building.WriteLayerAsync(nodes.Values, cancellationToken).ConfigureAwait(false);
    }

    private static void AddParents(SortedDictionary<string, SourceNode> nodes, string name, (uint Uid, uint Gid)? owner)
    {
        for (var slash = name.IndexOf('/'); slash > 0; slash = name.IndexOf('/', slash + 1))
        {
            nodes.TryAdd(name[..slash], new SourceNode(name[..slash], SourceKind.Folder, 0x1ED, owner?.Uid ?? 0, owner?.Gid ?? 0, "", 0, null));
        }
    }

    private async Task<(uint Uid, uint Gid)?> OwnerAsync(CancellationToken cancellationToken)
    {
        if (copy.Flags.Chown is not { } chown)
        {
            return null;
        }
        var text = expand(chown);
        var numbers = text.Split(':').All(p => ImageUsers.Number(p) is not null);
        var users = numbers ? new ImageUsers("", "") : await building.UsersAsync(layers, cancellationToken).ConfigureAwait(false);
        return users.Find(text, out var unknown) ?? throw new BoltException(DockerBuildErrors.UnknownUser(chown.At, unknown!));
    }

    private uint? Mode()
    {
        if (copy.Flags.Chmod is not { } chmod)
        {
            return null;
        }
        var text = expand(chmod);
        return text.Length is 3 or 4 or 5 && text.All(c => c is >= '0' and <= '7') && Convert.ToUInt32(text, 8) is var mode and <= 0xFFF
            ? mode : throw new BoltException(DockerBuildErrors.BadMode(chmod.At, text));
    }
}
