using System.Collections.Immutable;
using System.Net;
using Bolt.Boltfiles;
using Bolt.Diagnostics;
using Bolt.Networking;

namespace Bolt.Surge;

/// <summary>Published ports as asked -> as they can be. What the running network already publishes is kept unasked.</summary>
internal static class PortTable
{
    // Ports that the kernel keeps for root move by this much: 80 -> 8080, 443 -> 8443.
    private const int Move = 8000;

    public static Checked<IReadOnlyList<PublishedRecord>> Settle(
        Stack stack, ImmutableArray<PublishedRecord> published, bool strict, Func<PublishedPort, PortFinding> check)
    {
        var problems = ImmutableArray.CreateBuilder<Diagnostic>();
        var settled = new List<PublishedRecord>();
        foreach (var service in stack.Services)
        {
            foreach (var asked in service.Wanted.Ports)
            {
                var kept = published.FirstOrDefault(p => p.Service == service.Name && Matches(p.Port, asked));
                if (kept is not null && strict && asked.HostPort != 0 && kept.Port.HostPort != asked.HostPort)
                    problems.Add(SurgeErrors.PortDenied(service.Name, kept.Port with { HostPort = asked.HostPort }));
                else if (kept is not null) settled.Add(kept);
                else if (Find(service, asked, strict, check, problems) is { } port) settled.Add(new PublishedRecord(service.Name, port));
            }
        }
        return new Checked<IReadOnlyList<PublishedRecord>>(settled, problems.ToImmutable());
    }

    public static ImmutableArray<PublishedPort> ForNetwork(Stack stack, IEnumerable<PublishedRecord> ports) =>
        [.. ports.Select(p => new PublishedPort(
            IPAddress.Parse(p.Port.HostAddress), p.Port.HostPort, stack[p.Service].Address, p.Port.ContainerPort, p.Port.Protocol == "udp"))];

    private static bool Matches(PortStatus port, PortMapping asked) =>
        port.Asked == asked.HostPort && port.ContainerPort == asked.ContainerPort && port.HostAddress == HostAddress(asked)
        && port.Protocol == ProtocolOf(asked);

    private static PortStatus? Find(
        StackService service, PortMapping asked, bool strict, Func<PublishedPort, PortFinding> check, ImmutableArray<Diagnostic>.Builder problems)
    {
        var port = new PortStatus(HostAddress(asked), asked.HostPort, asked.ContainerPort, ProtocolOf(asked), asked.HostPort);
        var finding = check(Published(service, port));
        if (finding is PortFinding.Denied)
        {
            if (strict)
            {
                problems.Add(SurgeErrors.PortDenied(service.Name, port));
                return null;
            }
            port = port with { HostPort = asked.HostPort + Move };
            finding = check(Published(service, port));
            if (finding is PortFinding.Free) problems.Add(SurgeErrors.PortMoved(service.Name, port));
        }
        if (finding is PortFinding.Free free) return port with { HostPort = free.Port };
        problems.Add(finding switch
        {
            PortFinding.InUse used => SurgeErrors.PortInUse(service.Name, port, used.Holder),
            PortFinding.NoSuchAddress => SurgeErrors.NoSuchAddress(service.Name, port),
            _ => SurgeErrors.PortDenied(service.Name, port),
        });
        return null;
    }

    private static PublishedPort Published(StackService service, PortStatus port) =>
        new(IPAddress.Parse(port.HostAddress), port.HostPort, service.Address, port.ContainerPort, port.Protocol == "udp");

    private static string HostAddress(PortMapping asked) => asked.HostIp.Length == 0 ? "127.0.0.1" : asked.HostIp;

    private static string ProtocolOf(PortMapping asked) => asked.Protocol == PortProtocol.Udp ? "udp" : "tcp";
}
