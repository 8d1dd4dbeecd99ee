using Bolt.Kernel;

namespace Bolt.Storage;

/// <summary>How the stores make their folders, and how work that a killed process left is told from work in progress.</summary>
internal static class StoreFolders
{
    /// <summary>
    /// Makes missing folders. As root others may pass through, since the mapped root of a capsule is another id; an
    /// ordinary user's are shut, since trees hold set-uid files that are his.
    /// </summary>
    public static void Ensure(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }
        if (Path.GetDirectoryName(path) is { Length: > 0 } parent)
        {
            Ensure(parent);
        }
        var mode = Sys.EffectiveUid() == 0 ? (UnixFileMode)0b111_001_001 : (UnixFileMode)0b111_000_000;
        Directory.CreateDirectory(path, mode);
        // The umask may have taken bits away; a folder made by another process in between is not ours to change.
        if (File.GetUnixFileMode(path) != mode && !Directory.EnumerateFileSystemEntries(path).Any())
        {
            File.SetUnixFileMode(path, mode);
        }
    }

    /// <summary>
    /// Opens a file that says "someone works on this". The lock (flock(2)) goes with the process, however it ends.
    /// Null: someone else does, or it is gone.
    /// </summary>
    public static FileStream? TryHold(string path, FileMode mode)
    {
        try
        {
            return new FileStream(path, mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Waits for a file's lock, which other processes of this user may hold; given back when disposed.</summary>
    public static async Task<FileStream> HoldAsync(string path, CancellationToken cancellationToken)
    {
        const int exclusive = 2;
        // ReadWrite sharing: .NET takes no lock of its own, which could not be waited for.
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        var locked = Task.Factory.StartNew(
            () => Sys.Lock((int)file.SafeFileHandle.DangerousGetHandle(), exclusive), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            await locked.WaitAsync(cancellationToken).ConfigureAwait(false);
            return file;
        }
        catch
        {
            // The wait in the kernel cannot be called off: the file is closed when it has ended.
            _ = locked.ContinueWith(_ => file.Dispose(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            throw;
        }
    }

    /// <summary>Takes away what was written beside, if it is there. Why it was given up is the thing to say, whatever happens here.</summary>
    public static void Discard(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    /// <summary>Writes a small file beside and renames it, so that it is read whole or not at all.</summary>
    public static async Task WriteWholeAsync(string path, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken, UnixFileMode? mode = null)
    {
        var beside = $"{path}.{Guid.NewGuid():n}.tmp";
        try
        {
            var file = new FileStream(beside, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                Share = FileShare.None,
                BufferSize = 0,
                UnixCreateMode = mode,
            });
            await using (file.ConfigureAwait(false))
            {
                await file.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }
            File.Move(beside, path, overwrite: true);
        }
        catch
        {
            Discard(beside);
            throw;
        }
    }
}
