using System.Security.Cryptography;
using Bolt.Diagnostics;

namespace Bolt.Storage;

/// <summary>
/// A blob on its way into the store, hashed byte for byte as it is written. What a killed or failed transfer left stays
/// under the blob's digest and is read again (<see cref="Left"/>) before the rest is asked for.
/// </summary>
internal sealed class IncomingBlob : IDisposable
{
    private readonly FileStream file;
    private readonly string beside;
    private readonly string name;
    private readonly Digest digest;
    private readonly long size;
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly bool resumable;
    private bool published;

    /// <param name="file">Locked: no other process writes it.</param>
    /// <param name="beside">Its path.</param>
    /// <param name="name">What it is called when it is whole.</param>
    /// <param name="resumable">It is worth keeping when it is not finished.</param>
    public IncomingBlob(FileStream file, string beside, string name, Digest digest, long size, bool resumable)
    {
        (this.file, this.beside, this.name, this.digest, this.size, this.resumable) = (file, beside, name, digest, size, resumable);
        if (file.Length > size)
        {
            file.SetLength(0);
        }
        Left = file.Length;
    }

    /// <summary>Bytes of an earlier transfer that have not been read again.</summary>
    public long Left { get; private set; }

    /// <summary>Bytes that were hashed so far.</summary>
    public long Total { get; private set; }

    /// <summary>The next bytes of an earlier transfer; 0 when there are no more.</summary>
    public int ReadLeft(Span<byte> buffer)
    {
        var read = file.Read(buffer[..(int)Math.Min(Left, buffer.Length)]);
        Left -= read;
        Count(buffer[..read]);
        return read;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (Total + bytes.Length > size)
        {
            throw new BoltException(StorageErrors.LongBlob(digest, size));
        }
        Count(bytes);
        file.Write(bytes);
    }

    /// <summary>Gives the blob its name when it is what its digest says; otherwise nothing of it is kept.</summary>
    public void Publish()
    {
        var found = new Digest(Convert.ToHexStringLower(hash.GetHashAndReset()));
        if (found != digest || Total != size)
        {
            file.SetLength(0);
            throw new BoltException(found != digest ? StorageErrors.WrongDigest(digest, found) : StorageErrors.ShortBlob(digest, size, Total));
        }
        file.Flush(flushToDisk: true);
        File.Move(beside, name, overwrite: true);
        published = true;
    }

    private void Count(ReadOnlySpan<byte> bytes)
    {
        hash.AppendData(bytes);
        Total += bytes.Length;
    }

    public void Dispose()
    {
        hash.Dispose();
        // Before the lock goes: afterwards the path may be another process's.
        if (!published && (!resumable || file.Length == 0))
        {
            StoreFolders.Discard(beside);
        }
        file.Dispose();
    }
}
