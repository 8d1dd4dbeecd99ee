using System.Net;

namespace Bolt.Networking;

/// <summary>The host's own resolvers.</summary>
internal static class UpstreamResolvers
{
    /// <summary>resolv.conf(5) takes three nameservers and ignores the rest.</summary>
    private const int Most = 3;

    public static IReadOnlyList<IPEndPoint> OfHost() =>
        File.Exists("/etc/resolv.conf") ? Parse(File.ReadLines("/etc/resolv.conf")) : [];

    internal static IReadOnlyList<IPEndPoint> Parse(IEnumerable<string> lines) =>
    [
        .. lines.Select(line => line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words is ["nameserver", _, ..])
            .Select(words => IPAddress.TryParse(words[1], out var address) ? new IPEndPoint(address, 53) : null)
            .OfType<IPEndPoint>()
            .Take(Most),
    ];
}
