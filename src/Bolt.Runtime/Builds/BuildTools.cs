using Bolt.Launch;
using Bolt.Packages;
using Bolt.Registries;
using Bolt.Storage;
using Bolt.Trust;

namespace Bolt.Builds;

/// <summary>The stores and programs that builds work with.</summary>
/// <param name="ShimPath">bolt-shim.</param>
/// <param name="DotnetPath">The dotnet host; null looks in PATH.</param>
/// <param name="Registry">Where images come from.</param>
/// <param name="Trust">Whether they may start.</param>
internal sealed record BuildTools(
    StoragePaths Paths,
    ContentStore Content,
    TreeStore Trees,
    MappedFiles Files,
    IdMap Ids,
    string ShimPath,
    string? DotnetPath,
    Registry Registry,
    ImageTrust Trust)
{
    /// <summary>The archives of recipes' packages; asked for only when something has to be fetched.</summary>
    public Func<ArchiveSources> Archives { get; init; } = () => ArchiveSources.OfMachine("/");
}
