using System.Collections.Immutable;
using Bolt.Builds;
using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Launch;
using Bolt.Storage;

namespace Bolt;

public sealed partial class BoltRuntime
{
    /// <summary>Reads a Dockerfile and its .dockerignore and checks all that can be known without building; every problem in one go.</summary>
    public static ImmutableArray<Diagnostic> CheckBuild(ImageBuildOptions options) => DockerfileBuild.Plan(options).Diagnostics;

    /// <summary>Builds a Dockerfile and keeps the image under its names; steps whose inputs are as before are not run again.</summary>
    /// <param name="options">What to build.</param>
    /// <param name="progress">Hears of steps and what they write; called from several threads.</param>
    /// <param name="cancellation">Ends the steps that run; what is done by then is kept.</param>
    /// <exception cref="BoltException">BOLT26xx, BOLT27xx: the file is wrong, or a step failed.</exception>
    public async Task<BuiltImage> BuildAsync(ImageBuildOptions options, IProgress<BuildEvent>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        var tags = options.Tags.Select(t => Named(t).ToString()).ToImmutableArray();
        var plan = DockerfileBuild.Plan(options);
        if (!plan.Ok)
        {
            throw new BoltException(DockerBuildErrors.First(plan.Diagnostics));
        }
        foreach (var found in plan.Diagnostics)
        {
            progress?.Report(new BuildEvent.Warned(found));
        }
        var own = Path.Combine(plan.Value!.Options.Context, "bolt.lock");
        var path = File.Exists(own) ? own : Path.Combine(Rooms.Paths.State, "build.lock");
        var pins = LockSession.Of(path);
        StageResult result;
        try
        {
            result = await Rooms.Images.DockerfileAsync(plan.Value, pins, progress, cancellation).ConfigureAwait(false);
        }
        finally
        {
            if (pins.Changed)
            {
                StoreFolders.Ensure(Rooms.Paths.State);
                await pins.Current.WriteAsync(path, CancellationToken.None).ConfigureAwait(false);
                KnownLocks.Note(Rooms.Paths, path);
            }
        }
        var config = result.Config.ToBytes();
        var id = Digest.Of(config);
        foreach (var name in tags.IsEmpty ? [UnnamedBuild + id] : tags)
        {
            await Store.SaveAsync(name, config, result.Layers, cancellation).ConfigureAwait(false);
        }
        return new BuiltImage(id.ToString(), tags, result.Layers.Sum(l => l.Size), result.Layers.Length);
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
