using Bolt.Capsules;
using Bolt.Diagnostics;
using Bolt.Surge;

namespace Bolt;

public sealed partial class BoltRuntime
{
    /// <summary>A running service's standard streams are a terminal.</summary>
    public bool HasTerminal(StackName stack, string service) => Living(FolderOf(stack), [service])[0].Capsule.HasTerminal;

    /// <summary>
    /// Joins the standard streams of a running service, after the last of what it has written. Cancelling only leaves it: what it writes
    /// then is there for the next one who comes.
    /// </summary>
    /// <param name="stack">Of the service.</param>
    /// <param name="service">Which; it must run.</param>
    /// <param name="streams">The caller's side; input goes to a service with `stdin_open` alone.</param>
    /// <param name="replayBytes">How much of what it has written is shown first, at most.</param>
    /// <param name="cancellation">Leaves.</param>
    /// <returns>Its exit code when it ended, 128 + signal when a signal did; null when the caller left.</returns>
    public async Task<int?> AttachAsync(StackName stack, string service, CallerStreams streams, int replayBytes, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(streams);
        ArgumentOutOfRangeException.ThrowIfNegative(replayBytes);
        var capsule = Living(FolderOf(stack), [service])[0].Capsule;
        if (capsule.IsPaused) throw new BoltException(CapsuleErrors.Paused(service));
        try
        {
            await capsule.AttachAsync(Inner(streams), Sizes(streams, cancellation), cancellation, replayBytes).ConfigureAwait(false);
            return (await capsule.WaitAsync(cancellation).ConfigureAwait(false)).ShellCode;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return null;
        }
    }
}
