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
/// <param name="Locked">Nothing may be resolved anew: what bolt.lock does not pin is an error, and the file stays as it is.</param>
public sealed record UpOptions(
    ImmutableArray<string> Services,
    bool DieWithOwner = true,
    bool StrictPorts = false,
    bool ForceRecreate = false,
    bool Offline = false,
    TimeSpan? ReadyTimeout = null,
    bool Locked = false);

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

/// <summary>Other limits for services; null leaves one as it is, -1 takes it away.</summary>
/// <param name="MemoryBytes">Most memory.</param>
/// <param name="Cpus">Most processor cores.</param>
/// <param name="Pids">Most processes and threads.</param>
public sealed record LimitChange(long? MemoryBytes = null, double? Cpus = null, long? Pids = null);

/// <summary>One process of a service.</summary>
/// <param name="Service">Whose.</param>
/// <param name="Pid">Its number on the host.</param>
/// <param name="InnerPid">Its number inside.</param>
/// <param name="User">The service's own name for its user, else its number inside; null: a user that does not exist inside.</param>
/// <param name="State">R runs, S sleeps, D waits for a disk, T is stopped (proc_pid_stat(5)).</param>
/// <param name="Threads">How many.</param>
/// <param name="Cpu">Processor time so far.</param>
/// <param name="CpuShare">Of one processor, over its whole life: 1 is all of it.</param>
/// <param name="Memory">Resident bytes, shared ones included.</param>
/// <param name="Command">Its command line; in brackets its name, where it has none or hides it.</param>
public sealed record ServiceProcess(
    string Service, int Pid, int InnerPid, string? User, char State, int Threads, TimeSpan Cpu, double CpuShare, long Memory, string Command);

/// <summary>What a service uses. A figure that this user may not know is null.</summary>
/// <param name="At">When.</param>
/// <param name="Service">Whose.</param>
/// <param name="Cpu">Processor time so far.</param>
/// <param name="CpuShare">Of one processor since the sample before: 2 is two processors' whole time.</param>
/// <param name="CpuFrom">"cgroup", or "proc": the sum over its processes, in hundredths of a second.</param>
/// <param name="Memory">Bytes. From a cgroup: without file cache that can be given back at once; from proc: what each process has resident, so that shared pages count several times.</param>
/// <param name="MemoryLimit">Null: none.</param>
/// <param name="MemoryFrom">"cgroup" or "proc".</param>
/// <param name="DiskRead">Bytes so far.</param>
/// <param name="DiskWritten">Bytes so far.</param>
/// <param name="NetReceived">Bytes so far.</param>
/// <param name="NetSent">Bytes so far.</param>
/// <param name="Pids">Processes and threads.</param>
/// <param name="PidsLimit">Null: none.</param>
public sealed record ServiceUsage(
    DateTimeOffset At, string Service, TimeSpan Cpu, double CpuShare, string CpuFrom, long Memory, long? MemoryLimit, string MemoryFrom,
    long? DiskRead, long? DiskWritten, long? NetReceived, long? NetSent, long Pids, long? PidsLimit);

/// <summary>The caller's side of a command that runs inside: raw bytes both ways.</summary>
/// <param name="Input">Read until its end; null is an empty input.</param>
/// <param name="Output">Standard output; with a terminal, both outputs.</param>
/// <param name="Error">Standard error.</param>
/// <param name="Sizes">The window's size at once and at each change; null without a terminal.</param>
public sealed record CallerStreams(Stream? Input, Stream Output, Stream Error, IAsyncEnumerable<WindowSize>? Sizes = null);

/// <summary>Size of a terminal in character cells.</summary>
public readonly record struct WindowSize(int Columns, int Rows);
