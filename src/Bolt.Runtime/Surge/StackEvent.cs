using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Bolt.Diagnostics;

namespace Bolt.Surge;

/// <summary>What happened to a stack, in order. A fold of all of them is its <see cref="StackStatus"/>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(Snapshot), "snapshot")]
[JsonDerivedType(typeof(Planned), "planned")]
[JsonDerivedType(typeof(StepStarted), "stepStarted")]
[JsonDerivedType(typeof(StepProgress), "stepProgress")]
[JsonDerivedType(typeof(StepDone), "stepDone")]
[JsonDerivedType(typeof(StepFailed), "stepFailed")]
[JsonDerivedType(typeof(ServiceStarted), "serviceStarted")]
[JsonDerivedType(typeof(ServiceReady), "serviceReady")]
[JsonDerivedType(typeof(ServiceExited), "serviceExited")]
[JsonDerivedType(typeof(ServiceRestarting), "serviceRestarting")]
[JsonDerivedType(typeof(ServiceStopped), "serviceStopped")]
[JsonDerivedType(typeof(ServiceHealth), "serviceHealth")]
[JsonDerivedType(typeof(ServiceMetLimit), "serviceMetLimit")]
[JsonDerivedType(typeof(ServicePaused), "servicePaused")]
[JsonDerivedType(typeof(ServiceUnpaused), "serviceUnpaused")]
[JsonDerivedType(typeof(ServiceLimited), "serviceLimited")]
[JsonDerivedType(typeof(Warned), "warned")]
[JsonDerivedType(typeof(StackReady), "stackReady")]
[JsonDerivedType(typeof(StackStopped), "stackStopped")]
public abstract record StackEvent(DateTimeOffset At)
{
    /// <summary>The whole status at this moment; the first event of every stream, and what a fold starts from.</summary>
    public sealed record Snapshot(DateTimeOffset At, StackStatus Status) : StackEvent(At);
    /// <summary>The plan that is about to be carried out.</summary>
    public sealed record Planned(DateTimeOffset At, Plan Plan) : StackEvent(At);
    /// <summary>A step began.</summary>
    public sealed record StepStarted(DateTimeOffset At, string Step, string Text) : StackEvent(At);
    /// <summary>A step moved on: <paramref name="Done"/> of <paramref name="Total"/> bytes or items; Total 0 is unknown.</summary>
    public sealed record StepProgress(DateTimeOffset At, string Step, string Text, long Done, long Total) : StackEvent(At);
    /// <summary>A step is done.</summary>
    public sealed record StepDone(DateTimeOffset At, string Step) : StackEvent(At);
    /// <summary>A step failed; steps that need it do not run.</summary>
    public sealed record StepFailed(DateTimeOffset At, string Step, Diagnostic Diagnostic) : StackEvent(At);
    /// <summary>A service's process runs.</summary>
    public sealed record ServiceStarted(DateTimeOffset At, string Service, int Pid) : StackEvent(At);
    /// <summary>A service answers; <paramref name="After"/> is the time since its start.</summary>
    public sealed record ServiceReady(DateTimeOffset At, string Service, TimeSpan After) : StackEvent(At);
    /// <summary>A service's process ended. Exactly one of code and signal is set.</summary>
    public sealed record ServiceExited(DateTimeOffset At, string Service, int? Code, int? Signal, bool OutOfMemory) : StackEvent(At);
    /// <summary>A service is started again after a pause.</summary>
    public sealed record ServiceRestarting(DateTimeOffset At, string Service, int Attempt, TimeSpan Delay) : StackEvent(At);
    /// <summary>A service was stopped because the user asked.</summary>
    public sealed record ServiceStopped(DateTimeOffset At, string Service) : StackEvent(At);
    /// <summary>A service's health probe changed its answer.</summary>
    public sealed record ServiceHealth(DateTimeOffset At, string Service, bool Healthy) : StackEvent(At);
    /// <summary>
    /// A service met one of its limits, <paramref name="Times"/> times since it was last looked at. Told once for as long as it
    /// lasts, killed processes each time.
    /// </summary>
    public sealed record ServiceMetLimit(DateTimeOffset At, string Service, LimitKind Limit, long Times) : StackEvent(At);
    /// <summary>A service stands still.</summary>
    public sealed record ServicePaused(DateTimeOffset At, string Service) : StackEvent(At);
    /// <summary>A service that stood still goes on.</summary>
    public sealed record ServiceUnpaused(DateTimeOffset At, string Service) : StackEvent(At);
    /// <summary>A service has other limits; those that are null are as they were, -1 is none.</summary>
    public sealed record ServiceLimited(DateTimeOffset At, string Service, LimitChange Limits) : StackEvent(At);
    /// <summary>Something to know that does not stop the stack.</summary>
    public sealed record Warned(DateTimeOffset At, Diagnostic Diagnostic) : StackEvent(At);
    /// <summary>All wanted services are ready.</summary>
    public sealed record StackReady(DateTimeOffset At, TimeSpan After) : StackEvent(At);
    /// <summary>The stack is down; what became of its volumes. The last event.</summary>
    public sealed record StackStopped(DateTimeOffset At, ImmutableArray<string> KeptVolumes, ImmutableArray<string> DeletedVolumes) : StackEvent(At);
}

/// <summary>What a service was kept from by its limits.</summary>
public enum LimitKind
{
    /// <summary>It waited for its share of processor time.</summary>
    Cpu,
    /// <summary>It was slowed down to give back memory (memory.high).</summary>
    MemoryHigh,
    /// <summary>It had to give back memory at its limit.</summary>
    Memory,
    /// <summary>A process of it was killed for want of memory.</summary>
    OutOfMemory,
    /// <summary>It could not make another process.</summary>
    Pids,
}
