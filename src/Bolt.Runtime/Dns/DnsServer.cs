using System.Net;
using System.Net.Sockets;

namespace Bolt.Dns;

/// <summary>Answers a stack's names itself and asks the host's resolvers for all others.</summary>
internal sealed class DnsServer(Zone zone, IReadOnlyList<IPEndPoint> upstreams)
{
    /// <summary>The names answered from now on; replaced when services come or go.</summary>
    public Zone Zone { get; set; } = zone;

    /// <summary>Where all other names are asked.</summary>
    public IReadOnlyList<IPEndPoint> Upstreams { get; } = upstreams;

    /// <summary>Serves both sockets until cancelled; closes them at the end.</summary>
    public Task RunAsync(Socket udp, Socket tcp, CancellationToken cancel) => throw new NotImplementedException();
}
