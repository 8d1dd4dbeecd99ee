using System.Collections.Immutable;
using Bolt.Boltfiles;
using Bolt.Diagnostics;
using Bolt.Dockerfiles;
using Bolt.Images;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>What is to be done for one Dockerfile, checked: nothing has been fetched or run.</summary>
/// <param name="Reached">Stages that the target needs, itself last.</param>
internal sealed record DockerPlan(Dockerfile File, IgnoreFile Ignore, ImageBuildOptions Options, ImmutableArray<DockerStage> Reached)
{
    public DockerStage Target => Reached[^1];

    /// <summary>Instructions that are steps, by their place in the file.</summary>
    public ImmutableArray<DockerInstruction> Steps =>
        [.. Reached.SelectMany(s => s.Instructions.Where(i => i is DockerInstruction.Run or DockerInstruction.Copy or DockerInstruction.Workdir).Prepend(s.From))];

    /// <summary>Images that the FROMs name, no stages and not `scratch`.</summary>
    public IEnumerable<string> Bases()
    {
        var variables = new StageVariables(File, Options, _ => { });
        variables.ReadGlobal();
        return Reached.Select(s => (s.Index, Image: variables.ExpandGlobal(s.From.Image)))
            .Where(s => s.Image != "scratch" && !File.Stages.Take(s.Index).Any(b => string.Equals(b.Name, s.Image, StringComparison.OrdinalIgnoreCase)))
            .Select(s => s.Image).Distinct();
    }
}

/// <summary>A Dockerfile becomes an image: stages that do not need each other are built side by side.</summary>
/// <param name="images">Prepares what a FROM names, as a service's image.</param>
/// <param name="lock">Pins of what comes from elsewhere.</param>
internal sealed class DockerfileBuild(BuildTools tools, Func<string, CancellationToken, Task<StageResult>> images, LockSession @lock)
{
    public const string DefaultName = "Dockerfile";

    /// <summary>Reads all texts; every problem in one go.</summary>
    public static Checked<DockerPlan> Plan(ImageBuildOptions options)
    {
        var folder = Path.GetFullPath(options.Context);
        if (!Directory.Exists(folder))
        {
            return new Checked<DockerPlan>(null, [DockerBuildErrors.NotAContext(options.Context)]);
        }
        var path = Path.GetFullPath(options.Dockerfile ?? Path.Combine(folder, DefaultName));
        var read = DockerfileReader.Open(options.Dockerfile ?? Path.Combine(options.Context, DefaultName), path);
        var ignore = ContextFolder.ReadIgnore(folder, path);
        var found = read.Diagnostics.AddRange(ignore.Diagnostics);
        if (!read.Ok || !ignore.Ok)
        {
            return new Checked<DockerPlan>(null, found);
        }
        var file = read.Value!;
        var target = options.Target is null ? file.Stages[^1] : file.Find(options.Target, file.Stages.Length);
        if (target is null)
        {
            return new Checked<DockerPlan>(null, found.Add(DockerfileErrors.NoStage(options.Target!, file.Stages.Select(s => s.Name).OfType<string>())));
        }
        var own = "linux/" + OciPlatform.Architecture;
        try
        {
            var reached = Reached(file, target, options);
            return Fits(options.Platform, own)
                ? new Checked<DockerPlan>(new DockerPlan(file, ignore.Value!, options with { Context = folder }, reached), found)
                : new Checked<DockerPlan>(null, found.Add(DockerBuildErrors.OtherPlatform(null, options.Platform!, own)));
        }
        catch (BoltException e)
        {
            return new Checked<DockerPlan>(null, found.Add(e.Diagnostic));
        }
    }

    /// <summary>Null, or another way to say this machine's.</summary>
    public static bool Fits(string? platform, string own) =>
        platform is null or "" or "linux" || platform == own || "linux/" + platform == own || (own == "linux/amd64" && platform is "linux/x86_64" or "linux/amd64/v1");

    /// <summary>Builds it; the config has its history and the layers are in the store.</summary>
    public async Task<StageResult> RunAsync(DockerPlan plan, IProgress<BuildEvent>? progress, CancellationToken cancellationToken)
    {
        var result = await WalkAsync(plan, inputsOnly: false, progress, cancellationToken).ConfigureAwait(false);
        return result.Layers.IsEmpty
            ? throw new BoltException(DockerBuildErrors.EmptyImage(plan.Target.From.At))
            : result with { Config = Finished(result.Config, plan.Options) };
    }

