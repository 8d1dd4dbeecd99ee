using System.Collections.Immutable;
using Bolt.Storage;

namespace Bolt.Images;

/// <summary>What a container of an image is started with: the part of an OCI config that Bolt reads and writes (image-spec config.md).</summary>
internal sealed record OciConfig
{
    public string Architecture { get; init; } = "amd64";
    public ImmutableArray<string> Entrypoint { get; init; } = [];
    public ImmutableArray<string> Command { get; init; } = [];
    /// <summary>"NAME=value".</summary>
    public ImmutableArray<string> Environment { get; init; } = [];
    /// <summary>user[:group]; empty means root.</summary>
    public string User { get; init; } = "";
    public string WorkingDirectory { get; init; } = "";
    /// <summary>"80/tcp", in ordinal order.</summary>
    public ImmutableSortedSet<string> ExposedPorts { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);
    /// <summary>A name or a number: "SIGQUIT", "3"; empty means SIGTERM.</summary>
    public string StopSignal { get; init; } = "";
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);
    /// <summary>Digests of the uncompressed layers, lowest first.</summary>
    public ImmutableArray<Digest> DiffIds { get; init; } = [];
}
