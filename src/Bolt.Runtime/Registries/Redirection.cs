using System.Net;
using Bolt.Diagnostics;

namespace Bolt.Registries;

/// <summary>Where an answer sends a request, and what may travel along.</summary>
internal static class Redirection
{
    public const int Most = 5;

    public static bool Is(HttpStatusCode status) => status is HttpStatusCode.MovedPermanently or HttpStatusCode.Found
        or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    /// <summary>The next address; what was encrypted stays encrypted, and what was not goes no further than this machine.</summary>
    public static Uri Next(Uri from, Uri? location, RegistrySettings settings)
    {
        if (location is null || !Uri.TryCreate(from, location, out var next))
        {
            throw new BoltException(RegistryErrors.BadRedirect(from.Authority, "without an address"));
        }
        var open = from.Scheme == Uri.UriSchemeHttp && (next.IsLoopback || settings.Of(next.Authority).Insecure);
        return next.Scheme == Uri.UriSchemeHttps || (next.Scheme == Uri.UriSchemeHttp && open)
            ? next
            : throw new BoltException(RegistryErrors.BadRedirect(from.Authority, $"to `{next.GetLeftPart(UriPartial.Authority)}`, which is not encrypted"));
    }

    /// <summary>The same request for the next address. Credentials go only where they came from: same scheme, host and port.</summary>
    public static HttpRequestMessage Follow(HttpRequestMessage request, Uri next)
    {
        var from = request.RequestUri!;
        var same = from.Scheme == next.Scheme && from.Host == next.Host && from.Port == next.Port;
        var followed = new HttpRequestMessage(request.Method, next) { Version = request.Version };
        foreach (var (name, values) in request.Headers)
        {
            if (same || !name.Equals("Authorization", StringComparison.OrdinalIgnoreCase))
            {
                followed.Headers.TryAddWithoutValidation(name, values);
            }
        }
        return followed;
    }
}
