using System.Collections.Immutable;
using Bolt.Boltfiles;

namespace Bolt.Surge;

/// <summary>What one stack is asked to be, in a form that travels to its owner and stays in its run folder (applied.json).</summary>
/// <param name="Path">Absolute path of the Boltfile; empty for `bolt run`.</param>
/// <param name="Remove">A `run` whose records go with it.</param>
/// <param name="Wanted">The Boltfile itself: its text may have changed, or asked for variables that the owner does not have.</param>
internal sealed record StackRequest(
    string Id,
    string Path,
    Boltfile Wanted,
    ImmutableArray<string> Services,
    bool StrictPorts = false,
    bool ForceRecreate = false,
    bool Offline = false,
    bool DieWithOwner = false,
    bool Remove = false,
    TimeSpan? ReadyTimeout = null,
    bool Locked = false)
{
    public UpOptions Options => new(Services, DieWithOwner, StrictPorts, ForceRecreate, Offline, ReadyTimeout, Locked);

    public static StackRequest Of(Boltfile boltfile, UpOptions options) => new(
        StackName.Of(boltfile).Id, System.IO.Path.GetFullPath(boltfile.Path), boltfile,
        options.Services, options.StrictPorts, options.ForceRecreate, options.Offline, options.DieWithOwner,
        ReadyTimeout: options.ReadyTimeout, Locked: options.Locked);
}

/// <summary>What a new owner process is handed in a file: where to work and what to begin with.</summary>
/// <param name="AdoptOnly">Take over what runs, change nothing.</param>
internal sealed record SuperviseOrder(
    string Id,
    bool AdoptOnly,
    string State,
    string Run,
    string Cache,
    string? Shim,
    ImmutableArray<string> Supervise,
    string? Dotnet,
    string? Registries = null,
    string? DockerConfig = null);

/// <summary>stack.json in the run folder: what the stack's network was made of.</summary>
internal sealed record StackRecord(
    bool Detached,
    string Subnet,
    string NetworkHash,
    ImmutableArray<PublishedRecord> Ports);

/// <summary>One published port, as it is.</summary>
internal sealed record PublishedRecord(string Service, PortStatus Port);

/// <summary>services/NAME.json in the run folder: one service's present capsule, or its last one.</summary>
/// <param name="Run">Counts the starts; the capsule's folder is capsules/NAME.RUN.</param>
/// <param name="Layers">Folders that its root is mounted from: gc leaves them.</param>
internal sealed record ServiceRecord(
    string Name,
    string Image,
    string Address,
    string Hash,
    string SourceMark,
    ImmutableArray<string> DependsOn,
    int Run,
    int Restarts,
    DateTimeOffset StartedAt,
    TimeSpan? ReadyAfter,
    bool StoppedByUser,
    ImmutableArray<string>? Layers = null);
