using Bolt.Diagnostics;

namespace Bolt.Surge;

/// <summary>Carries a plan out: each step begins when what it needs is done. Decides nothing.</summary>
internal static class Apply
{
    /// <summary>True when every step was done. Steps that need a failed one do not run; others finish.</summary>
    /// <param name="plan">What to do.</param>
    /// <param name="carryOut">Does one step; throws <see cref="BoltException"/>.</param>
    /// <param name="tell">Hears of beginnings, ends and failures.</param>
    /// <param name="now">The clock of the events.</param>
    /// <param name="cancellation">Steps that have not begun do not.</param>
    public static async Task<bool> RunAsync(
        Plan plan, Func<PlanStep, CancellationToken, Task> carryOut, Action<StackEvent> tell, TimeProvider now, CancellationToken cancellation)
    {
        // One failure ends the wish as a whole, so what still runs is not waited for longer than it needs to let go.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var tasks = new Dictionary<string, Task<bool>>();
        foreach (var step in plan.Steps)
        {
            var needs = step.Needs.Where(tasks.ContainsKey).Select(n => tasks[n]).ToArray();
            tasks[step.Id] = StepAsync(step, needs);
        }
        var results = await Task.WhenAll(tasks.Values).ConfigureAwait(false);
        return results.All(r => r);

        async Task<bool> StepAsync(PlanStep step, Task<bool>[] needs)
        {
            var done = await Task.WhenAll(needs).ConfigureAwait(false);
            if (!done.All(d => d) || stop.IsCancellationRequested) return false;
            tell(new StackEvent.StepStarted(now.GetUtcNow(), step.Id, $"{step.Id}: {step.Cause}"));
            try
            {
                // Off the caller's thread: many steps begin with blocking file and socket calls.
                await Task.Run(() => carryOut(step, stop.Token), stop.Token).ConfigureAwait(false);
                tell(new StackEvent.StepDone(now.GetUtcNow(), step.Id));
                return true;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return false;
            }
            catch (Exception error)
            {
                tell(new StackEvent.StepFailed(now.GetUtcNow(), step.Id,
                    error is BoltException bolt ? bolt.Diagnostic : SurgeErrors.Unexpected(step.Id, error)));
                await stop.CancelAsync().ConfigureAwait(false);
                return false;
            }
        }
    }
}
