using System.Collections.Concurrent;
using Bolt.Diagnostics;

namespace Bolt.Registries;

/// <summary>
/// Where a registry answers. HTTPS always, but for this machine's own registries and those that settings call insecure:
/// they are asked by HTTPS first and, when they do not speak it, by HTTP.
/// </summary>
internal sealed class RegistryAddresses(RegistrySettings settings, RegistryTransport transport)
{
    private readonly ConcurrentDictionary<string, Uri> known = new(StringComparer.Ordinal);

    public async Task<Uri> OfAsync(string host, CancellationToken cancellationToken)
    {
        if (known.TryGetValue(host, out var address))
        {
            return address;
        }
        var secure = new Uri($"https://{(host == "docker.io" ? "registry-1.docker.io" : host)}/");
        var here = settings.Of(host);
        var mayBeOpen = here.Insecure || (secure.IsLoopback && here.CertificateAuthority is null);
        return known[host] = mayBeOpen && !await SpeaksTlsAsync(secure, cancellationToken).ConfigureAwait(false)
            ? new Uri($"http://{host}/")
            : secure;
    }

    private async Task<bool> SpeaksTlsAsync(Uri address, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, "/v2/"));
            using var response = await transport.SendAsync(request, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (HttpRequestException e) when (e.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError))
        {
            // A certificate that was refused is one: the answer is not to ask without it.
            return transport.HasShownCertificate(address.Authority) && e.HttpRequestError == HttpRequestError.SecureConnectionError;
        }
        catch (BoltException)
        {
            // A redirect that leads astray: it has spoken.
            return true;
        }
    }
}