    /// <summary>Walks the stages for what they take from elsewhere, so that it is in the lock; runs and makes nothing.</summary>
    public Task LockAsync(DockerPlan plan, IProgress<BuildEvent>? progress, CancellationToken cancellationToken) =>
        WalkAsync(plan, inputsOnly: true, progress, cancellationToken);

    private async Task<StageResult> WalkAsync(DockerPlan plan, bool inputsOnly, IProgress<BuildEvent>? progress, CancellationToken cancellationToken)
    {
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var place = await BuildWorkplace.OpenAsync(tools, cancellationToken).ConfigureAwait(false);
        await using (place.ConfigureAwait(false))
        {
            var network = new StepNetwork(tools, place, outbound: !plan.Options.Offline);
            await using (network.ConfigureAwait(false))
            {
                var building = new DockerBuilding(tools, plan.File, plan.Options, plan.Ignore, place, network, images, @lock, inputsOnly, progress);
                var result = await StagesAsync(plan, building, failed).ConfigureAwait(false);
                foreach (var name in building.Variables.Unused.Order(StringComparer.Ordinal))
                {
                    building.Warn(DockerBuildErrors.UnusedArgument(name));
                }
                return result;
            }
        }
    }

    private static OciConfig Finished(OciConfig config, ImageBuildOptions options) => config with
    {
        Created = options.SourceDateEpoch is { } time ? DateTimeOffset.FromUnixTimeSeconds(time) : null,
        Architecture = OciPlatform.Architecture,
        WorkingDirectory = config.WorkingDirectory.Length == 0 ? "/" : config.WorkingDirectory,
    };

    // The first failure ends the others; all have ended when this does.
    private static async Task<StageResult> StagesAsync(DockerPlan plan, DockerBuilding building, CancellationTokenSource failed)
    {
        var numbers = plan.Steps.Select((s, i) => (s, i)).ToDictionary(p => p.s, p => p.i + 1, (IEqualityComparer<DockerInstruction>)ReferenceEqualityComparer.Instance);
        _ = building.Variables;
        var tasks = new Dictionary<int, Task<StageResult>>();
        foreach (var stage in plan.Reached)
        {
            var image = building.Variables.ExpandGlobal(stage.From.Image);
            var below = plan.File.Stages.Take(stage.Index).LastOrDefault(s => IsName(s, image)) is { } named ? tasks[named.Index] : null;
            var build = new StageBuild(building, stage, i => numbers.GetValueOrDefault(i), plan.Steps.Length, below);
            tasks[stage.Index] = Task.Run(async () =>
            {
                try
                {
                    return await build.RunAsync(failed.Token).ConfigureAwait(false);
                }
                catch
                {
                    await failed.CancelAsync().ConfigureAwait(false);
                    throw;
                }
            }, CancellationToken.None);
            building.Add(stage.Index, tasks[stage.Index]);
        }
        await ((Task)Task.WhenAll(tasks.Values)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // A stage that was called off says less than the one that called it off.
        var reason = tasks.Values.FirstOrDefault(t => t.IsFaulted && t.Exception!.InnerException is BoltException) ?? tasks.Values.FirstOrDefault(t => t.IsFaulted);
        return reason is not null ? await reason.ConfigureAwait(false) : await tasks[plan.Target.Index].ConfigureAwait(false);
    }

    // FROM knows names alone; a number is an image's name there.
    private static bool IsName(DockerStage stage, string image) => string.Equals(stage.Name, image, StringComparison.OrdinalIgnoreCase);

    private static ImmutableArray<DockerStage> Reached(Dockerfile file, DockerStage target, ImageBuildOptions options)
    {
        var variables = new StageVariables(file, options, _ => { });
        variables.ReadGlobal();
        var reached = new SortedDictionary<int, DockerStage>();
        var open = new Stack<DockerStage>([target]);
        while (open.TryPop(out var stage))
        {
            if (!reached.TryAdd(stage.Index, stage))
            {
                continue;
            }
            var named = stage.Instructions.SelectMany(i => i switch
            {
                DockerInstruction.Copy { Flags.From: { } from } => [from.Raw],
                DockerInstruction.Run run => run.Mounts.OfType<DockerMount.Bind>().Select(m => m.From?.Raw).OfType<string>(),
                _ => Enumerable.Empty<string>(),
            });
            var image = variables.ExpandGlobal(stage.From.Image);
            var below = file.Stages.Take(stage.Index).Where(s => IsName(s, image));
            foreach (var next in named.Select(n => file.Find(n, stage.Index)).OfType<DockerStage>().Concat(below))
            {
                open.Push(next);
            }
        }
        return [.. reached.Values];
    }
}
