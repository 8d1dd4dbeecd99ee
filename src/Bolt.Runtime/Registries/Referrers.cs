using System.Net;
using Bolt.Images;
using Bolt.Storage;

namespace Bolt.Registries;

/// <summary>
/// What refers to a manifest: signatures, attestations, bills of material (distribution-spec "listing referrers"). Registries
/// without the API keep the same index under a tag made of the digest.
/// </summary>
internal sealed class Referrers(RegistryClient client, RegistryRepository repository)
{
    private const int MostPages = 50;

    public async Task<IReadOnlyList<Descriptor>> ListAsync(Digest digest, CancellationToken cancellationToken)
    {
        var found = new List<Descriptor>();
        Uri? next = null;
        for (var page = 0; page < MostPages; page++)
        {
            var asked = next;
            using var response = await SendAsync(a => asked ?? repository.Referrers(a, digest), cancellationToken).ConfigureAwait(false);
            if (page == 0 && (response.StatusCode == HttpStatusCode.NotFound || response.Content.Headers.ContentType?.MediaType != MediaTypes.Index))
            {
                return await FallbackAsync(digest, cancellationToken).ConfigureAwait(false);
            }
            found.AddRange(await IndexAsync(response, digest, cancellationToken).ConfigureAwait(false));
            next = Next(response);
            if (next is null)
            {
                break;
            }
        }
        return found;
    }

    private async Task<IReadOnlyList<Descriptor>> FallbackAsync(Digest digest, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(a => repository.Manifest(a, "sha256-" + digest.Hex), cancellationToken).ConfigureAwait(false);
        return response.StatusCode == HttpStatusCode.NotFound ? [] : await IndexAsync(response, digest, cancellationToken).ConfigureAwait(false);
    }

    private Task<HttpResponseMessage> SendAsync(Func<Uri, Uri> address, CancellationToken cancellationToken) => client.SendAsync(repository, "pull", a =>
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address(a));
        request.Headers.Accept.ParseAdd(MediaTypes.Index);
        return request;
    }, cancellationToken);

    private async Task<Descriptor[]> IndexAsync(HttpResponseMessage response, Digest digest, CancellationToken cancellationToken)
    {
        var index = await client.ExpectAsync(response, repository, digest.ToString(), cancellationToken).ConfigureAwait(false);
        var bytes = await client.BodyAsync(index, repository.Host, "list of referrers", OciLayout.MaxDocument, cancellationToken).ConfigureAwait(false);
        return ((ImageDocument.Index)ImageDocument.Read(bytes, MediaTypes.Index)).Manifests;
    }

    // Link: </v2/x/referrers/sha256:…?n=10&last=…>; rel="next" (RFC 8288). Only the same host is followed.
    private static Uri? Next(HttpResponseMessage response)
    {
        var link = response.Headers.TryGetValues("Link", out var values) ? values.FirstOrDefault(v => v.Contains("rel=\"next\"", StringComparison.Ordinal)) : null;
        var from = response.RequestMessage!.RequestUri!;
        return link?.IndexOf('>', StringComparison.Ordinal) is var end and > 1 && link.StartsWith('<') && Uri.TryCreate(from, link[1..end.Value], out var next) && next.Authority == from.Authority && next.Scheme == from.Scheme
            ? next
            : null;
    }
}
