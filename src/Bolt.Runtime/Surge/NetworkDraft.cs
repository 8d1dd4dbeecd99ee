using System.Collections.Immutable;
using System.Net;
using Bolt.Dns;
using Bolt.Launch;
using Bolt.Networking;

namespace Bolt.Surge;

/// <summary>A stack's network and names as the rooms below want them. Pure.</summary>
internal static class NetworkDraft
{
    public static NetworkSpec Spec(Stack stack, StackFolder folder, IdMap ids, IEnumerable<PublishedRecord> ports, bool dieWithOwner) => new()
    {
        Id = stack.Name.Id,
        Folder = folder.Network,
        Ids = ids,
        Subnet = stack.Subnet,
        Members = [.. stack.Services.Select(s => new NetworkMember(NamesOf(s), s.Address))],
        Ports = PortTable.ForNetwork(stack, ports),
        ExtraHosts = [.. stack.Services.SelectMany(s => s.Wanted.ExtraHosts).Select(ExtraHost).OfType<KeyValuePair<string, IPAddress>>()],
        DieWithOwner = dieWithOwner,
    };

    public static Zone Zone(Stack stack) =>
        new(StackName.Clean(stack.Project), [.. stack.Services.SelectMany(s => NamesOf(s).Select(n => new ZoneEntry(n, s.Address)))]);

    private static ImmutableArray<string> NamesOf(StackService service) =>
        service.Wanted.Hostname is { } other && other != service.Name ? [service.Name, other] : [service.Name];

    // compose's form, "name:address"; an IPv6 address has colons of its own, so the first one parts.
    private static KeyValuePair<string, IPAddress>? ExtraHost(string line)
    {
        var colon = line.IndexOfAny([':', '=']);
        return colon > 0 && IPAddress.TryParse(line.AsSpan(colon + 1), out var address) ? new(line[..colon], address) : null;
    }
}
