using System.Collections.Immutable;
using Bolt.Boltfiles;

namespace Bolt.Surge;

/// <summary>All services and whether the stack is ending.</summary>
internal sealed record SupervisorState(ImmutableSortedDictionary<string, ServiceLife> Services, bool ShuttingDown = false)
{
    public static readonly SupervisorState Empty = new(ImmutableSortedDictionary<string, ServiceLife>.Empty);

    public bool AllDown => Services.Values.All(l => l.Phase == LifePhase.Down);

    public SupervisorState With(ServiceLife life) => this with { Services = Services.SetItem(life.Name, life) };
}

/// <summary>The supervisor's whole judgement: (state, signal) -> (state, actions). Pure, so each rule is a line in a table.</summary>
internal static class Supervisor
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    // A run this long after it was ready has proved itself: the next end is a new story.
    private static readonly TimeSpan StableRun = TimeSpan.FromSeconds(10);

    public static (SupervisorState State, ImmutableArray<SupervisorAction> Actions) Next(SupervisorState state, Signal signal)
    {
        var actions = ImmutableArray.CreateBuilder<SupervisorAction>();
        state = signal switch
        {
            Signal.Starting starting => Starting(state, starting),
            Signal.Started started => Started(state, started, actions),
            Signal.Ready ready => Ready(state, ready, actions),
            Signal.Exited exited => Exited(state, exited, actions),
            Signal.NotStarted failed => NotStarted(state, failed, actions),
            Signal.PauseOver over => PauseOver(state, over, actions),
            Signal.Probed probed => Probed(state, probed, actions),
            Signal.StopAsked asked => AskToStop(state, asked.Services, asked.At, actions),
            Signal.Forget forget => state with { Services = state.Services.Remove(forget.Service) },
            Signal.Shutdown => AskToStop(state, [.. state.Services.Keys], signal.At, actions) with { ShuttingDown = true },
            _ => throw new InvalidOperationException("not a signal"),
        };
        state = StopThoseNoOneNeeds(state, actions);
        return (state, actions.ToImmutable());
    }

    private static ServiceLife? Life(SupervisorState state, string service, int run) =>
        state.Services.TryGetValue(service, out var life) && life.Run == run ? life : null;

    private static SupervisorState Starting(SupervisorState state, Signal.Starting signal)
    {
        var old = state.Services.GetValueOrDefault(signal.Life.Name);
        return state.With(signal.Life with
        {
            Phase = LifePhase.Starting,
            First = signal.First,
            StopAsked = state.ShuttingDown || (!signal.First && old is { StopAsked: true }),
            Restarts = signal.First ? signal.Life.Restarts : old?.Restarts ?? 0,
            Failures = signal.First ? 0 : old?.Failures ?? 0,
        });
    }

    private static SupervisorState Started(SupervisorState state, Signal.Started signal, ImmutableArray<SupervisorAction>.Builder actions)
    {
        if (Life(state, signal.Service, signal.Run) is null) return state;
        actions.Add(new SupervisorAction.Tell(new StackEvent.ServiceStarted(signal.At, signal.Service, signal.Pid)));
        return state;
    }

    private static SupervisorState Ready(SupervisorState state, Signal.Ready signal, ImmutableArray<SupervisorAction>.Builder actions)
    {
        if (Life(state, signal.Service, signal.Run) is not { Phase: LifePhase.Starting } life) return state;
        actions.Add(new SupervisorAction.Tell(new StackEvent.ServiceReady(signal.At, signal.Service, signal.After)));
        return state.With(life with { Phase = LifePhase.Up, ReadyAt = signal.At, First = false });
    }

    private static SupervisorState Exited(SupervisorState state, Signal.Exited signal, ImmutableArray<SupervisorAction>.Builder actions)
    {
        if (Life(state, signal.Service, signal.Run) is not { Alive: true } life) return state;
        var exit = signal.Exit;
        actions.Add(new SupervisorAction.Tell(new StackEvent.ServiceExited(signal.At, life.Name, exit.Code, exit.Signal, exit.OutOfMemory)));
        if (life.StopAsked)
        {
            actions.Add(new SupervisorAction.Tell(new StackEvent.ServiceStopped(signal.At, life.Name)));
            return state.With(life with { Phase = LifePhase.Down });
        }
        var again = life.Restart switch
        {
            RestartPolicy.No => false,
            RestartPolicy.OnFailure => exit.ShellCode != 0,
            _ => true,
        };
        // A plan's step tells its own failure, and a service that never was ready has nothing to go back to.
        return life.First || !again ? state.With(life with { Phase = LifePhase.Down }) : Pause(state, life, signal.At, actions);
    }

    private static SupervisorState NotStarted(SupervisorState state, Signal.NotStarted signal, ImmutableArray<SupervisorAction>.Builder actions)
    {
        if (Life(state, signal.Service, signal.Run) is not { Alive: true } life) return state;
        if (life.StopAsked) actions.Add(new SupervisorAction.Tell(new StackEvent.ServiceStopped(signal.At, life.Name)));
        return life.First || life.StopAsked ? state.With(life with { Phase = LifePhase.Down }) : Pause(state, life, signal.At, actions);
    }

    private static SupervisorState Pause(
        SupervisorState state, ServiceLife life, DateTimeOffset at, ImmutableArray<SupervisorAction>.Builder actions)
    {
        var failures = life.ReadyAt is { } ready && at - ready >= StableRun ? 0 : life.Failures;
        var delay = TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, FirstPause.Ticks << Math.Min(failures, 20)));
        actions.Add(new SupervisorAction.Tell(new StackEvent.ServiceRestarting(at, life.Name, life.Restarts + 1, delay)));
        actions.Add(new SupervisorAction.Pause(life.Name, life.Run, delay));
        return state.With(life with { Phase = LifePhase.Pausing, Failures = failures + 1, Restarts = life.Restarts + 1, ReadyAt = null });
    }

    private static SupervisorState PauseOver(SupervisorState state, Signal.PauseOver signal, ImmutableArray<SupervisorAction>.Builder actions)
    {
        if (Life(state, signal.Service, signal.Run) is not { Phase: LifePhase.Pausing } life) return state;
        actions.Add(new SupervisorAction.Start(signal.Service));
        // Starting from here on: a shutdown between this and the launch must not think that it is down.
        return state.With(life with { Phase = LifePhase.Starting });
    }

    private static SupervisorState Probed(SupervisorState state, Signal.Probed signal, ImmutableArray<SupervisorAction>.Builder actions)
    {
        if (Life(state, signal.Service, signal.Run) is not { Phase: LifePhase.Up } life) return state;
        var failed = signal.Healthy ? 0 : life.FailedProbes + 1;
        var unhealthy = !signal.Healthy && (life.Unhealthy || failed >= life.Retries);
        if (unhealthy != life.Unhealthy)
            actions.Add(new SupervisorAction.Tell(new StackEvent.ServiceHealth(signal.At, life.Name, !unhealthy)));
        return state.With(life with { FailedProbes = failed, Unhealthy = unhealthy });
    }

    private static SupervisorState AskToStop(
        SupervisorState state, ImmutableArray<string> services, DateTimeOffset at, ImmutableArray<SupervisorAction>.Builder actions)
    {
        foreach (var life in services.Select(s => state.Services.GetValueOrDefault(s)).OfType<ServiceLife>())
        {
            var pausing = life.Phase == LifePhase.Pausing;
            if (pausing) actions.Add(new SupervisorAction.Tell(new StackEvent.ServiceStopped(at, life.Name)));
            state = state.With(life with { StopAsked = true, Phase = pausing ? LifePhase.Down : life.Phase });
        }
        return state;
    }

    // Reverse order falls out of one rule: a service is asked to end when nothing that is also ending still needs it.
    private static SupervisorState StopThoseNoOneNeeds(SupervisorState state, ImmutableArray<SupervisorAction>.Builder actions)
    {
        var needed = state.Services.Values.Where(l => l.Alive && l.StopAsked).SelectMany(l => l.DependsOn).ToHashSet();
        foreach (var life in state.Services.Values)
        {
            if (!life.StopAsked || life.Phase is not (LifePhase.Starting or LifePhase.Up) || needed.Contains(life.Name)) continue;
            actions.Add(new SupervisorAction.Stop(life.Name, life.Run));
            state = state.With(life with { Phase = LifePhase.Stopping });
        }
        return state;
    }
}
