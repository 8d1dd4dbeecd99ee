using Bolt.Builds;
using Bolt.Launch;
using Bolt.Storage;

namespace Bolt.Surge;

/// <summary>The rooms below, wired by the roof once per process.</summary>
internal sealed record StackRooms(
    StoragePaths Paths, IdMap Ids, string ShimPath, MappedFiles Files, VolumeStore Volumes, ImageBuild Images, BuildTools Tools);
