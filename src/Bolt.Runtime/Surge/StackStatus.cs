using System.Collections.Immutable;

namespace Bolt.Surge;

/// <summary>A stack as it stands now.</summary>
/// <param name="Id">Unique on this machine: project name and a hash of the Boltfile's folder.</param>
/// <param name="Project">The Boltfile's project.</param>
/// <param name="Boltfile">Absolute path of the Boltfile; empty for <c>bolt run</c>.</param>
/// <param name="OwnerPid">Process that supervises it; null when none is alive.</param>
/// <param name="Services">In Boltfile order.</param>
public sealed partial record StackStatus(
    string Id,
    string Project,
    string Boltfile,
    int? OwnerPid,
    ImmutableArray<ServiceStatus> Services);

/// <summary>A service as it stands now.</summary>
/// <param name="Name">Service name.</param>
/// <param name="Image">What the Boltfile names: image, build folder or capsule.</param>
/// <param name="State">See <see cref="ServiceState"/>.</param>
/// <param name="Pid">Host pid of its init, while it runs.</param>
/// <param name="ExitCode">Code of the last end, 128 + signal when a signal ended it.</param>
/// <param name="Restarts">How often it was started again.</param>
/// <param name="StartedAt">Start of the present or last run.</param>
/// <param name="ReadyAfter">Time from start to ready.</param>
/// <param name="Address">Its address in the stack's network.</param>
/// <param name="Ports">Published ports, as they are, not as asked.</param>
public sealed record ServiceStatus(
    string Name,
    string Image,
    ServiceState State,
    int? Pid,
    int? ExitCode,
    int Restarts,
    DateTimeOffset? StartedAt,
    TimeSpan? ReadyAfter,
    string? Address,
    ImmutableArray<PortStatus> Ports);

/// <summary>A published port as it is. <paramref name="Asked"/> differs from HostPort when it had to move.</summary>
public sealed record PortStatus(string HostAddress, int HostPort, int ContainerPort, string Protocol, int Asked);

/// <summary>Where a service is in its life.</summary>
public enum ServiceState
{
    /// <summary>Not made.</summary>
    Absent,
    /// <summary>Waits for what it depends on, or for its image.</summary>
    Waiting,
    /// <summary>Its process runs but has not said that it is ready.</summary>
    Starting,
    /// <summary>It answers.</summary>
    Ready,
    /// <summary>Its health probe fails.</summary>
    Unhealthy,
    /// <summary>It ended and is started again after a pause.</summary>
    Restarting,
    /// <summary>It ended.</summary>
    Exited,
    /// <summary>It was stopped by the user.</summary>
    Stopped,
    /// <summary>It stands still: no process of it runs until it is unpaused.</summary>
    Paused,
    /// <summary>It could not be started.</summary>
    Failed,
}
