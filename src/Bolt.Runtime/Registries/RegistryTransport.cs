using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Bolt.Diagnostics;

namespace Bolt.Registries;

/// <summary>Connections to registries and to where they redirect: certificates and proxies by host, redirects bounded.</summary>
internal sealed class RegistryTransport(RegistrySettings settings) : IDisposable
{
    private readonly ConcurrentDictionary<string, HttpClient> clients = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> certificates = new(StringComparer.Ordinal);

    /// <summary>The host has spoken TLS, whatever became of it.</summary>
    public bool HasShownCertificate(string authority) => certificates.ContainsKey(authority);

    /// <summary>The answer, after redirects of reading requests; its body is not read yet.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        for (var hop = 0; ; hop++)
        {
            var uri = request.RequestUri!;
            var response = await ClientOf(uri).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            if (!Redirection.Is(response.StatusCode) || !(request.Method == HttpMethod.Get || request.Method == HttpMethod.Head))
            {
                return response;
            }
            using (response)
            {
                if (hop == Redirection.Most)
                {
                    throw new BoltException(RegistryErrors.BadRedirect(uri.Authority, $"more than {Redirection.Most} times"));
                }
                request = Redirection.Follow(request, Redirection.Next(uri, response.Headers.Location, settings));
            }
        }
    }

    private HttpClient ClientOf(Uri uri)
    {
        var host = settings.Of(uri.Authority);
        // Those without settings of their own share one, and its connections.
        var key = uri.IsLoopback ? "loopback " + uri.Authority : host == RegistryHost.Plain ? "" : uri.Authority;
        return clients.GetOrAdd(key, _ => Make(uri.Authority, host, uri.IsLoopback));
    }

    private HttpClient Make(string authority, RegistryHost host, bool loopback)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            // A proxy is another machine, for which loopback is itself.
            UseProxy = !loopback,
            ConnectTimeout = TimeSpan.FromSeconds(15),
            MaxConnectionsPerServer = 8,
            MaxResponseHeadersLength = 64,
            InitialHttp2StreamWindowSize = 1 << 20,
        };
        if (host != RegistryHost.Plain || loopback)
        {
            var roots = host.CertificateAuthority is { } path ? Authorities(path) : null;
            handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
            {
                certificates[authority] = true;
                return roots is not null ? IsSignedBy(roots, certificate, errors) : host.Insecure || errors == SslPolicyErrors.None;
            };
        }
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private static X509Certificate2Collection Authorities(string path)
    {
        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPemFile(path);
            return roots.Count > 0 ? roots : throw new CryptographicException("it holds none");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new BoltException(RegistryErrors.BadAuthority(path, e.Message), e);
        }
    }

    // The name must be right in any case; the chain is built anew with these roots alone.
    private static bool IsSignedBy(X509Certificate2Collection roots, X509Certificate? certificate, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 found || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0)
        {
            return false;
        }
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        return chain.Build(found);
    }

    public void Dispose()
    {
        foreach (var client in clients.Values)
        {
            client.Dispose();
        }
    }
}
