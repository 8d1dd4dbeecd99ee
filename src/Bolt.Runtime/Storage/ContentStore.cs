using System.Security.Cryptography;

namespace Bolt.Storage;

/// <summary>Blobs by their SHA-256: STATE/blobs/sha256/HEX. A blob that has its name is whole and right.</summary>
internal sealed class ContentStore(StoragePaths paths)
{
    /// <summary>No layer that people make is near it; a decompression bomb is.</summary>
    public const long MaxBlob = 64L << 30;

    private readonly string blobs = Path.Combine(paths.State, "blobs", "sha256");
    private readonly string incoming = Path.Combine(paths.State, "blobs", "incoming");
    private readonly string partial = Path.Combine(paths.State, "blobs", "partial");

    public bool Contains(Digest digest) => File.Exists(PathOf(digest));

    public Stream OpenRead(Digest digest)
    {
        try
        {
            return new FileStream(PathOf(digest), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new Diagnostics.BoltException(StorageErrors.NoBlob(digest), e);
        }
    }

    /// <summary>Size in bytes; null when it is not there.</summary>
    public long? SizeOf(Digest digest) => new FileInfo(PathOf(digest)) is { Exists: true } file ? file.Length : null;

    /// <summary>
    /// Keeps a blob. It is hashed while it is written beside, made durable, and only then gets its name; with the wrong
    /// digest, too large, or after a crash, nothing has the name.
    /// </summary>
    public async Task<Digest> WriteAsync(Stream content, Digest? expected, CancellationToken cancellationToken)
    {
        var beside = Path.Combine(incoming, Guid.NewGuid().ToString("n"));
        try
        {
            StoreFolders.Ensure(blobs);
            StoreFolders.Ensure(incoming);
            SweepLeftovers();
            var found = await CopyAsync(content, beside, cancellationToken).ConfigureAwait(false);
            if (expected is { } wanted && wanted != found)
            {
                throw new Diagnostics.BoltException(StorageErrors.WrongDigest(wanted, found));
            }
            // Two writers of one blob: the second renames the same bytes over the first.
            File.Move(beside, PathOf(found), overwrite: true);
            return found;
        }
        catch (Exception e)
        {
            StoreFolders.Discard(beside);
            if (StorageErrors.IsFileSystem(e) && e is not InvalidDataException)
            {
                throw StorageErrors.Wrap(beside, e);
            }
            throw;
        }
    }

    /// <summary>Keeps a blob that someone else writes into a file: <paramref name="write"/> gets its path, and the file is there.</summary>
    public async Task<Digest> MakeAsync(Func<string, Task> write, CancellationToken cancellationToken)
    {
        var beside = Path.Combine(incoming, Guid.NewGuid().ToString("n"));
        try
        {
            StoreFolders.Ensure(blobs);
            StoreFolders.Ensure(incoming);
            // Held while it is written, as every file here: what can be locked for oneself belongs to nobody. A shared lock, which
            // is what .NET takes, so that the writer may open it.
            using var held = new FileStream(beside, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
            await write(beside).ConfigureAwait(false);
            var found = new Digest(Convert.ToHexStringLower(await SHA256.HashDataAsync(held, cancellationToken).ConfigureAwait(false)));
            held.Flush(flushToDisk: true);
            File.Move(beside, PathOf(found), overwrite: true);
            return found;
        }
        catch (Exception e)
        {
            StoreFolders.Discard(beside);
            if (StorageErrors.IsFileSystem(e))
            {
                throw StorageErrors.Wrap(beside, e);
            }
            throw;
        }
    }

    /// <summary>
    /// Takes a blob of known digest and size in pieces. The file of an interrupted transfer is taken up again, unless
    /// another process is at it: then this one starts a file of its own, so that no lock is waited for.
    /// </summary>
    public IncomingBlob Receive(Digest digest, long size)
    {
        var path = Path.Combine(partial, digest.Hex);
        try
        {
            StoreFolders.Ensure(blobs);
            StoreFolders.Ensure(partial);
            if (StoreFolders.TryHold(path, FileMode.OpenOrCreate) is { } held)
            {
                // The name may have gone between open and lock, with a transfer that was finished just then.
                if (File.Exists(path))
                {
                    return new IncomingBlob(held, path, PathOf(digest), digest, size, resumable: true);
                }
                held.Dispose();
            }
            StoreFolders.Ensure(incoming);
            var own = Path.Combine(incoming, Guid.NewGuid().ToString("n"));
            var file = new FileStream(own, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            return new IncomingBlob(file, own, PathOf(digest), digest, size, resumable: false);
        }
        catch (Exception e) when (StorageErrors.IsFileSystem(e))
        {
            throw StorageErrors.Wrap(path, e);
        }
    }

    /// <summary>Forgets what an interrupted transfer left.</summary>
    public void DropPartial(Digest digest) => StoreFolders.Discard(Path.Combine(partial, digest.Hex));

    private static async Task<Digest> CopyAsync(Stream content, string beside, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 17];
        long total = 0;
        var file = new FileStream(beside, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        await using (file.ConfigureAwait(false))
        {
            int read;
            while ((read = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                total += read;
                if (total > MaxBlob)
                {
                    throw new Diagnostics.BoltException(StorageErrors.TooLarge("a blob", MaxBlob));
                }
                hash.AppendData(buffer, 0, read);
                await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            }
            file.Flush(flushToDisk: true);
        }
        return new Digest(Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    // A writer holds its file locked (FileShare.None); one that can be opened belongs to a process that died.
    private void SweepLeftovers()
    {
        foreach (var path in Directory.EnumerateFiles(incoming))
        {
            using var held = StoreFolders.TryHold(path, FileMode.Open);
            if (held is not null && File.GetLastWriteTimeUtc(path) < DateTime.UtcNow.AddMinutes(-1))
            {
                File.Delete(path);
            }
        }
    }

    private string PathOf(Digest digest) => Path.Combine(blobs, digest.Hex);
}
