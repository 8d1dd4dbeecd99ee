using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Bolt.Diagnostics;
using Bolt.Storage;

namespace Bolt.Registries;

/// <summary>
/// One blob to a repository: skipped when it is there, mounted when another repository of the registry has it, else sent;
/// in one piece when it is small, in pieces that can be taken up again when it is not (distribution-spec "push").
/// </summary>
internal sealed class BlobUpload(RegistryClient client, RegistryRepository repository, ContentStore content)
{
    public const string Actions = "pull,push";

    /// <summary>False when nothing had to be sent.</summary>
    /// <param name="from">Repositories of this registry that may have it.</param>
    public async Task<bool> SendAsync(Digest digest, long size, IEnumerable<RegistryRepository> from, Action<long> moved, CancellationToken cancellationToken)
    {
        if (await IsThereAsync(digest, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }
        var other = from.FirstOrDefault(r => r != repository);
        var location = await BeginAsync(digest, other, cancellationToken).ConfigureAwait(false);
        if (location is null)
        {
            return false;
        }
        var at = 0L;
        while (size - at > client.Patience.Piece)
        {
            (at, location) = await PatchAsync(digest, location, at, moved, cancellationToken).ConfigureAwait(false);
        }
        await FinishAsync(digest, location, at, size, moved, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private async Task<bool> IsThereAsync(Digest digest, CancellationToken cancellationToken)
    {
        using var response = await client.SendAsync(repository, Actions, a => new HttpRequestMessage(HttpMethod.Head, repository.Blob(a, digest)), cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return false;
        }
        (await client.ExpectAsync(response, repository, repository.Path, cancellationToken).ConfigureAwait(false)).Dispose();
        return true;
    }

    // Null: the registry has it from the other repository. A registry that does not mount begins an upload instead.
    private async Task<Uri?> BeginAsync(Digest digest, RegistryRepository? other, CancellationToken cancellationToken)
    {
        var query = other is null ? "" : $"?mount={digest}&from={Uri.EscapeDataString(other.Path)}";
        using var response = await client.ExpectAsync(
            await client.SendAsync(repository, Actions, a => new HttpRequestMessage(HttpMethod.Post, repository.Uploads(a, query)), cancellationToken, other).ConfigureAwait(false),
            repository, repository.Path, cancellationToken).ConfigureAwait(false);
        return response.StatusCode == HttpStatusCode.Created ? null : Location(response);
    }

    private async Task<(long At, Uri Location)> PatchAsync(Digest digest, Uri location, long at, Action<long> moved, CancellationToken cancellationToken)
    {
        for (var failed = 1; ; failed++)
        {
            HttpResponseMessage? response = null;
            Exception? cause = null;
            try
            {
                response = await client.SendOnceAsync(repository, Actions, _ => Request(HttpMethod.Patch, location, digest, at, client.Patience.Piece, moved), cancellationToken).ConfigureAwait(false);
                if (!RegistryPatience.IsPassing(response.StatusCode))
                {
                    using (await client.ExpectAsync(response, repository, repository.Path, cancellationToken).ConfigureAwait(false))
                    {
                        return (at + client.Patience.Piece, Location(response));
                    }
                }
            }
            catch (Exception e) when (RegistryClient.IsTrouble(e, cancellationToken))
            {
                cause = e;
            }
            using (response)
            {
                await client.WaitAsync(repository.Host, failed, response, cause, cancellationToken).ConfigureAwait(false);
            }
            // How much of the piece arrived, only the registry knows.
            var most = at + client.Patience.Piece;
            (at, location) = await StateAsync(location, cancellationToken).ConfigureAwait(false);
            if (at > most)
            {
                throw new BoltException(RegistryErrors.BadAnswer(repository.Host, $"it has {at} bytes of which {most} were sent"));
            }
        }
    }

    private async Task FinishAsync(Digest digest, Uri location, long at, long size, Action<long> moved, CancellationToken cancellationToken)
    {
        var target = new UriBuilder(location) { Query = (location.Query.Length > 1 ? location.Query[1..] + "&" : "") + "digest=" + Uri.EscapeDataString(digest.ToString()) }.Uri;
        using var response = await client.ExpectAsync(
            await client.SendAsync(repository, Actions, _ => Request(HttpMethod.Put, target, digest, at, size - at, moved), cancellationToken).ConfigureAwait(false),
            repository, repository.Path, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.Created)
        {
            throw new BoltException(RegistryErrors.BadAnswer(repository.Host, $"{(int)response.StatusCode} where a blob should be made"));
        }
    }

    private async Task<(long At, Uri Location)> StateAsync(Uri location, CancellationToken cancellationToken)
    {
        using var response = await client.ExpectAsync(
            await client.SendAsync(repository, Actions, _ => new HttpRequestMessage(HttpMethod.Get, location), cancellationToken).ConfigureAwait(false),
            repository, repository.Path, cancellationToken).ConfigureAwait(false);
        // "Range: 0-1023": the last byte that it has. Docker's registry says 0-0 for none, too.
        var range = response.Headers.TryGetValues("Range", out var values) ? values.First() : "0-0";
        return long.TryParse(range.AsSpan(range.IndexOf('-', StringComparison.Ordinal) + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            ? (last == 0 ? 0 : last + 1, response.Headers.Location is null ? location : Location(response))
            : throw new BoltException(RegistryErrors.BadAnswer(repository.Host, $"the range `{range}`"));
    }

    private HttpRequestMessage Request(HttpMethod method, Uri location, Digest digest, long at, long length, Action<long> moved)
    {
        var sent = at;
        var body = new WatchedContent(() => OpenAt(digest, at), length, count => moved(sent += count));
        body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        if (method == HttpMethod.Patch)
        {
            // The spec's form has no unit and no total, which the typed header insists on.
            body.Headers.TryAddWithoutValidation("Content-Range", string.Create(CultureInfo.InvariantCulture, $"{at}-{at + length - 1}"));
        }
        return new HttpRequestMessage(method, location) { Content = body };
    }

    private Stream OpenAt(Digest digest, long at)
    {
        var stream = content.OpenRead(digest);
        stream.Position = at;
        return stream;
    }

    private Uri Location(HttpResponseMessage response)
    {
        var from = response.RequestMessage!.RequestUri!;
        return Redirection.Next(from, response.Headers.Location ?? throw new BoltException(RegistryErrors.BadAnswer(repository.Host, "an upload without an address")), client.Settings);
    }
}
