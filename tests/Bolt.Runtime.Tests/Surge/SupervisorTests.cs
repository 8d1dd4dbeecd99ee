using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Bolt.Boltfiles;
using Bolt.Capsules;
using Bolt.Surge;

namespace Bolt.Runtime.Tests.Surge;

/// <summary>Stories as tables: one signal a line, and what follows from it.</summary>
public class SupervisorTests
{
    private static readonly DateTimeOffset Zero = DateTimeOffset.UnixEpoch;

    private readonly StringBuilder _story = new();
    private SupervisorState _state = SupervisorState.Empty;

    private static DateTimeOffset At(double seconds) => Zero + TimeSpan.FromMilliseconds(Math.Round(seconds * 1000));

    private static ServiceLife Life(string name, int run = 1, RestartPolicy policy = RestartPolicy.UnlessStopped, params string[] depends) =>
        new(name, [.. depends], policy, 3, run);

    private void Say(Signal signal)
    {
        (_state, var actions) = Supervisor.Next(_state, signal);
        var what = signal switch
        {
            Signal.Starting s => $"starting {s.Life.Name}.{s.Life.Run}",
            Signal.Started s => $"started {s.Service}.{s.Run}",
            Signal.Ready s => $"ready {s.Service}.{s.Run}",
            Signal.Exited s => $"exited {s.Service}.{s.Run} {(s.Exit.Code is { } c ? $"code {c}" : $"signal {s.Exit.Signal}")}",
            Signal.NotStarted s => $"not started {s.Service}.{s.Run}",
            Signal.PauseOver s => $"pause over {s.Service}.{s.Run}",
            Signal.Probed s => $"probed {s.Service}.{s.Run} {(s.Healthy ? "well" : "ill")}",
            Signal.StopAsked s => $"stop asked {string.Join(' ', s.Services)}",
            _ => signal.GetType().Name.ToLowerInvariant(),
        };
        _story.Append(CultureInfo.InvariantCulture, $"{(signal.At - Zero).TotalSeconds,5} {what}\n");
        foreach (var action in actions) _story.Append("        -> ").Append(Show(action)).Append('\n');
    }

    private static string Show(SupervisorAction action) => action switch
    {
        SupervisorAction.Tell tell => "tell " + StackJson.Write(tell.Event),
        _ => action.ToString(),
    };

    private void Run(string name, int run, double at, RestartPolicy policy = RestartPolicy.UnlessStopped, bool first = true, params string[] depends)
    {
        Say(new Signal.Starting(At(at), Life(name, run, policy, depends), first));
        Say(new Signal.Started(At(at), name, run, 100 + run));
        Say(new Signal.Ready(At(at), name, run, TimeSpan.FromMilliseconds(40)));
    }

    private void Exit(string name, int run, double at, int code) =>
        Say(new Signal.Exited(At(at), name, run, new CapsuleExit(code, null, false, At(at))));

    private void Check(string name) => Golden.Check($"Surge/stories/{name}", _story.ToString());

    [Fact]
    public void An_end_is_followed_by_a_longer_pause_each_time()
    {
        Run("api", 1, 0);
        Exit("api", 1, 1, 1);
        Say(new Signal.PauseOver(At(1.1), "api", 1));
        Run("api", 2, 1.2, first: false);
        Exit("api", 2, 2, 1);
        Say(new Signal.PauseOver(At(2.2), "api", 2));
        Run("api", 3, 2.3, first: false);
        Exit("api", 3, 60, 1);
        Check("backoff");
    }

    [Fact]
    public void The_first_start_fails_for_its_plan()
    {
        Say(new Signal.Starting(At(0), Life("api"), First: true));
        Say(new Signal.Started(At(0), "api", 1, 7));
        Exit("api", 1, 1, 3);
        Check("first-fails");
    }

    [Fact]
    public void A_restart_that_cannot_start_pauses_again()
    {
        Run("api", 1, 0);
        Exit("api", 1, 1, 0);
        Say(new Signal.PauseOver(At(1.1), "api", 1));
        Say(new Signal.Starting(At(1.1), Life("api", 2), First: false));
        Say(new Signal.NotStarted(At(1.2), "api", 2));
        Check("restart-fails");
    }

    [Theory]
    [InlineData(RestartPolicy.No, 1, false)]
    [InlineData(RestartPolicy.No, 0, false)]
    [InlineData(RestartPolicy.OnFailure, 0, false)]
    [InlineData(RestartPolicy.OnFailure, 1, true)]
    [InlineData(RestartPolicy.Always, 0, true)]
    [InlineData(RestartPolicy.UnlessStopped, 0, true)]
    public void The_policy_decides(RestartPolicy policy, int code, bool again)
    {
        Run("api", 1, 0, policy);
        Exit("api", 1, 1, code);
        Assert.Equal(again ? LifePhase.Pausing : LifePhase.Down, _state.Services["api"].Phase);
    }

    [Fact]
    public void A_shutdown_goes_in_reverse_order()
    {
        Run("db", 1, 0);
        Run("api", 1, 1, depends: "db");
        Run("web", 1, 2, depends: "api");
        Say(new Signal.Shutdown(At(10)));
        Exit("web", 1, 11, 0);
        Exit("api", 1, 12, 0);
        Assert.False(_state.AllDown);
        Exit("db", 1, 13, 0);
        Assert.True(_state.AllDown);
        Check("shutdown");
    }

    [Fact]
    public void A_stop_ends_a_pause_and_nothing_comes_back()
    {
        Run("api", 1, 0);
        Exit("api", 1, 1, 1);
        Say(new Signal.StopAsked(At(1.05), ["api"]));
        Say(new Signal.PauseOver(At(1.1), "api", 1));
        Check("stop-in-pause");
    }

    [Fact]
    public void A_late_end_of_an_old_run_is_no_end_of_the_new_one()
    {
        Run("api", 1, 0);
        Run("api", 2, 1);
        Exit("api", 1, 2, 1);
        Assert.Equal(LifePhase.Up, _state.Services["api"].Phase);
    }

    [Fact]
    public void Health_changes_after_as_many_failures_as_asked()
    {
        Run("api", 1, 0);
        foreach (var (second, well) in new[] { (1, false), (2, false), (3, false), (4, false), (5, true), (6, true) })
            Say(new Signal.Probed(At(second), "api", 1, well));
        Check("health");
    }

    [Fact]
    public void A_start_during_a_shutdown_is_stopped()
    {
        Run("db", 1, 0);
        Say(new Signal.Shutdown(At(1)));
        Say(new Signal.Starting(At(1.1), Life("api", 1, RestartPolicy.No, "db"), First: true));
        Exit("db", 1, 2, 0);
        Assert.False(_state.AllDown);
        Check("start-in-shutdown");
    }
}
