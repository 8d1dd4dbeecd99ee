using System.Net;
using System.Net.Http.Headers;

namespace Bolt.Registries;

/// <summary>How long a registry is waited for, and how often it is asked again.</summary>
internal sealed record RegistryPatience
{
    /// <summary>More is the registry's way to say no: a person should hear it.</summary>
    private static readonly TimeSpan LongestAskedWait = TimeSpan.FromMinutes(5);

    public static RegistryPatience Default { get; } = new();

    /// <summary>A connection that brings nothing for so long is given up.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(30);
    /// <summary>Tries in all, and tries in a row without a new byte.</summary>
    public int Attempts { get; init; } = 5;
    /// <summary>Bytes that are sent at once; a larger blob travels in pieces.</summary>
    public long Piece { get; init; } = 32 << 20;
    public TimeSpan First { get; init; } = TimeSpan.FromMilliseconds(500);
    public TimeSpan Longest { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>An answer that another try may better.</summary>
    public static bool IsPassing(HttpStatusCode status) => status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
        or HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    /// <summary>How long to wait before the next try; null: give up.</summary>
    /// <param name="failed">Tries so far, from 1.</param>
    /// <param name="asked">Retry-After: seconds or a date (RFC 9110 10.2.3).</param>
    /// <param name="chance">0 to 1: clients that failed together do not come back together.</param>
    public TimeSpan? Wait(int failed, RetryConditionHeaderValue? asked, DateTimeOffset now, double chance)
    {
        if (failed >= Attempts)
        {
            return null;
        }
        var doubled = Math.Min(First.TotalMilliseconds * Math.Pow(2, failed - 1), Longest.TotalMilliseconds);
        var wanted = asked?.Delta ?? (asked?.Date - now) ?? TimeSpan.Zero;
        return wanted > LongestAskedWait ? null
            : wanted > TimeSpan.Zero ? wanted + TimeSpan.FromMilliseconds(First.TotalMilliseconds * chance)
            : TimeSpan.FromMilliseconds(doubled * (0.5 + (chance / 2)));
    }
}
