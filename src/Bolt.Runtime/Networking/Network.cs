using System.Net;
using System.Net.Sockets;

namespace Bolt.Networking;

/// <summary>A stack's network as it runs: the sandbox that holds its namespaces, and its files.</summary>
internal sealed class Network
{
    private Network() { }

    /// <summary>The process whose user and network namespaces members join.</summary>
    public int SandboxPid => throw new NotImplementedException();

    /// <summary>A hash of the spec it was made from: equal means that nothing of it has to change.</summary>
    public string Fingerprint => throw new NotImplementedException();

    /// <summary>The host's resolvers, read now.</summary>
    public IReadOnlyList<IPEndPoint> Upstreams => throw new NotImplementedException();

    /// <summary>The hash that a network made from this spec would have.</summary>
    public static string FingerprintOf(NetworkSpec spec) => throw new NotImplementedException();

    /// <summary>Makes it; returns when members can join and published ports are bound, and leaves nothing when it throws.</summary>
    public static Task<Network> CreateAsync(string shimPath, NetworkSpec spec, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>The network that runs in this folder; null when none does (what a dead one left is removed).</summary>
    public static Network? TryAdopt(string folder) => throw new NotImplementedException();

    /// <summary>Changes names, members and published ports of the running network; the subnet must be the same.</summary>
    public Task UpdateAsync(NetworkSpec spec, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>What a member needs to join, new for each start.</summary>
    public NetworkSeat Seat(IPAddress member) => throw new NotImplementedException();

    /// <summary>The sockets bound to port 53 of the gateway; each owner asks for its own copies.</summary>
    public (Socket Udp, Socket Tcp) OpenResolverSockets() => throw new NotImplementedException();

    /// <summary>Ends all of it: processes, namespaces, host rules, files.</summary>
    public Task RemoveAsync(CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Whether a host port can be published now.</summary>
    public static PortFinding CheckPort(PublishedPort port) => throw new NotImplementedException();
}
