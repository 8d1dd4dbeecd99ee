using System.Collections.Immutable;

namespace Bolt;

/// <summary>Wishes for a stack that is thrown away at its end.</summary>
/// <param name="Outbound">Its services may reach the world; otherwise they reach each other alone, and start sooner.</param>
/// <param name="Offline">Use only what bolt.lock and the caches have; needing the network is an error.</param>
/// <param name="ReadyTimeout">How long a service may take to become ready; null: a minute, or what its health check allows.</param>
/// <param name="Unwritten">There is no Boltfile on disk: what was chosen is pinned for all such stacks of this user together.</param>
public sealed record EphemeralOptions(bool Outbound = false, bool Offline = false, TimeSpan? ReadyTimeout = null, bool Unwritten = false)
{
    /// <summary>Files to show to services, read-only.</summary>
    public ImmutableArray<EphemeralFile> Files { get; init; } = [];
}

/// <summary>A file that a service sees, read-only, as root's own.</summary>
/// <param name="Service">Which.</param>
/// <param name="Target">Absolute path inside.</param>
/// <param name="Content">Its bytes.</param>
/// <param name="Mode">Permissions.</param>
public sealed record EphemeralFile(string Service, string Target, ReadOnlyMemory<byte> Content, UnixFileMode Mode);
