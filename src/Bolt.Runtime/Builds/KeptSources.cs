using System.Security.Cryptography;
using Bolt.Diagnostics;
using Bolt.Packages;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>Files that ADD fetched, by their digest: CACHE/sources. One that the lock names is not fetched again.</summary>
internal sealed class KeptSources(StoragePaths paths) : IDisposable
{
    public const long MaxBytes = 16L << 30;

    private readonly Downloads downloads = new(Path.Combine(paths.Cache, "sources"));

    public string? Find(Digest content) => downloads.Find(content.Hex);

    /// <summary>Fetches what is pinned: the bytes are these, or it is an error.</summary>
    public async Task<string> FetchAsync(string address, Digest content, CancellationToken cancellationToken)
    {
        try
        {
            return await downloads.FetchAsync(address, content.Hex, MaxBytes, cancellationToken).ConfigureAwait(false);
        }
        catch (BoltException e) when (e.Diagnostic.Code == PackageErrors.WrongHashCode)
        {
            throw new BoltException(LockErrors.SourceChanged(address, content.ToString()) with { Cause = e.Diagnostic }, e);
        }
    }

    /// <summary>Fetches whatever lies there now.</summary>
    /// <param name="beside">An empty file to write into.</param>
    /// <param name="keep">A lock will name it: it is kept for the next time.</param>
    public async Task<(string Path, Digest Content)> FetchAsync(string address, string beside, bool keep, CancellationToken cancellationToken)
    {
        var file = new FileStream(beside, FileMode.Open, FileAccess.Write, FileShare.Read);
        await using (file.ConfigureAwait(false))
        {
            await downloads.CopyAsync(address, file, beside, MaxBytes, cancellationToken).ConfigureAwait(false);
        }
        using var fetched = File.OpenRead(beside);
        var content = new Digest(Convert.ToHexStringLower(await SHA256.HashDataAsync(fetched, cancellationToken).ConfigureAwait(false)));
        return (keep ? await TakeAsync(beside, content, cancellationToken).ConfigureAwait(false) : beside, content);
    }

    /// <summary>Keeps a file of this machine; its bytes must be these.</summary>
    public Task<string> TakeAsync(string file, Digest content, CancellationToken cancellationToken) => downloads.TakeAsync(file, content.Hex, cancellationToken);

    public void Dispose() => downloads.Dispose();
}
