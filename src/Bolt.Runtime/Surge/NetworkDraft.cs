using System.Collections.Immutable;
using System.Net;
using Bolt.Dns;
using Bolt.Launch;
using Bolt.Networking;

namespace Bolt.Surge;

/// <summary>A stack's network and names as the rooms below want them. Pure.</summary>
internal static class NetworkDraft
{
    /// <param name="stack">What is wanted.</param>
    /// <param name="folder">Its run folder.</param>
    /// <param name="ids">The user's id map.</param>
    /// <param name="ports">Published ports as they are.</param>
    /// <param name="state">The state folder of all stacks, when this one dies with its owner; null: it outlives it.</param>
    public static NetworkSpec Spec(Stack stack, StackFolder folder, IdMap ids, IEnumerable<PublishedRecord> ports, string? state) => new()
    {
        Id = stack.Name.Id,
        Folder = folder.Network,
        Ids = ids,
        Subnet = stack.Subnet,
        Members = [.. stack.Services.Select(s => new NetworkMember(NamesOf(s), s.Address))],
        Ports = PortTable.ForNetwork(stack, ports),
        ExtraHosts = [.. stack.Services.SelectMany(s => s.Wanted.ExtraHosts).Select(ExtraHost).OfType<KeyValuePair<string, IPAddress>>()],
        DieWithOwner = state is not null,
        Remains = state is null ? SandboxRemains.None
            : new SandboxRemains(folder.Path, Path.Combine(state, "stacks", folder.Name.Id), Path.Combine(state, "volumes", folder.Name.Id)),
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
