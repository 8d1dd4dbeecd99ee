using System.Net;
using System.Security.Cryptography;
using Bolt.Diagnostics;
using Bolt.Storage;

namespace Bolt.Packages;

/// <summary>Fetches into the cache: hashed while it is written, renamed when it is whole and right.</summary>
internal sealed class Downloads(string folder) : IDisposable
{
    private const int Attempts = 3;
    /// <summary>A connection that brings nothing for so long is given up.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    private readonly HttpClient http = new(new SocketsHttpHandler
    {
        ConnectTimeout = TimeSpan.FromSeconds(15),
        MaxConnectionsPerServer = 8,
        MaxAutomaticRedirections = 5,
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>The file with this content, if it was fetched before.</summary>
    public string? Find(string sha256) => PathOf(sha256) is var path && File.Exists(path) ? path : null;

    /// <summary>The path of a file with exactly this hash, fetched when it is not there. BOLT2102 to 2106.</summary>
    /// <param name="limit">Its signed size in bytes.</param>
    public async Task<string> FetchAsync(string url, string sha256, long limit, CancellationToken cancellationToken)
    {
        var path = PathOf(sha256);
        if (File.Exists(path))
        {
            return path;
        }
        for (var attempt = 1; ; attempt++)
        {
            var beside = $"{path}.{Guid.NewGuid():n}";
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                var found = await WriteAsync(url, beside, limit, cancellationToken).ConfigureAwait(false);
                if (found != sha256)
                {
                    throw new BoltException(PackageErrors.WrongHash(url, sha256, found));
                }
                File.Move(beside, path, overwrite: true);
                return path;
            }
            catch (BoltException e) when (e.Diagnostic.Code == PackageErrors.UnreachableCode && attempt < Attempts)
            {
                // Once more at once: what a second connection mends is a cut one; waiting is the user's choice.
            }
            // What a mirror does wrong has its sentence by now; this is the disk's.
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new BoltException(PackageErrors.NotWritten(path, e.Message), e);
            }
            finally
            {
                StoreFolders.Discard(beside);
            }
        }
    }

    /// <summary>Keeps a copy of a file of this machine, whose hash must be this one. BOLT2104, BOLT2106.</summary>
    public Task<string> TakeAsync(string file, string sha256, CancellationToken cancellationToken) =>
        FetchAsync(new Uri(Path.GetFullPath(file)).AbsoluteUri, sha256, long.MaxValue, cancellationToken);

    /// <summary>A small file whose hash is not known before.</summary>
    public async Task<byte[]> ReadAsync(string url, int limit, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var memory = new MemoryStream();
                await CopyAsync(url, memory, url, limit, cancellationToken).ConfigureAwait(false);
                return memory.ToArray();
            }
            catch (BoltException e) when (e.Diagnostic.Code == PackageErrors.UnreachableCode && attempt < Attempts)
            {
            }
        }
    }

    private async Task<string> WriteAsync(string url, string path, long limit, CancellationToken cancellationToken)
    {
        using var hash = SHA256.Create();
        // Without a buffer: nothing is left to write, and to fail, when it is closed.
        var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0);
        await using (file.ConfigureAwait(false))
        {
            using var hashed = new CryptoStream(file, hash, CryptoStreamMode.Write);
            await CopyAsync(url, hashed, path, limit, cancellationToken).ConfigureAwait(false);
        }
        return Convert.ToHexStringLower(hash.Hash!);
    }

    /// <param name="place">Where the target is, for sentences.</param>
    internal async Task CopyAsync(string url, Stream target, string place, long limit, CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(Silence);
        try
        {
            using var source = await OpenAsync(url, silence.Token).ConfigureAwait(false);
            var buffer = new byte[64 << 10];
            for (long total = 0; await source.ReadAsync(buffer, silence.Token).ConfigureAwait(false) is var count and > 0;)
            {
                silence.CancelAfter(Silence);
                total += count;
                if (total > limit)
                {
                    throw new BoltException(PackageErrors.TooLarge(url, limit));
                }
                await WriteAsync(target, buffer.AsMemory(0, count), place, silence.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException or UnauthorizedAccessException or UriFormatException)
        {
            throw new BoltException(PackageErrors.Unreachable(url, (e.InnerException ?? e).Message), e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BoltException(PackageErrors.Unreachable(url, $"it sent nothing for {Silence.TotalSeconds:0} s"), e);
        }
    }

    // Its own catch: a full disk must not read as a mirror that is down.
    private static async Task WriteAsync(Stream target, ReadOnlyMemory<byte> bytes, string place, CancellationToken cancellationToken)
    {
        try
        {
            await target.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new BoltException(PackageErrors.NotWritten(place, e.Message), e);
        }
    }

    private async Task<Stream> OpenAsync(string url, CancellationToken cancellationToken)
    {
        var uri = new Uri(url);
        if (uri.IsFile)
        {
            return File.Exists(uri.LocalPath) ? File.OpenRead(uri.LocalPath) : throw new BoltException(PackageErrors.NotFound(url));
        }
        if (uri.Scheme is not ("http" or "https"))
        {
            throw new BoltException(PackageErrors.Unreachable(url, $"`{uri.Scheme}` is no scheme that can be fetched"));
        }
        var response = await http.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone)
        {
            response.Dispose();
            throw new BoltException(PackageErrors.NotFound(url));
        }
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
    }

    private string PathOf(string sha256) => Path.Combine(folder, sha256[..2], sha256);

    public void Dispose() => http.Dispose();
}
