using System.Net;

namespace Bolt.Networking;

/// <summary>Subnets of stacks: a /24 of 10.89.0.0/16 and onwards, by the stack's hash, free on this host.</summary>
internal static class SubnetPool
{
    /// <summary>A subnet that no host route and no other stack covers. The same stack gets the same one when it is free.</summary>
    /// <param name="stack">The stack's id.</param>
    /// <param name="used">Subnets of other stacks of this user.</param>
    public static IPNetwork Pick(string stack, IEnumerable<IPNetwork> used) => throw new NotImplementedException();

    /// <summary>The address of the n-th member (0-based); the last four addresses of a subnet belong to the uplink.</summary>
    public static IPAddress MemberAddress(IPNetwork subnet, int n) => throw new NotImplementedException();

    /// <summary>The subnet of a Boltfile, or null when it is none: IPv4 "a.b.c.0/len" with len 8 to 28 and no host bits.</summary>
    public static IPNetwork? Parse(string text) => throw new NotImplementedException();
}
