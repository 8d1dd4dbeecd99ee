using Bolt.Boltfiles;
using Bolt.Builds;
using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Launch;
using Bolt.Packages;
using Bolt.Registries;
using Bolt.Storage;
using Bolt.Surge;
using Bolt.Trust;

namespace Bolt;

/// <summary>
/// The roof: what `bolt`, MSBuild and TestKit do, a program can do too. Input problems come back as diagnostics; effects
/// throw <see cref="BoltException"/> or end in <see cref="StackEvent.StepFailed"/>.
/// </summary>
public sealed partial class BoltRuntime(BoltOptions options)
{
    /// <summary>Folders and programs that this runtime uses.</summary>
    public BoltOptions Options { get; } = options;

    /// <summary>Reads a Boltfile and checks all that can be known without running it; every problem in one go.</summary>
    /// <param name="path">The file, or a folder that holds Boltfile.toml.</param>
    /// <param name="variables">Values for <c>${NAME}</c>, and HOME for <c>~</c>; null: none is set.</param>
    public static Checked<Boltfile> Load(string path, Func<string, string?>? variables = null) =>
        BoltfileReader.ReadFile(Directory.Exists(path) ? Path.Combine(path, "Boltfile.toml") : path, variables);

    private StackRooms? _rooms;
    private object? _wiring;

    private StackRooms Rooms => LazyInitializer.EnsureInitialized(ref _rooms, ref _wiring, () => Wire(Options, Archives));

    /// <summary>Where recipes' packages come from; null: what this machine's apt is set to.</summary>
    internal Func<ArchiveSources>? Archives { get; init; }

    private StackFolder FolderOf(StackName stack) => StackFolder.Of(Options.RunFolder, stack);

    // Every room gets what it needs by its constructor, here and nowhere else.
    private static StackRooms Wire(BoltOptions options, Func<ArchiveSources>? archives)
    {
        var found = ShimLocation.Find(options.ShimPath) ?? throw new BoltException(SurgeErrors.NoShim());
        var shim = ShimLocation.Executable(found, Path.Combine(options.StateFolder, "shim"));
        var paths = new StoragePaths(options.StateFolder, options.RunFolder, options.CacheFolder);
        var ids = IdMap.OfCurrentUser();
        var files = new MappedFiles(shim, ids);
        var (content, trees) = (new ContentStore(paths), new TreeStore(paths, files));
        var registry = new Registry(options.RegistriesFile, options.DockerConfigFile, paths, content, trees, new ImageStore(paths, content));
        var tools = new BuildTools(paths, content, trees, files, ids, shim, options.DotnetPath, registry,
            new ImageTrust(options.TrustFile, paths, registry));
        tools = archives is null ? tools : tools with { Archives = archives };
        return new StackRooms(paths, ids, shim, files, new VolumeStore(paths, files), new ImageBuild(tools), tools);
    }
}
