using System.Net;
using System.Net.Http.Headers;
using Bolt.Diagnostics;
using Bolt.Storage;

namespace Bolt.Registries;

/// <summary>
/// A blob's bytes from a place on, however often the connection breaks: each further try asks for the rest alone
/// (RFC 9110 14.2), and reads past what it has when the registry sends all again.
/// </summary>
internal sealed class BlobBody(RegistryClient client, RegistryRepository repository, Digest digest, long size, long from) : IDisposable
{
    /// <summary>A registry that breaks off after each byte is not followed to the end.</summary>
    private const int MostBreaks = 100;

    private HttpResponseMessage? response;
    private Stream? stream;
    private EntityTagHeaderValue? tag;
    private long at = from;
    private int failed;
    private int breaks;

    /// <summary>The next bytes; 0 after the last.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (at < size)
        {
            Exception? cause = null;
            try
            {
                stream ??= await OpenAsync(cancellationToken).ConfigureAwait(false);
                if (stream is not null && await SomeAsync(stream, buffer, cancellationToken).ConfigureAwait(false) is var read and > 0)
                {
                    (at, failed) = (at + read, 0);
                    return read;
                }
                cause = stream is null ? null : new IOException(RegistryErrors.Cut(repository.Host, at, size).Message);
            }
            catch (Exception e) when (RegistryClient.IsTrouble(e, cancellationToken))
            {
                cause = e;
            }
            var refusal = response is { IsSuccessStatusCode: false } ? response : null;
            if (++breaks > MostBreaks)
            {
                throw new BoltException(RegistryErrors.Cut(repository.Host, at, size), cause);
            }
            await client.WaitAsync(repository.Host, ++failed, refusal, refusal is null ? cause : null, cancellationToken).ConfigureAwait(false);
            Close();
        }
        // Whatever the registry would send after the blob's size is not read.
        return 0;
    }

    // Null: a passing refusal, which stays in `response`.
    private async Task<Stream?> OpenAsync(CancellationToken cancellationToken)
    {
        response = await client.SendOnceAsync(repository, "pull", Request, cancellationToken).ConfigureAwait(false);
        if (RegistryPatience.IsPassing(response.StatusCode))
        {
            return null;
        }
        response = await client.ExpectAsync(response, repository, digest.ToString(), cancellationToken).ConfigureAwait(false);
        tag = response.Headers.ETag;
        var start = response.StatusCode == HttpStatusCode.PartialContent ? response.Content.Headers.ContentRange?.From ?? -1 : 0;
        var length = response.Content.Headers.ContentLength;
        if (start != 0 && start != at || (length is { } announced && start + announced != size))
        {
            throw new BoltException(RegistryErrors.BadAnswer(repository.Host, $"bytes from {start}, {length} of them, of a blob of {size} of which {at} are here"));
        }
        var opened = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await SkipAsync(opened, at - start, cancellationToken).ConfigureAwait(false);
        return opened;
    }

    private HttpRequestMessage Request(Uri address)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, repository.Blob(address, digest));
        if (at > 0)
        {
            request.Headers.Range = new RangeHeaderValue(at, null);
            // A weak tag cannot stand there (RFC 9110 13.1.5).
            request.Headers.IfRange = tag is { IsWeak: false } ? new RangeConditionHeaderValue(tag) : null;
        }
        return request;
    }

    private async Task SkipAsync(Stream opened, long count, CancellationToken cancellationToken)
    {
        var buffer = count == 0 ? [] : new byte[64 << 10];
        while (count > 0)
        {
            var read = await SomeAsync(opened, buffer.AsMemory(0, (int)Math.Min(count, buffer.Length)), cancellationToken).ConfigureAwait(false);
            count -= read > 0 ? read : throw new IOException(RegistryErrors.Cut(repository.Host, at - count, size).Message);
        }
    }

    private async ValueTask<int> SomeAsync(Stream opened, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(client.Patience.Silence);
        return await opened.ReadAsync(buffer[..(int)Math.Min(buffer.Length, size)], silence.Token).ConfigureAwait(false);
    }

    private void Close()
    {
        stream?.Dispose();
        response?.Dispose();
        (stream, response) = (null, null);
    }

    public void Dispose() => Close();
}
