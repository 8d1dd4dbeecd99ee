using System.Collections.Immutable;
using Bolt.Boltfiles;

namespace Bolt.Surge;

/// <summary>Wishes for one `up`.</summary>
/// <param name="Services">Only these and what they depend on; empty means all.</param>
/// <param name="DieWithOwner">The stack ends when this process does; false for a detached stack.</param>
/// <param name="StrictPorts">A denied host port is an error (also set by the Boltfile).</param>
/// <param name="ForceRecreate">Start services anew even when nothing changed.</param>
/// <param name="Offline">Use only what bolt.lock and the caches have; needing the network is an error.</param>
/// <param name="ReadyTimeout">How long a service may take to become ready; null: a minute, or what its health check allows.</param>
public sealed record UpOptions(
    ImmutableArray<string> Services,
    bool DieWithOwner = true,
    bool StrictPorts = false,
    bool ForceRecreate = false,
    bool Offline = false,
    TimeSpan? ReadyTimeout = null);

/// <summary>Wishes for one `run`: a stack of one service that is not written in a file.</summary>
/// <param name="Image">A recipe (postgres, bolt://nginx:1.22) or an OCI layout folder.</param>
/// <param name="Command">Replaces the image's arguments when not empty.</param>
public sealed record RunOptions(
    string Image,
    ImmutableArray<string> Command,
    string? Name,
    ImmutableArray<PortMapping> Ports,
    ImmutableSortedDictionary<string, string> Env,
    ImmutableArray<VolumeMount> Volumes,
    bool Terminal,
    bool Interactive,
    bool Remove);

/// <summary>Which log lines to read.</summary>
/// <param name="Services">Empty means all.</param>
/// <param name="Follow">Wait for more lines until cancelled or the stack ends.</param>
/// <param name="Tail">Only the last lines of each service; null means all.</param>
/// <param name="Since">Only lines written at or after this time.</param>
public sealed record LogOptions(ImmutableArray<string> Services, bool Follow = false, int? Tail = null, DateTimeOffset? Since = null);

/// <summary>One line that a service wrote.</summary>
public sealed record LogLine(DateTimeOffset At, string Service, bool IsError, string Text);

/// <summary>A command in a running service.</summary>
public sealed record ExecOptions(
    string Service,
    ImmutableArray<string> Command,
    ImmutableSortedDictionary<string, string> Env,
    string? User,
    string? WorkingDirectory,
    bool Terminal);

/// <summary>The caller's side of a command that runs inside: raw bytes both ways.</summary>
/// <param name="Input">Read until its end; null is an empty input.</param>
/// <param name="Output">Standard output; with a terminal, both outputs.</param>
/// <param name="Error">Standard error.</param>
/// <param name="Sizes">The window's size at once and at each change; null without a terminal.</param>
public sealed record CallerStreams(Stream? Input, Stream Output, Stream Error, IAsyncEnumerable<WindowSize>? Sizes = null);

/// <summary>Size of a terminal in character cells.</summary>
public readonly record struct WindowSize(int Columns, int Rows);
