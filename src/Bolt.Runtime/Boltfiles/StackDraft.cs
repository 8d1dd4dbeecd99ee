using System.Collections.Immutable;
using Bolt.Diagnostics;

namespace Bolt.Boltfiles;

/// <summary>A Boltfile as read, with the places that the checks across services point at.</summary>
internal sealed record StackDraft(Boltfile File, ImmutableArray<ServiceDraft> Services);

/// <summary>A service as read, with places.</summary>
internal sealed record ServiceDraft(
    Service Service,
    SourceSpan NameAt,
    SourceSpan SourceAt,
    ImmutableArray<ServiceEdge> Edges,
    ImmutableArray<Placed<PortMapping>> Ports,
    ImmutableArray<Placed<VolumeMount>> Mounts);

/// <summary>One service names another. <paramref name="Key"/> is <c>depends_on</c> or <c>env.NAME</c>.</summary>
internal sealed record ServiceEdge(string To, string Key, SourceSpan At);
