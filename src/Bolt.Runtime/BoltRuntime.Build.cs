using System.Collections.Immutable;
using Bolt.Builds;
using Bolt.Diagnostics;
using Bolt.Evidence;
using Bolt.Images;
using Bolt.Launch;
using Bolt.Storage;

namespace Bolt;

public sealed partial class BoltRuntime
{
    /// <summary>Reads a Dockerfile and its .dockerignore and checks all that can be known without building; every problem in one go.</summary>
    public static ImmutableArray<Diagnostic> CheckBuild(ImageBuildOptions options) => RecipeNamed(options) is not null || IsProject(options) ? [] : DockerfileBuild.Plan(options).Diagnostics;

    /// <summary>Builds a Dockerfile, a .NET project or a recipe, and keeps the image under its names; steps whose inputs are as before are not run again.</summary>
    /// <param name="options">What to build.</param>
    /// <param name="progress">Hears of steps and what they write; called from several threads.</param>
    /// <param name="cancellation">Ends the steps that run; what is done by then is kept.</param>
    /// <exception cref="BoltException">BOLT26xx, BOLT27xx: the file is wrong, or a step failed.</exception>
    public async Task<BuiltImage> BuildAsync(ImageBuildOptions options, IProgress<BuildEvent>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        var started = DateTimeOffset.UtcNow;
        var tags = options.Tags.Select(t => Named(t).ToString()).ToImmutableArray();
        if (RecipeNamed(options) is not null)
        {
            return await BuildRecipeAsync(options, tags, started, progress, cancellation).ConfigureAwait(false);
        }
        if (IsProject(options))
        {
            return await BuildProjectAsync(options, tags, started, progress, cancellation).ConfigureAwait(false);
        }
        var plan = DockerfileBuild.Plan(options);
        if (!plan.Ok)
        {
            throw new BoltException(DockerBuildErrors.First(plan.Diagnostics));
        }
        foreach (var found in plan.Diagnostics)
        {
            progress?.Report(new BuildEvent.Warned(found));
        }
        var pins = LockOf(plan.Value!.Options);
        StageResult result;
        try
        {
            result = await Rooms.Images.DockerfileAsync(plan.Value, pins, progress, cancellation).ConfigureAwait(false);
        }
        finally
        {
            await KeepAsync(pins).ConfigureAwait(false);
        }
        var config = result.Config.ToBytes();
        var id = Digest.Of(config);
        foreach (var name in tags.IsEmpty ? [UnnamedBuild + id] : tags)
        {
            await Store.SaveAsync(name, config, result.Layers, cancellation).ConfigureAwait(false);
        }
        return new BuiltImage(id.ToString(), tags, result.Layers.Sum(l => l.Size), result.Layers.Length) { Facts = FactsOf("dockerfile", plan.Value.Options, started, pins) };
    }

    // "bolt://nginx" or a file of one's own.
    private static RecipeReference? RecipeNamed(ImageBuildOptions options) =>
        options.Dockerfile is null && (options.Context.StartsWith("bolt://", StringComparison.Ordinal) || options.Context.EndsWith(".capsule.toml", StringComparison.Ordinal))
            ? RecipeReference.Parse(options.Context, Path.GetFullPath(".")) : null;

    private async Task<BuiltImage> BuildRecipeAsync(
        ImageBuildOptions options, ImmutableArray<string> tags, DateTimeOffset started, IProgress<BuildEvent>? progress, CancellationToken cancellation)
    {
        var pins = LockOf(options);
        try
        {
            var prepared = await Rooms.Images.PrepareAsync(
                new Boltfiles.ServiceSource.Capsule(options.Context), Path.GetFullPath("."), pins, options.Offline, new ProjectReport(progress), cancellation).ConfigureAwait(false);
            var image = ImageSearch.Get(Store, prepared.Id.ToString());
            foreach (var tag in tags)
            {
                await Store.TagAsync(image, tag, cancellation).ConfigureAwait(false);
            }
            return new BuiltImage(image.Id.ToString(), tags.IsEmpty ? [image.Reference] : tags, image.Size, image.Layers.Length) { Facts = FactsOf("recipe", options, started, pins) };
        }
        finally
        {
            await KeepAsync(pins).ConfigureAwait(false);
        }
    }

    // A folder without a Dockerfile and with a .NET project is the SDK's to build.
    private static bool IsProject(ImageBuildOptions options) => options.Dockerfile is null
        && (options.Context.EndsWith("proj", StringComparison.Ordinal)
            || (!File.Exists(Path.Combine(options.Context, DockerfileBuild.DefaultName)) && Directory.Exists(options.Context) && Directory.EnumerateFiles(options.Context, "*.*proj").Any()));

