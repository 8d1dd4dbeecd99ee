using System.Collections.Immutable;
using System.Net;
using Bolt.Launch;

namespace Bolt.Networking;

/// <summary>One stack's network, fully resolved: its namespaces, bridge, members and published ports.</summary>
internal sealed record NetworkSpec
{
    /// <summary>The stack's id, [a-z0-9-], unique on this machine; names of host devices and tables derive from its hash.</summary>
    public required string Id { get; init; }
    /// <summary>Run folder of the network: sandbox record, hosts file, resolv.conf, pasta's log.</summary>
    public required string Folder { get; init; }
    /// <summary>The id map of the stack's user namespace.</summary>
    public required IdMap Ids { get; init; }
    /// <summary>The bridge's subnet; the first address is the gateway and the resolver.</summary>
    public required IPNetwork Subnet { get; init; }
    /// <summary>All services with their addresses; known before the first one starts, so names never change under way.</summary>
    public required ImmutableArray<NetworkMember> Members { get; init; }
    /// <summary>All published ports of the stack.</summary>
    public ImmutableArray<PublishedPort> Ports { get; init; } = [];
    /// <summary>Extra lines for /etc/hosts.</summary>
    public ImmutableArray<KeyValuePair<string, IPAddress>> ExtraHosts { get; init; } = [];
    /// <summary>Members may reach the world outside.</summary>
    public bool Outbound { get; init; } = true;
    /// <summary>True: everything of it ends within a second of its owner's death.</summary>
    public bool DieWithOwner { get; init; }
    /// <summary>What is removed with it when its owner dies.</summary>
    public SandboxRemains Remains { get; init; } = SandboxRemains.None;
}

/// <summary>A service's seat: its names and its address in the subnet.</summary>
internal sealed record NetworkMember(ImmutableArray<string> Names, IPAddress Address);

/// <summary>A host port that leads to a member's port.</summary>
internal sealed record PublishedPort(IPAddress HostAddress, int HostPort, IPAddress MemberAddress, int MemberPort, bool Udp);
