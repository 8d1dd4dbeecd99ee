using Bolt.Launch;

namespace Bolt.Storage;

/// <summary>Owner and mode for one path below a root. Ids are those inside; Mode is the lower 12 bits.</summary>
internal readonly record struct OwnedEntry(string Path, uint Uid, uint Gid, uint Mode);

/// <summary>
/// File operations as the mapped ids: bolt-shim does them inside a user namespace (root shifts the ids itself). Paths
/// never leave the root, whatever links lie on the way. With a single id map owners are left as they are: all files are
/// the user's own.
/// </summary>
internal sealed class MappedFiles(string shimPath, IdMap ids)
{
    /// <summary>The map of all these operations.</summary>
    public IdMap Ids { get; } = ids;

    /// <summary>The shim that does them.</summary>
    public string ShimPath { get; } = shimPath;

    /// <summary>Sets owner and mode of each entry; the last part of a path is not followed when it is a link.</summary>
    public Task ApplyAsync(string root, IReadOnlyList<OwnedEntry> entries, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>Deletes a file or a whole tree. A path that is not there is no error.</summary>
    public Task DeleteTreeAsync(string path, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Makes a folder (its parent exists), or sets owner and mode of one that is there.</summary>
    public Task MakeFolderAsync(string path, uint uid, uint gid, uint mode, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>
    /// Copies a tree to a path that does not exist yet: owners, modes, times, symbolic and hard links, user.* attributes,
    /// sharing blocks where the file system can.
    /// </summary>
    public Task CopyTreeAsync(string source, string target, CancellationToken cancellationToken) => throw new NotImplementedException();
}
