using System.Collections.Immutable;

namespace Bolt.Surge;

public sealed partial record StackStatus
{
    /// <summary>The status after one more event.</summary>
    public StackStatus After(StackEvent happened) => happened switch
    {
        StackEvent.Snapshot snapshot => snapshot.Status,
        StackEvent.StepStarted { Step: var step } when step.StartsWith(StartStep, StringComparison.Ordinal) =>
            With(step[StartStep.Length..], s => s with { State = ServiceState.Starting }),
        StackEvent.StepFailed { Step: var step } when step.StartsWith(StartStep, StringComparison.Ordinal) =>
            With(step[StartStep.Length..], s => s with { State = ServiceState.Failed, Pid = null }),
        StackEvent.StepFailed { Step: var step } when step.StartsWith(PrepareStep, StringComparison.Ordinal) =>
            With(step[PrepareStep.Length..], s => s with { State = ServiceState.Failed }),
        StackEvent.ServiceStarted e => With(e.Service, s => s with
        {
            State = ServiceState.Starting,
            Pid = e.Pid,
            StartedAt = e.At,
            ExitCode = null,
            ReadyAfter = null,
        }),
        StackEvent.ServiceReady e => With(e.Service, s => s with { State = ServiceState.Ready, ReadyAfter = e.After }),
        StackEvent.ServiceHealth e => With(e.Service, s => s with { State = e.Healthy ? ServiceState.Ready : ServiceState.Unhealthy }),
        StackEvent.ServiceExited e => With(e.Service, s => s with
        {
            State = ServiceState.Exited,
            Pid = null,
            ExitCode = e.Code ?? 128 + e.Signal,
        }),
        StackEvent.ServiceRestarting e => With(e.Service, s => s with { State = ServiceState.Restarting, Restarts = e.Attempt }),
        StackEvent.ServiceStopped e => With(e.Service, s => s with { State = ServiceState.Stopped, Pid = null }),
        StackEvent.ServicePaused e => With(e.Service, s => s with { State = ServiceState.Paused }),
        StackEvent.ServiceUnpaused e => With(e.Service, s => s with { State = s.ReadyAfter is null ? ServiceState.Starting : ServiceState.Ready }),
        StackEvent.StackStopped => this with { OwnerPid = null },
        _ => this,
    };

    private const string StartStep = "start ";
    private const string PrepareStep = "prepare ";

    private StackStatus With(string service, Func<ServiceStatus, ServiceStatus> change) =>
        this with { Services = [.. Services.Select(s => s.Name == service ? change(s) : s)] };
}
