using System.Net;
using Bolt.Boltfiles;
using Bolt.Capsules;
using Bolt.Diagnostics;
using Bolt.Kernel;
using Bolt.Networking;

namespace Bolt.Surge;

/// <summary>Waits for a service's own answer: never before it is true, and no later than a few milliseconds after.</summary>
internal static class Readiness
{
    // A listening socket raises no event that an outsider could wait for, so it is looked for while the service starts: never
    // later than a hundredth of the start, and never later than is promised, with room for a busy machine.
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan SlowestLook = TimeSpan.FromMilliseconds(5);

    // Nothing happens when a program lives on. One that lacks an argument or a file has ended by then.
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(300);

    public static Task WaitAsync(ReadyWish wish, RunningService service, IPAddress address, Network network, CancellationToken cancellation) => wish switch
    {
        ReadyWish.Notify => service.Notified.Task.WaitAsync(cancellation),
        ReadyWish.Listen listen => ListenAsync(listen, service.Capsule!.Pid, cancellation),
        ReadyWish.Http http => AnswerAsync(new IPEndPoint(address, http.Port), service.Capsule!.Pid, network, cancellation),
        ReadyWish.LogLine line => LogLineAsync(line.Text, service.Folder, cancellation),
        ReadyWish.Probe probe => ProbeAsync(probe.Check, service, cancellation),
        _ => Task.Delay(Settling, cancellation),
    };

    /// <summary>One health probe: true when its command ends with 0 in time.</summary>
    public static async Task<bool> IsHealthyAsync(Healthcheck check, Capsule capsule, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(check.Timeout);
        try
        {
            var spec = new ExecSpec(ReadyWish.CommandOf(check), [], null, null, false);
            return await capsule.ExecAsync(spec, new ExecStreams(null, Stream.Null, Stream.Null), null, limit.Token).ConfigureAwait(false) == 0;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
        catch (BoltException)
        {
            return false;
        }
    }

    private static async Task ListenAsync(ReadyWish.Listen wish, int pid, CancellationToken cancellation)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!(wish.All ? wish.Ports.All(p => SocketTable.IsListening(pid, p)) : wish.Ports.Any(p => SocketTable.IsListening(pid, p))))
        {
            await PauseAsync(begun, cancellation).ConfigureAwait(false);
        }
    }

    private static async Task AnswerAsync(IPEndPoint at, int pid, Network network, CancellationToken cancellation)
    {
        var begun = TimeProvider.System.GetTimestamp();
        await ListenAsync(new ReadyWish.Listen([at.Port], true), pid, cancellation).ConfigureAwait(false);
        while (true)
        {
            using (var socket = network.OpenSocket(udp: false))
            {
                if (await HttpAnswer.IsThereAsync(socket, at, cancellation).ConfigureAwait(false)) return;
            }
            await PauseAsync(begun, cancellation).ConfigureAwait(false);
        }
    }

    private static Task PauseAsync(long begun, CancellationToken cancellation)
    {
        var share = TimeProvider.System.GetElapsedTime(begun) / 100;
        return Task.Delay(share < FirstLook ? FirstLook : share > SlowestLook ? SlowestLook : share, cancellation);
    }

    private static async Task LogLineAsync(string text, string folder, CancellationToken cancellation)
    {
        await foreach (var line in CapsuleLog.ReadAsync(folder, true, null, null, cancellation).ConfigureAwait(false))
        {
            if (line.Text.Contains(text, StringComparison.Ordinal)) return;
        }
        // The log ended with the capsule; its end is the better story.
        await Task.Delay(Timeout.Infinite, cancellation).ConfigureAwait(false);
    }

    private static async Task ProbeAsync(Healthcheck check, RunningService service, CancellationToken cancellation)
    {
        var started = TimeProvider.System.GetTimestamp();
        var patience = check.StartPeriod + check.Interval * Math.Max(1, check.Retries) + check.Timeout;
        var pause = TimeSpan.FromMilliseconds(20);
        for (var times = 1; ; times++)
        {
            if (await IsHealthyAsync(check, service.Capsule!, cancellation).ConfigureAwait(false)) return;
            if (TimeProvider.System.GetElapsedTime(started) > patience)
                throw new BoltException(SurgeErrors.ProbeFailed(service.Name, times, null));
            await Task.Delay(pause, cancellation).ConfigureAwait(false);
            pause = pause * 2 > check.Interval ? check.Interval : pause * 2;
        }
    }
}
