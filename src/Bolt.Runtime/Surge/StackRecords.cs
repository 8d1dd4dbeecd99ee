using System.Collections.Immutable;
using Bolt.Boltfiles;

namespace Bolt.Surge;

/// <summary>What one stack is asked to be, in a form that travels to its owner: a Boltfile by its path, or one `run`.</summary>
internal sealed record StackRequest(
    string Id,
    string Boltfile,
    RunOptions? Run,
    ImmutableArray<string> Services,
    bool StrictPorts,
    bool ForceRecreate,
    bool Offline,
    bool DieWithOwner,
    bool AdoptOnly,
    RequestFolders Folders);

/// <summary>The folders and programs of the asking process: the owner works on the same ones.</summary>
internal sealed record RequestFolders(
    string State, string Run, string Cache, string? Shim, ImmutableArray<string> Supervise, string? Dotnet);

/// <summary>stack.json in the run folder: what the stack was made of.</summary>
internal sealed record StackRecord(
    string Project,
    string Boltfile,
    RunOptions? Run,
    bool Detached,
    string Subnet,
    string NetworkHash,
    ImmutableArray<string> Services,
    ImmutableArray<PublishedRecord> Ports);

/// <summary>One published port, as it is.</summary>
internal sealed record PublishedRecord(string Service, PortStatus Port);

/// <summary>services/NAME.json in the run folder: one service's present capsule, or its last one.</summary>
/// <param name="Run">Counts the starts; the capsule's folder is capsules/NAME.RUN.</param>
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
    bool StoppedByUser);
