using System.Collections.Immutable;
using Bolt.Boltfiles;
using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>Whatever a service names becomes an image that is ready to be started.</summary>
internal sealed class ImageBuild
{
    private const string Scheme = "bolt://";

    private readonly BuildTools tools;
    private readonly RecipeBuild recipes;
    private readonly ConfiguredPackages configured;

    public ImageBuild(BuildTools tools)
    {
        this.tools = tools;
        recipes = new RecipeBuild(tools);
        configured = new ConfiguredPackages(tools, recipes);
    }

    /// <param name="source">What the service names.</param>
    /// <param name="baseFolder">What relative paths are relative to: the Boltfile's folder.</param>
    /// <param name="lock">Pins that are read, and set where they were missing.</param>
    /// <param name="offline">Nothing may be fetched.</param>
    public Task<PreparedImage> PrepareAsync(
        ServiceSource source,
        string baseFolder,
        LockSession @lock,
        bool offline,
        IProgress<BuildProgress>? progress,
        CancellationToken cancellationToken)
    {
        Task<PreparedImage> Recipe(RecipeReference recipe) => recipes.PrepareAsync(recipe, @lock, offline, progress, cancellationToken);
        switch (source)
        {
            case ServiceSource.Build build when DockerfileOf(build.Context, baseFolder) is { } dockerfile:
                return DockerServiceAsync(build.Context, dockerfile, baseFolder, @lock, offline, progress, cancellationToken);
            case ServiceSource.Build build:
                return KeptAsync(ProjectAsync(build.Context, baseFolder, @lock, offline, fromScratch: false, BuildSurroundings.Usual, progress, cancellationToken), cancellationToken);
            case ServiceSource.Capsule { Packages: [_, ..] names } capsule:
                return configured.PrepareAsync(Named(capsule.Recipe, baseFolder), names, @lock, offline, progress, cancellationToken);
            case var named when RecipeOf(named, baseFolder) is { } recipe:
                return Recipe(recipe);
            case ServiceSource.Image image when LayoutImage.Parse(image.Reference, baseFolder) is var (folder, tag):
                return LayoutImage.PrepareAsync(tools, image.Reference, folder, tag, cancellationToken);
            case ServiceSource.Image image:
                return RegistryImage.PrepareAsync(tools, image.Reference, @lock, offline, progress, cancellationToken);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>Builds a .NET project; what it is called is the caller's.</summary>
    /// <param name="fromScratch">Nothing that an earlier build has made counts.</param>
    public Task<PreparedImage> ProjectAsync(
        string context, string baseFolder, LockSession @lock, bool offline, bool fromScratch, BuildSurroundings surroundings, IProgress<BuildProgress>? progress, CancellationToken cancellationToken)
    {
        Task<PreparedImage> Recipe(RecipeReference recipe) => recipes.PrepareAsync(recipe, @lock, offline, progress, cancellationToken);
        Task<PreparedImage> Other(string image) => PrepareAsync(new ServiceSource.Image(image), baseFolder, @lock, offline, progress, cancellationToken);
        return new DotnetProjectBuild(tools, Recipe, Other) { FromScratch = fromScratch, Surroundings = surroundings }
            .PrepareAsync(context, baseFolder, offline, progress, cancellationToken);
    }

    /// <summary>Makes the layer of a recipe again from the packages that the lock pins, with nothing that was made of them before.</summary>
    public Task<Digest> RecipeLayerAsync(RecipeReference recipe, LockSession @lock, CancellationToken cancellationToken) => recipes.LayerAgainAsync(recipe, @lock, cancellationToken);

    private async Task<PreparedImage> KeptAsync(Task<PreparedImage> making, CancellationToken cancellationToken)
    {
        var image = await making.ConfigureAwait(false);
        await new PreparedSave(tools).SaveAsync(image, image.Names, cancellationToken).ConfigureAwait(false);
        return image;
    }

    /// <summary>Builds a Dockerfile; what it is called is the caller's.</summary>
    /// <param name="lock">Pins of recipes; where it is a project's own, of images and addresses too.</param>
    public Task<StageResult> DockerfileAsync(DockerPlan plan, LockSession @lock, IProgress<BuildEvent>? progress, CancellationToken cancellationToken) =>
        Dockerfiles(plan, @lock, progress).RunAsync(plan, progress, cancellationToken);

    private DockerfileBuild Dockerfiles(DockerPlan plan, LockSession @lock, IProgress<BuildEvent>? progress) =>
        new(tools, (reference, cancel) => BasisAsync(reference, plan, @lock, progress, cancel), @lock);

    /// <summary>
    /// Sees that the lock has everything that a service's image is made of. Nothing is built; what is pinned already is
    /// fetched only where a Dockerfile's variables depend on it.
    /// </summary>
    public async Task LockAsync(ServiceSource source, string baseFolder, LockSession @lock, IProgress<BuildProgress>? progress, CancellationToken cancellationToken)
    {
        switch (source)
        {
            case ServiceSource.Build build when DockerfileOf(build.Context, baseFolder) is { } dockerfile:
                var plan = PlanOf(dockerfile, baseFolder, offline: false);
                var report = progress is null ? null : new StepReport(build.Context, progress);
                await Dockerfiles(plan, @lock, report).LockAsync(plan, report, cancellationToken).ConfigureAwait(false);
                break;
            case ServiceSource.Build build:
                var image = await DotnetBaseImage.OfAsync(tools, DotnetProject.Find(build.Context, baseFolder), cancellationToken).ConfigureAwait(false);
                await LockAsync(image.Length == 0 ? new ServiceSource.Image(Scheme + DotnetProjectBuild.BaseRecipe) : new ServiceSource.Image(image), baseFolder, @lock, progress, cancellationToken).ConfigureAwait(false);
                break;
            case ServiceSource.Capsule { Packages: [_, ..] names } capsule:
                await configured.LockAsync(Named(capsule.Recipe, baseFolder), names, @lock, progress, cancellationToken).ConfigureAwait(false);
                break;
            default:
                await (RecipeOf(source, baseFolder) is { } recipe ? recipes.LockAsync(recipe, @lock, progress, cancellationToken)
                    : source is ServiceSource.Image { Reference: var text } && LayoutImage.Parse(text, baseFolder) is null ? RegistryImage.LockAsync(tools, text, @lock, progress, cancellationToken)
                    : Task.CompletedTask).ConfigureAwait(false);
                break;
        }
    }

    /// <summary>What of a service's image the lock does not pin, as far as it is seen without fetching anything.</summary>
    public static IEnumerable<Diagnostic> Unpinned(ServiceSource source, string baseFolder, LockSession @lock)
    {
        if (source is ServiceSource.Build build)
        {
            return DockerfileOf(build.Context, baseFolder) is { } dockerfile && DockerfileBuild.Plan(OptionsOf(dockerfile, baseFolder, offline: true)) is { Ok: true } plan
                ? plan.Value!.Bases().SelectMany(b => Unpinned(new ServiceSource.Image(b), Path.GetDirectoryName(dockerfile)!, @lock)) : [];
        }
        if (RecipeOf(source, baseFolder) is { } recipe)
        {
            return !RecipeBuild.IsPinned(recipe, @lock) ? [@lock.Refusal(RecipeBuild.KeyOf(recipe))]
                : source is ServiceSource.Capsule { Packages: [_, ..] names } && !ConfiguredPackages.IsPinned(recipe, names, @lock) ? [@lock.Refusal(ConfiguredPackages.KeyOf(recipe, names))]
                : [];
        }
        return source is not ServiceSource.Image image || LayoutImage.Parse(image.Reference, baseFolder) is not null || RegistryImage.IsPinned(image.Reference, @lock)
            ? [] : [@lock.Refusal(ImageReference.Parse(image.Reference).Value!.ToString())];
    }

    // Null: no recipe's name.
    private static RecipeReference? RecipeOf(ServiceSource source, string baseFolder) => source switch
    {
        ServiceSource.Capsule capsule => Named(capsule.Recipe, baseFolder),
        ServiceSource.Image image when image.Reference.StartsWith(Scheme, StringComparison.Ordinal) => Named(image.Reference, baseFolder),
        ServiceSource.Image image when LayoutImage.Parse(image.Reference, baseFolder) is null && RecipeReference.Parse(image.Reference, baseFolder) is { Exists: true } recipe => recipe,
        _ => null,
    };

    private async Task<StageResult> BasisAsync(string reference, DockerPlan plan, LockSession @lock, IProgress<BuildEvent>? progress, CancellationToken cancellationToken)
    {
        var (folder, offline) = (plan.Options.Context, plan.Options.Offline);
        var fetching = progress is null ? null : new FetchReport(progress);
        LocalImage image;
        if (reference.StartsWith(Scheme, StringComparison.Ordinal) || RecipeReference.Parse(reference, folder) is { Exists: true })
        {
            var recipe = await recipes.PrepareAsync(Named(reference, folder), @lock, offline, fetching, cancellationToken).ConfigureAwait(false);
            var config = OciConfig.Read(new ImageStore(tools.Paths, tools.Content).ReadDocument(recipe.Id));
            return new StageResult(config, [.. config.DiffIds.Select(d => new ImageLayer(d, d, tools.Content.SizeOf(d) ?? 0, MediaTypes.Layer))]);
        }
        if (LayoutImage.Parse(reference, folder) is var (layout, tag))
        {
            image = await LayoutImage.FindAsync(tools, layout, tag, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            image = await RegistryImage.FindAsync(tools, reference, @lock, plan.Options.Pull, offline, fetching, cancellationToken).ConfigureAwait(false);
        }
        return new StageResult(image.Config, image.Layers);
    }

    // A folder with a Dockerfile is built by it, whatever else is there.
    private static string? DockerfileOf(string context, string baseFolder)
    {
        var folder = Path.GetFullPath(context, baseFolder);
        return File.Exists(folder) && Path.GetFileName(folder).Contains(DockerfileBuild.DefaultName, StringComparison.Ordinal) ? folder
            : File.Exists(Path.Combine(folder, DockerfileBuild.DefaultName)) ? Path.Combine(folder, DockerfileBuild.DefaultName) : null;
    }

    /// <summary>Builds what a service's <c>build</c> names and keeps it under names, to be pushed.</summary>
    /// <param name="naming">From the names that its project gives it, none for a Dockerfile, to those that it shall have.</param>
    public async Task<ImmutableArray<LocalImage>> KeepAsync(
        ServiceSource.Build build, string baseFolder, LockSession @lock, bool offline, Func<ImmutableArray<string>, ImmutableArray<string>> naming,
        IProgress<BuildProgress>? progress, CancellationToken cancellationToken)
    {
        if (DockerfileOf(build.Context, baseFolder) is not { } dockerfile)
        {
            var image = await PrepareAsync(build, baseFolder, @lock, offline, progress, cancellationToken).ConfigureAwait(false);
            return await new PreparedSave(tools).SaveAsync(image, naming(image.Names), cancellationToken).ConfigureAwait(false);
        }
        var result = await DockerResultAsync(build.Context, dockerfile, baseFolder, @lock, offline, progress, cancellationToken).ConfigureAwait(false);
        var kept = ImmutableArray.CreateBuilder<LocalImage>();
        foreach (var name in naming([]))
        {
            kept.Add(await new ImageStore(tools.Paths, tools.Content).SaveAsync(ImageReference.Demand(name).ToString(), result.Config.ToBytes(), result.Layers, cancellationToken).ConfigureAwait(false));
        }
        return kept.ToImmutable();
    }

    private async Task<PreparedImage> DockerServiceAsync(
        string written, string dockerfile, string baseFolder, LockSession @lock, bool offline, IProgress<BuildProgress>? progress, CancellationToken cancellationToken)
    {
        var result = await DockerResultAsync(written, dockerfile, baseFolder, @lock, offline, progress, cancellationToken).ConfigureAwait(false);
        var id = await tools.Content.WriteAsync(new MemoryStream(result.Config.ToBytes()), null, cancellationToken).ConfigureAwait(false);
        return await StoredImage.PrepareAsync(tools, written, new LocalImage(written, id, result.Config) { Layers = result.Layers }, cancellationToken).ConfigureAwait(false);
    }

    private Task<StageResult> DockerResultAsync(
        string written, string dockerfile, string baseFolder, LockSession @lock, bool offline, IProgress<BuildProgress>? progress, CancellationToken cancellationToken) =>
        DockerfileAsync(PlanOf(dockerfile, baseFolder, offline), @lock, progress is null ? null : new StepReport(written, progress), cancellationToken);

    private static DockerPlan PlanOf(string dockerfile, string baseFolder, bool offline) =>
        DockerfileBuild.Plan(OptionsOf(dockerfile, baseFolder, offline)) is { Ok: true } plan ? plan.Value!
            : throw new BoltException(DockerBuildErrors.First(DockerfileBuild.Plan(OptionsOf(dockerfile, baseFolder, offline)).Diagnostics));

    // Named in sentences as seen from here, where it can be.
    private static ImageBuildOptions OptionsOf(string dockerfile, string baseFolder, bool offline) => new()
    {
        Context = Path.GetDirectoryName(dockerfile)!,
        Dockerfile = Path.GetRelativePath(baseFolder, dockerfile) is var shown && Path.GetFullPath(shown) == dockerfile ? shown : dockerfile,
        Offline = offline,
    };

    /// <summary>What a base's fetching says, as an event of the build.</summary>
    private sealed class FetchReport(IProgress<BuildEvent> to) : IProgress<BuildProgress>
    {
        public void Report(BuildProgress value) => to.Report(new BuildEvent.Fetching(value.Text, value.Done, value.Total));
    }

    /// <summary>A build's events as one line of a service's preparation.</summary>
    private sealed class StepReport(string written, IProgress<BuildProgress> to) : IProgress<BuildEvent>
    {
        public void Report(BuildEvent value)
        {
            if (value is BuildEvent.StepStarted started)
            {
                to.Report(new BuildProgress($"{written}: [{started.Step}/{started.Steps}] {started.Text}", 0, 0));
            }
            else if (value is BuildEvent.Fetching fetching)
            {
                to.Report(new BuildProgress(fetching.Text, fetching.Done, fetching.Total));
            }
        }
    }

    private static RecipeReference Named(string text, string baseFolder) =>
        RecipeReference.Parse(text, baseFolder) ?? throw new BoltException(ImageErrors.BadReference(text, "it names no recipe", "write `NAME[:TAG]`, for example `postgres:15`"));
}
