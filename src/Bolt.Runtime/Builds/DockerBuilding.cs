using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using Bolt.Diagnostics;
using Bolt.Dockerfiles;
using Bolt.Images;
using Bolt.Launch;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>A stage, or an image that a Dockerfile names: its config and its layers in the store.</summary>
internal sealed record StageResult(OciConfig Config, ImmutableArray<ImageLayer> Layers)
{
    public static readonly StageResult Scratch = new(new OciConfig(), []);

    /// <summary>Stands for the files.</summary>
    public IEnumerable<string> Key => Layers.Select(l => l.DiffId.Hex);
}

/// <summary>What the stages of one build share.</summary>
internal sealed class DockerBuilding(
    BuildTools tools, Dockerfile file, ImageBuildOptions options, IgnoreFile ignore, BuildWorkplace place, StepNetwork network,
    Func<string, CancellationToken, Task<StageResult>> image, LockSession @lock, bool inputsOnly, IProgress<BuildEvent>? progress)
{
    /// <summary>Of an image's /etc/passwd or /etc/group; what lies behind names nobody.</summary>
    private const int MaxUsers = 1 << 20;

    private readonly ConcurrentDictionary<string, Lazy<Task<StageResult>>> images = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<int, Task<StageResult>> stages = [];
    private readonly HashSet<Diagnostic> warned = [];
    private readonly Lock warning = new();
    private Lazy<SourceFiles>? context;

    public BuildTools Tools => tools;
    public ImageBuildOptions Options => options;
    public BuildWorkplace Place => place;
    public StepNetwork Network => network;
    public StepCache Cache { get; } = new(tools.Paths, tools.Content);
    public IProgress<BuildEvent>? Progress => progress;
    public Dockerfile File => file;

    /// <summary>What pins recipes, and where it is a project's own, images and addresses too.</summary>
    public LockSession Lock => @lock;

    /// <summary>Only what comes from elsewhere is looked for and pinned: no command runs and no layer is made.</summary>
    public bool InputsOnly => inputsOnly;

    /// <summary>RUN steps at once: more would only take turns.</summary>
    public SemaphoreSlim Turns { get; } = new(Math.Max(2, System.Environment.ProcessorCount));

    public StageVariables Variables => variables ??= MakeVariables();

    private StageVariables? variables;

    /// <summary>The folder's files, read once.</summary>
    public SourceFiles Context(CancellationToken cancellationToken)
    {
        var made = context ?? Interlocked.CompareExchange(ref context, new Lazy<SourceFiles>(() => ContextFolder.Read(options.Surroundings.Context ?? options.Context, ignore, options.Surroundings.Backwards, cancellationToken)), null) ?? context;
        return made.Value;
    }

    public void Add(int stage, Task<StageResult> task) => stages[stage] = task;

    /// <summary>The stage or image that --from names.</summary>
    public Task<StageResult> SourceAsync(string name, int stage, SourceSpan at, CancellationToken cancellationToken) =>
        file.Find(name, stage) is not { } found ? ImageAsync(name, at, cancellationToken)
        // Named by a base's ONBUILD, or by a variable: nobody could know before.
        : stages.GetValueOrDefault(found.Index) ?? throw new BoltException(DockerBuildErrors.StageNotBuilt(at, name));

    public async Task<StageResult> ImageAsync(string reference, SourceSpan at, CancellationToken cancellationToken)
    {
        if (reference.Equals("scratch", StringComparison.Ordinal))
        {
            return StageResult.Scratch;
        }
        try
        {
            return await images.GetOrAdd(reference, r => new Lazy<Task<StageResult>>(() => image(r, cancellationToken))).Value.ConfigureAwait(false);
        }
        catch (BoltException e)
        {
            throw new BoltException(DockerBuildErrors.BaseFailed(at, reference, e.Diagnostic), e);
        }
    }

    /// <summary>Paths of a stage's layers, lowest first, unpacked where they are not yet.</summary>
    public async Task<ImmutableArray<string>> TreesAsync(ImmutableArray<ImageLayer> layers, CancellationToken cancellationToken)
    {
        var trees = ImmutableArray.CreateBuilder<string>(layers.Length);
        foreach (var layer in layers)
        {
            trees.Add(await tools.Trees.UnpackAsync(layer.DiffId, () => tools.Content.OpenRead(layer.Blob), cancellationToken).ConfigureAwait(false));
        }
        return trees.MoveToImmutable();
    }

    /// <summary>What is at a path of a stage, all of it or only what leads there.</summary>
    public async Task<PackedFiles> LookAsync(ImmutableArray<ImageLayer> layers, string path, bool recurse, CancellationToken cancellationToken)
    {
        var target = place.NewFile("pack");
        var trees = await TreesAsync(layers, cancellationToken).ConfigureAwait(false);
        await tools.Files.PackAsync(new FileOperation.Pack(trees, path, recurse, false, -1, target), cancellationToken).ConfigureAwait(false);
        return PackedFiles.Read(target);
    }

    public async Task<ImageUsers> UsersAsync(ImmutableArray<ImageLayer> layers, CancellationToken cancellationToken)
    {
        async Task<string> Text(string path)
        {
            var found = await LookAsync(layers, path, recurse: true, cancellationToken).ConfigureAwait(false);
            if (found.Files.Find(found.Place) is not { Kind: SourceKind.File, Open: { } open } || found.Missing.Length > 0)
            {
                return "";
            }
            using var content = open();
            var bytes = new byte[MaxUsers];
            return Encoding.UTF8.GetString(bytes, 0, await content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false));
        }
        return new ImageUsers(await Text("/etc/passwd").ConfigureAwait(false), await Text("/etc/group").ConfigureAwait(false));
    }

    /// <summary>A layer of chosen files.</summary>
    public async Task<Digest> WriteLayerAsync(IEnumerable<SourceNode> nodes, CancellationToken cancellationToken) =>
        await tools.Content.MakeAsync(path => Task.Run(() =>
        {
            using var tar = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 1 << 17);
            LayerTar.Write(tar, nodes, options.SourceDateEpoch, cancellationToken);
        }, cancellationToken), cancellationToken).ConfigureAwait(false);

    public ImageLayer PlainLayer(Digest diffId) => new(diffId, diffId, tools.Content.SizeOf(diffId) ?? 0, MediaTypes.Layer);

    public void Warn(Diagnostic diagnostic)
    {
        lock (warning)
        {
            if (!warned.Add(diagnostic))
            {
                return;
            }
        }
        progress?.Report(new BuildEvent.Warned(diagnostic));
    }

    private StageVariables MakeVariables()
    {
        var made = new StageVariables(file, options, Warn);
        made.ReadGlobal();
        return made;
    }
}
