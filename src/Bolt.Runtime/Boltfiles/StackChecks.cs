using Bolt.Diagnostics;

namespace Bolt.Boltfiles;

/// <summary>What can only be said when all services are read.</summary>
internal static class StackChecks
{
    public static void Run(StackDraft draft, TomlFindings findings)
    {
        CheckEdges(draft, findings);
        CheckCycles(draft, findings);
        CheckPorts(draft, findings);
        CheckNetworks(draft, findings);
    }

    private static void CheckEdges(StackDraft draft, TomlFindings findings)
    {
        var names = draft.Services.Select(s => s.Service.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var service in draft.Services)
        {
            foreach (var edge in service.Edges.Where(e => !names.Contains(e.To)))
            {
                var meant = Spelling.Nearest(edge.To, names.Where(n => n != service.Service.Name));
                findings.Add(edge.Key == "depends_on"
                    ? BoltfileErrors.UnknownDependency(edge.At, service.Service.Name, edge.To, meant)
                    : BoltfileErrors.UnknownReference(edge.At, edge.Key, edge.To, meant, names));
            }
        }
    }

    /// <summary>Depth first; each edge back to a service on the way closes one cycle.</summary>
    private static void CheckCycles(StackDraft draft, TomlFindings findings)
    {
        var services = draft.Services.DistinctBy(s => s.Service.Name).ToDictionary(s => s.Service.Name, StringComparer.Ordinal);
        var done = new HashSet<string>(StringComparer.Ordinal);
        foreach (var start in draft.Services.Select(s => s.Service.Name))
        {
            // A stack of its own, not recursion: a file may chain as many services as it likes.
            var way = new List<Stop> { new(start) };
            while (done.Contains(start) is false && way.Count > 0)
            {
                var here = way[^1];
                var edges = services[here.Name].Edges;
                if (here.Next == edges.Length)
                {
                    done.Add(here.Name);
                    way.RemoveAt(way.Count - 1);
                    continue;
                }
                var edge = edges[here.Next++];
                var seen = way.FindIndex(w => w.Name == edge.To);
                if (seen >= 0)
                {
                    findings.Add(BoltfileErrors.Cycle(edge.At, [.. way.Skip(seen).Select(w => w.Name), edge.To], edge.Key));
                }
                else if (services.ContainsKey(edge.To) && !done.Contains(edge.To))
                {
                    way.Add(new Stop(edge.To));
                }
            }
        }
    }

    private static void CheckPorts(StackDraft draft, TomlFindings findings)
    {
        var taken = new List<Taken>();
        var numbers = draft.Services.SelectMany(s => s.Ports).Select(p => p.Value.HostPort).ToHashSet();
        foreach (var service in draft.Services)
        {
            foreach (var (port, at) in service.Ports.Where(p => p.Value.HostPort != 0))
            {
                var other = taken.Find(t => t.Port.HostPort == port.HostPort && t.Port.Protocol == port.Protocol && Overlap(t.Port.HostIp, port.HostIp));
                if (other is { Service: var owner })
                {
                    var free = Enumerable.Range(port.HostPort + 1, 65535).First(n => !numbers.Contains(n));
                    findings.Add(BoltfileErrors.PortTwice(at, port, owner, free));
                }
                taken.Add(new Taken(port, service.Service.Name));
            }
        }
    }

    private sealed record Taken(PortMapping Port, string Service);

    /// <summary>A service on the way, and which of its edges is the next to follow.</summary>
    private sealed class Stop(string name)
    {
        public string Name { get; } = name;
        public int Next { get; set; }
    }

    private static bool Overlap(string a, string b) => a == b || a is "0.0.0.0" or "::" || b is "0.0.0.0" or "::";

    private static void CheckNetworks(StackDraft draft, TomlFindings findings)
    {
        var names = draft.File.Networks.Select(n => n.Name).Append("default").ToHashSet(StringComparer.Ordinal);
        foreach (var service in draft.Services)
        {
            foreach (var network in service.Service.Extras.Networks.Where(n => !names.Contains(n)))
            {
                var at = draft.File.Positions.GetValueOrDefault($"services.{service.Service.Name}.networks", service.NameAt);
                findings.Add(BoltfileErrors.UnknownNetwork(at, service.Service.Name, network));
            }
        }
    }
}
