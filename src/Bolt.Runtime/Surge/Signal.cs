using System.Collections.Immutable;
using Bolt.Boltfiles;
using Bolt.Capsules;

namespace Bolt.Surge;

/// <summary>What the supervisor is told; all of it passes through one channel, in order.</summary>
internal abstract record Signal(DateTimeOffset At)
{
    /// <summary>A start is under way; <paramref name="First"/>: as a plan's step, whose failure is the plan's to tell.</summary>
    public sealed record Starting(DateTimeOffset At, ServiceLife Life, bool First) : Signal(At);
    /// <summary>The capsule runs.</summary>
    public sealed record Started(DateTimeOffset At, string Service, int Run, int Pid) : Signal(At);
    /// <summary>It answers.</summary>
    public sealed record Ready(DateTimeOffset At, string Service, int Run, TimeSpan After) : Signal(At);
    /// <summary>The capsule ended.</summary>
    public sealed record Exited(DateTimeOffset At, string Service, int Run, CapsuleExit Exit) : Signal(At);
    /// <summary>There is no capsule: its start failed.</summary>
    public sealed record NotStarted(DateTimeOffset At, string Service, int Run) : Signal(At);
    /// <summary>The pause before a restart is over.</summary>
    public sealed record PauseOver(DateTimeOffset At, string Service, int Run) : Signal(At);
    /// <summary>A health probe answered.</summary>
    public sealed record Probed(DateTimeOffset At, string Service, int Run, bool Healthy) : Signal(At);
    /// <summary>The user wants these stopped.</summary>
    public sealed record StopAsked(DateTimeOffset At, ImmutableArray<string> Services) : Signal(At);
    /// <summary>These are no part of the stack any more.</summary>
    public sealed record Forget(DateTimeOffset At, string Service) : Signal(At);
    /// <summary>The whole stack is to end.</summary>
    public sealed record Shutdown(DateTimeOffset At) : Signal(At);
}

/// <summary>What the supervisor wants done.</summary>
internal abstract record SupervisorAction
{
    /// <summary>Start the capsule again.</summary>
    public sealed record Start(string Service) : SupervisorAction;
    /// <summary>Ask the capsule to end, then kill.</summary>
    public sealed record Stop(string Service, int Run) : SupervisorAction;
    /// <summary>Send <see cref="Signal.PauseOver"/> after this long.</summary>
    public sealed record Pause(string Service, int Run, TimeSpan Delay) : SupervisorAction;
    /// <summary>Tell the world.</summary>
    public sealed record Tell(StackEvent Event) : SupervisorAction;
}

/// <summary>Where a service is for its supervisor.</summary>
internal enum LifePhase
{
    Down,
    Starting,
    Up,
    Pausing,
    Stopping,
}

/// <summary>What the supervisor remembers of one service.</summary>
/// <param name="First">The present start is a plan's step.</param>
/// <param name="Failures">Short runs in a row; decides the next pause.</param>
internal sealed record ServiceLife(
    string Name,
    ImmutableArray<string> DependsOn,
    RestartPolicy Restart,
    int Retries,
    int Run,
    LifePhase Phase = LifePhase.Down,
    bool First = false,
    bool StopAsked = false,
    int Failures = 0,
    int Restarts = 0,
    int FailedProbes = 0,
    bool Unhealthy = false,
    DateTimeOffset? ReadyAt = null)
{
    public bool Alive => Phase is LifePhase.Starting or LifePhase.Up or LifePhase.Stopping;
}
