using Bolt.Boltfiles;
using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>Whatever a service names becomes an image that is ready to be started.</summary>
internal sealed class ImageBuild(BuildTools tools)
{
    private const string Scheme = "bolt://";

    private readonly RecipeBuild recipes = new(tools);

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
                Task<PreparedImage> Other(string image) => PrepareAsync(new ServiceSource.Image(image), baseFolder, @lock, offline, progress, cancellationToken);
                return KeptAsync(new DotnetProjectBuild(tools, Recipe, Other).PrepareAsync(build.Context, baseFolder, offline, progress, cancellationToken), cancellationToken);
            case ServiceSource.Capsule capsule:
                return Recipe(Named(capsule.Recipe, baseFolder));
            case ServiceSource.Image image when image.Reference.StartsWith(Scheme, StringComparison.Ordinal):
                return Recipe(Named(image.Reference, baseFolder));
            case ServiceSource.Image image when LayoutImage.Parse(image.Reference, baseFolder) is var (folder, tag):
                return LayoutImage.PrepareAsync(tools, image.Reference, folder, tag, cancellationToken);
            case ServiceSource.Image image when RecipeReference.Parse(image.Reference, baseFolder) is { Exists: true } recipe:
                return Recipe(recipe);
            case ServiceSource.Image image:
                return RegistryImage.PrepareAsync(tools, image.Reference, @lock, offline, progress, cancellationToken);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private async Task<PreparedImage> KeptAsync(Task<PreparedImage> making, CancellationToken cancellationToken)
    {
        var image = await making.ConfigureAwait(false);
        await new PreparedSave(tools).SaveAsync(image, image.Names, cancellationToken).ConfigureAwait(false);
        return image;
    }

    /// <summary>Builds a Dockerfile; what it is called is the caller's.</summary>
    /// <param name="lock">Pins of recipes; images of registries are taken as the store has them.</param>
    public Task<StageResult> DockerfileAsync(DockerPlan plan, LockSession @lock, IProgress<BuildEvent>? progress, CancellationToken cancellationToken) =>
        new DockerfileBuild(tools, (reference, cancel) => BasisAsync(reference, plan, @lock, progress, cancel)).RunAsync(plan, progress, cancellationToken);

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
            image = await RegistryImage.FindAsync(tools, reference, plan.Options.Pull, offline, fetching, cancellationToken).ConfigureAwait(false);
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

    private async Task<PreparedImage> DockerServiceAsync(
        string written, string dockerfile, string baseFolder, LockSession @lock, bool offline, IProgress<BuildProgress>? progress, CancellationToken cancellationToken)
    {
        var plan = DockerfileBuild.Plan(new ImageBuildOptions { Context = Path.GetDirectoryName(dockerfile)!, Dockerfile = Path.GetRelativePath(baseFolder, dockerfile) is var shown && Path.GetFullPath(shown) == dockerfile ? shown : dockerfile, Offline = offline });
        if (!plan.Ok)
        {
            throw new BoltException(DockerBuildErrors.First(plan.Diagnostics));
        }
        var result = await DockerfileAsync(plan.Value!, @lock, progress is null ? null : new StepReport(written, progress), cancellationToken).ConfigureAwait(false);
        var id = await tools.Content.WriteAsync(new MemoryStream(result.Config.ToBytes()), null, cancellationToken).ConfigureAwait(false);
        return await StoredImage.PrepareAsync(tools, written, new LocalImage(written, id, result.Config) { Layers = result.Layers }, cancellationToken).ConfigureAwait(false);
    }

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