    private async Task<BuiltImage> BuildProjectAsync(
        ImageBuildOptions options, ImmutableArray<string> tags, DateTimeOffset started, IProgress<BuildEvent>? progress, CancellationToken cancellation)
    {
        var pins = LockOf(options);
        try
        {
            var image = await Rooms.Images.ProjectAsync(
                options.Context, Path.GetFullPath("."), pins, options.Offline, options.NoCache, options.Surroundings, new ProjectReport(progress), cancellation).ConfigureAwait(false);
            // As the SDK: without a name it is called as its program is.
            var names = tags.IsEmpty && image.Names.IsEmpty ? [Path.GetFileNameWithoutExtension(image.Entrypoint[^1]).ToLowerInvariant()] : tags.AddRange(image.Names);
            var saved = await new PreparedSave(Rooms.Tools).SaveAsync(image, names, cancellation).ConfigureAwait(false);
            return new BuiltImage(saved[0].Id.ToString(), [.. saved.Select(i => i.Reference).Distinct()], saved[0].Size, saved[0].Layers.Length)
            {
                Facts = FactsOf("dotnet", options, started, pins) with { Assets = AssetsOf(options) },
            };
        }
        finally
        {
            await KeepAsync(pins).ConfigureAwait(false);
        }
    }

    private static BuildFacts FactsOf(string kind, ImageBuildOptions options, DateTimeOffset started, LockSession pins) =>
        new(kind, options, started, DateTimeOffset.UtcNow, Provenance.InputsOf(pins));

    private ImmutableArray<string> AssetsOf(ImageBuildOptions options) =>
        Path.Combine(DotnetProjectBuild.WorkOf(Rooms.Paths, DotnetProject.Find(options.Context, Path.GetFullPath("."))), "artifacts") is var folder && Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "project.assets.json", SearchOption.AllDirectories)] : [];

    // The folder's own, else the one beside the Boltfile that it belongs to, else this user's.
    private LockSession LockOf(ImageBuildOptions options)
    {
        var folder = Path.GetFullPath(options.Context.StartsWith("bolt://", StringComparison.Ordinal) ? "." : options.Context);
        folder = File.Exists(folder) ? Path.GetDirectoryName(folder)! : folder;
        var own = Path.Combine(folder, LockSession.FileName);
        for (var above = folder; !File.Exists(own) && above is not null; above = Path.GetDirectoryName(above))
        {
            var found = Path.Combine(above, LockSession.FileName);
            // In /tmp and the like another user may have put them.
            own = File.Exists(Path.Combine(above, "Boltfile.toml")) && File.Exists(found) && Kernel.Access.IsTrusted(found, folder) ? found : own;
        }
        return File.Exists(own) ? LockSession.Of(own, options.Locked)
            : options.Locked ? throw new BoltException(LockErrors.NoLock(folder))
            : LockSession.Of(Path.Combine(Rooms.Paths.State, "build.lock"));
    }

    private async Task KeepAsync(LockSession pins)
    {
        if (pins.Changed)
        {
            StoreFolders.Ensure(Rooms.Paths.State);
            await pins.Current.WriteAsync(pins.Path, CancellationToken.None).ConfigureAwait(false);
        }
        // One that was complete before keeps from gc what was just fetched for it.
        if (File.Exists(pins.Path))
        {
            KnownLocks.Note(Rooms.Paths, pins.Path);
        }
    }

    private sealed class ProjectReport(IProgress<BuildEvent>? to) : IProgress<BuildProgress>
    {
        public void Report(BuildProgress value) => to?.Report(new BuildEvent.Fetching(value.Text, value.Done, value.Total));
    }

    /// <summary>Writes the root file system of an image into a folder, which must not exist or be empty; owners are not kept.</summary>
    public async Task ExportFolderAsync(string image, string folder, CancellationToken cancellation)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new BoltException(ImageErrors.NotEmpty(folder));
        }
        Directory.CreateDirectory(folder);
        var tar = Path.Combine(Rooms.Paths.State, "export-" + Guid.NewGuid().ToString("n"));
        try
        {
            var file = new FileStream(tar, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Options = FileOptions.DeleteOnClose });
            await using (file.ConfigureAwait(false))
            {
                await ExportImageAsync(image, file, cancellation).ConfigureAwait(false);
                file.Position = 0;
                using var guard = new TarGuard(file, ContentStore.MaxBlob);
                await Task.Run(() => LayerUnpack.Run(guard, Path.GetFullPath(folder), new IdMap(0, 0, 0, 0, 0), cancellation), cancellation).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (StorageErrors.IsFileSystem(e))
        {
            throw StorageErrors.Wrap(folder, e);
        }
    }

    private const string UnnamedBuild = "localhost/built@";
}
