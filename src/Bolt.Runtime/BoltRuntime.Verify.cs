using System.Collections.Immutable;
using System.Globalization;
using Bolt.Builds;
using Bolt.Images;
using Bolt.Storage;

namespace Bolt;

/// <summary>Whether a build gives the same bits again.</summary>
/// <param name="Image">As the first build made it; it has the names that were asked for.</param>
/// <param name="Varied">What was different for the second: "time", "path"…</param>
/// <param name="Same">What could not be made different on this machine.</param>
/// <param name="Differences">In what the results differ; empty: they are the same, bit for bit.</param>
public sealed record VerifiedBuild(BuiltImage Image, ImmutableArray<string> Varied, ImmutableArray<string> Same, ImmutableArray<ImageDifference> Differences);

public sealed partial class BoltRuntime
{
    /// <summary>
    /// Builds twice from scratch, the second time in other surroundings (a later second, another path, owner, locale and time zone,
    /// one processor, folders read in another order), and compares the results. Without a SourceDateEpoch it is 1980.
    /// </summary>
    /// <param name="options">What to build: a folder with a Dockerfile or a .NET project, or a recipe ("bolt://nginx", a file).</param>
    /// <param name="progress">Hears of steps of both builds; called from several threads.</param>
    /// <param name="cancellation">Ends the steps that run.</param>
    /// <exception cref="Diagnostics.BoltException">One of the builds failed.</exception>
    public async Task<VerifiedBuild> VerifyBuildAsync(ImageBuildOptions options, IProgress<BuildEvent>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        options = options with { NoCache = true, SourceDateEpoch = options.SourceDateEpoch ?? LayerTar.FixedTime };
        var built = await BuildAsync(options, progress, cancellation).ConfigureAwait(false);
        var first = ImageSearch.Get(Store, built.Tags.IsEmpty ? built.Id : built.Tags[0]);
        await BuildCopy.NextSecondAsync(cancellation).ConfigureAwait(false);
        var place = await BuildWorkplace.OpenAsync(Rooms.Tools, cancellation).ConfigureAwait(false);
        await using (place.ConfigureAwait(false))
        {
            var (second, copy) = await AgainAsync(options, first, place, progress, cancellation).ConfigureAwait(false);
            var found = first.Id == second.Id && first.Layers.Select(l => l.DiffId).SequenceEqual(second.Layers.Select(l => l.DiffId)) ? []
                : await Task.Run(() => new ImageComparison(Rooms.Tools.Content, Store).Between(first, second), cancellation).ConfigureAwait(false);
            return new VerifiedBuild(built, copy.Varied, copy.Same, found);
        }
    }

    private async Task<(LocalImage Image, BuildCopy Copy)> AgainAsync(
        ImageBuildOptions options, LocalImage first, BuildWorkplace place, IProgress<BuildEvent>? progress, CancellationToken cancellation)
    {
        using var abroad = new Abroad();
        if (RecipeNamed(options) is { } recipe)
        {
            var layer = await Rooms.Images.RecipeLayerAsync(recipe, LockOf(options), cancellation).ConfigureAwait(false);
            return (first with { Layers = [new ImageLayer(layer, layer, 0, MediaTypes.Layer), .. first.Layers.Skip(1)] }, new BuildCopy("", ["time", .. abroad.Varied, "decoder (.NET's own instead of liblzma)"], ["processors", "owner", "path", .. first.Layers.Length > 1 ? (string[])["the layers above the packages"] : []]));
        }
        if (IsProject(options))
        {
            var project = DotnetProject.Find(options.Context, Path.GetFullPath("."));
            var record = DotnetProjectRecord.Read(Path.Combine(DotnetProjectBuild.WorkOf(Rooms.Paths, project), "build.json"))!;
            var moved = await BuildCopy.MakeAsync(Rooms.Tools, place, BuildCopy.FilesOf(project, record.Inputs), ["locale", "time zone"], cancellation).ConfigureAwait(false);
            var file = new DotnetProject(project.Written, Path.Combine(moved.Root, project.File.TrimStart('/')));
            try
            {
                var image = await Rooms.Images.ProjectAsync(
                    file.File, moved.Root, LockOf(options), options.Offline, fromScratch: true, moved.Surroundings(context: false), new ProjectReport(progress), cancellation).ConfigureAwait(false);
                return ((await new PreparedSave(Rooms.Tools).SaveAsync(image, [UnnamedBuild + image.Id], cancellation).ConfigureAwait(false))[0], moved);
            }
            finally
            {
                await Rooms.Files.DeleteTreeAsync(DotnetProjectBuild.WorkOf(Rooms.Paths, file), CancellationToken.None).ConfigureAwait(false);
            }
        }
        var plan = DockerfileBuild.Plan(options).Value!;
        var files = ContextFolder.Read(plan.Options.Context, plan.Ignore, backwards: false, cancellation).All.ToArray();
        var copy = await BuildCopy.MakeAsync(Rooms.Tools, place, files, abroad.Varied, cancellation).ConfigureAwait(false);
        var again = await BuildAsync(options with { Tags = [], Surroundings = copy.Surroundings(context: true) }, progress, cancellation).ConfigureAwait(false);
        return (ImageSearch.Get(Store, again.Id), copy);
    }

    /// <summary>This flow of control is in another country; the one that it came from is not.</summary>
    private sealed class Abroad : IDisposable
    {
        private readonly CultureInfo _home = CultureInfo.CurrentCulture;

        // Its i has no dot above when it is small, and its numbers have commas.
        public Abroad() => CultureInfo.CurrentCulture = Turkish() ?? _home;

        /// <summary>What is different there: nothing, where a program knows one culture alone.</summary>
        public ImmutableArray<string> Varied => CultureInfo.CurrentCulture.Equals(_home) ? [] : ["locale"];

        public void Dispose() => CultureInfo.CurrentCulture = _home;

        // A program without ICU knows one culture alone.
        private static CultureInfo? Turkish()
        {
            try
            {
                return CultureInfo.GetCultureInfo("tr-TR");
            }
            catch (CultureNotFoundException)
            {
                return null;
            }
        }
    }
}
