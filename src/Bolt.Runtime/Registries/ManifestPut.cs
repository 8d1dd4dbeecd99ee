using System.Net.Http.Headers;
using Bolt.Diagnostics;
using Bolt.Storage;

namespace Bolt.Registries;

/// <summary>A manifest or index to a repository, which makes what it names visible (distribution-spec "pushing manifests").</summary>
internal static class ManifestPut
{
    /// <summary>True when the registry knows what it refers to (OCI-Subject); without a subject, false.</summary>
    /// <param name="name">A tag, or the manifest's digest.</param>
    public static async Task<bool> SendAsync(
        RegistryClient client, RegistryRepository repository, byte[] bytes, string mediaType, string name, CancellationToken cancellationToken)
    {
        HttpRequestMessage Request(Uri address) => new(HttpMethod.Put, repository.Manifest(address, name))
        {
            Content = new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue(mediaType) } },
        };
        using var response = await client.ExpectAsync(
            await client.SendAsync(repository, BlobUpload.Actions, Request, cancellationToken).ConfigureAwait(false), repository, repository.Path, cancellationToken).ConfigureAwait(false);
        var digest = Digest.Of(bytes).ToString();
        if (response.Headers.TryGetValues("Docker-Content-Digest", out var said) && said.First() != digest)
        {
            throw new BoltException(RegistryErrors.WrongDigest(repository.ToString(), digest, said.First()));
        }
        return response.Headers.Contains("OCI-Subject");
    }
}
