using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using Bolt.Diagnostics;
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
    public async Task ApplyAsync(string root, IReadOnlyList<OwnedEntry> entries, CancellationToken cancellationToken)
    {
        for (var first = 0; first < entries.Count; first += FilesSheet.MaxOperations)
        {
            var batch = entries.Skip(first).Take(FilesSheet.MaxOperations)
                .Select(FileOperation (e) => new FileOperation.Own(e.Path, e.Uid, e.Gid, e.Mode & 0xFFF));
            await RunAsync(root, [.. batch], cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Deletes a file or a whole tree. A path that is not there is no error.</summary>
    public Task DeleteTreeAsync(string path, CancellationToken cancellationToken) =>
        RunAsync("/", [new FileOperation.Delete(Path.GetFullPath(path))], cancellationToken);

    /// <summary>The same for several.</summary>
    public Task DeleteTreesAsync(IEnumerable<string> paths, CancellationToken cancellationToken) =>
        RunAsync("/", [.. paths.Select(FileOperation (p) => new FileOperation.Delete(Path.GetFullPath(p)))], cancellationToken);

    /// <summary>Makes a folder (its parent exists), or sets owner and mode of one that is there.</summary>
    public Task MakeFolderAsync(string path, uint uid, uint gid, uint mode, CancellationToken cancellationToken) =>
        RunAsync("/", [new FileOperation.MakeFolder(Path.GetFullPath(path), uid, gid, mode & 0xFFF)], cancellationToken);

    /// <summary>
    /// Copies a tree to a path that does not exist yet: owners, modes, times, symbolic and hard links, user.* attributes,
    /// sharing blocks where the file system can.
    /// </summary>
    public Task CopyTreeAsync(string source, string target, CancellationToken cancellationToken) =>
        RunAsync("/", [new FileOperation.Copy(Path.GetFullPath(source), Path.GetFullPath(target))], cancellationToken);

    /// <summary>
    /// Writes what is at a path of merged layers as a tar into a file that exists, readable or not for this process itself: equal
    /// trees give equal bytes.
    /// </summary>
    public Task PackAsync(FileOperation.Pack pack, CancellationToken cancellationToken) => RunAsync("/", [pack], cancellationToken);

    /// <summary>Takes back what targets of mounts made of a layer.</summary>
    public Task DropStubsAsync(string layer, ImmutableArray<string> below, IEnumerable<string> paths, CancellationToken cancellationToken) =>
        RunAsync("/", [.. paths.Select(FileOperation (p) => new FileOperation.DropStub(layer, below, p))], cancellationToken);

    private async Task RunAsync(string root, ImmutableArray<FileOperation> operations, CancellationToken cancellationToken)
    {
        if (operations.IsEmpty)
            return;
        using var shim = Start();
        // A killed shim takes its mapped child with it: what was done so far stays done.
        using var registration = cancellationToken.UnsafeRegister(static state => Kill((Process)state!), shim);
        var answer = ShimAnswer.ReadAsync(shim.StandardOutput.BaseStream, CancellationToken.None);
        await SendAsync(shim, new FilesSheet(Ids, root, operations).ToMessage()).ConfigureAwait(false);
        var report = await answer.ConfigureAwait(false);
        await shim.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (report is null)
            throw new BoltException(StorageErrors.FilesShimDied(ShimPath, shim.ExitCode));
        if (!report.Ok)
            throw new BoltException(StorageErrors.FilesFailed(report));
    }

    private Process Start()
    {
        var start = new ProcessStartInfo(ShimPath, ["files"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment.Clear();
        try
        {
            return Process.Start(start)!;
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            throw new BoltException(StorageErrors.FilesShimMissing(ShimPath, e.Message), e);
        }
    }

    private static async Task SendAsync(Process shim, byte[] message)
    {
        try
        {
            await shim.StandardInput.BaseStream.WriteAsync(message).ConfigureAwait(false);
            shim.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it had read all; its answer or its absence says why.
        }
    }

    private static void Kill(Process shim)
    {
        try
        {
            shim.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }
}
