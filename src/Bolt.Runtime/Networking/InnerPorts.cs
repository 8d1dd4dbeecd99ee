using System.Collections.Immutable;
using System.Net;

namespace Bolt.Networking;

/// <summary>A published port with the port of the sandbox that it passes through on its way to the member.</summary>
internal sealed record InnerPort(PublishedPort Published, int Port);

/// <summary>
/// pasta brings every host address to one address of the sandbox, so two published ports that differ only in the host
/// address need two ports there. The host port is kept when it is not taken.
/// </summary>
internal static class InnerPorts
{
    private const int FirstSpare = 61000;

    public static ImmutableArray<InnerPort> Assign(ImmutableArray<PublishedPort> ports)
    {
        var taken = new HashSet<(bool Udp, int Port)>();
        var wanted = ports.Select(p => (p.Udp, p.HostPort)).ToHashSet();
        var result = ImmutableArray.CreateBuilder<InnerPort>(ports.Length);
        foreach (var port in ports)
        {
            var inner = port.HostPort;
            for (var spare = FirstSpare; !taken.Add((port.Udp, inner)); spare++)
            {
                inner = wanted.Contains((port.Udp, spare)) ? inner : spare;
            }
            result.Add(new InnerPort(port, inner));
        }
        return result.MoveToImmutable();
    }
}
