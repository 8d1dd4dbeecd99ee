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
            case ServiceSource.Build build:
                return new DotnetProjectBuild(tools, Recipe).PrepareAsync(build.Context, baseFolder, offline, progress, cancellationToken);
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

    private static RecipeReference Named(string text, string baseFolder) =>
        RecipeReference.Parse(text, baseFolder) ?? throw new BoltException(ImageErrors.BadReference(text, "it names no recipe", "write `NAME[:TAG]`, for example `postgres:15`"));
}
