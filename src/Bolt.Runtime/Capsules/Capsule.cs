using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Bolt.Diagnostics;
using Bolt.Launch;

namespace Bolt.Capsules;

/// <summary>One isolated process tree, watched by a shim of its own that outlives this process.</summary>
internal sealed partial class Capsule
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(5);

    private readonly int _stopSignal;
    private readonly bool _terminal;
    private bool _showFromStart;

    private Capsule(string id, string folder, int pid, int stopSignal, bool terminal, bool startedHere)
    {
        Id = id;
        Folder = folder;
        Pid = pid;
        _stopSignal = stopSignal;
        _terminal = terminal;
        _showFromStart = startedHere;
    }

    /// <summary>Unique on this machine, [a-z0-9-].</summary>
    public string Id { get; }

    /// <summary>Its own folder: control socket, log and exit record.</summary>
    public string Folder { get; }

    /// <summary>The host's pid of its init.</summary>
    public int Pid { get; }

    /// <summary>What this host could not give it and it did not insist on; empty for an adopted one.</summary>
    public ImmutableArray<Diagnostic> Warnings { get; private init; } = [];

    /// <summary>Returns once execve succeeded; else throws BOLT5xxx and nothing is left.</summary>
    public static async Task<Capsule> StartAsync(string shimPath, CapsuleSpec spec, CancellationToken cancellationToken)
    {
        var (pid, warnings) = await CapsuleStart.RunAsync(shimPath, spec, cancellationToken).ConfigureAwait(false);
        return new Capsule(spec.Id, spec.Folder, pid, spec.StopSignal, spec.Terminal, startedHere: true) { Warnings = warnings };
    }

    /// <summary>Null when no shim serves this folder (any more).</summary>
    public static Capsule? TryAdopt(string folder)
    {
        using var control = CapsuleControl.TryConnect(folder);
        if (control is null || !control.SendNow(new MonitorMessage.Watch()))
        {
            SettleOrphan(folder);
            return null;
        }
        return control.Receive(AnswerTime) is MonitorMessage.Running running
            ? new Capsule(running.Id, folder, running.Pid, running.StopSignal, running.Terminal, startedHere: false)
            : null;
    }

    /// <summary>Started, Notified and Exited in order, those already past first. Ends after Exited.</summary>
    public async IAsyncEnumerable<CapsuleEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return new CapsuleEvent.Started(Pid);
        using var control = CapsuleControl.TryConnect(Folder);
        if (control is not null && await control.SendAsync(new MonitorMessage.Watch(), cancellationToken).ConfigureAwait(false))
        {
            while (await control.ReceiveAsync(cancellationToken).ConfigureAwait(false) is { } message)
            {
                if (message is MonitorMessage.Notified or MonitorMessage.Running { Ready: true })
                    yield return new CapsuleEvent.Notified();
                if (message is not MonitorMessage.Exited(var record))
                    continue;
                yield return new CapsuleEvent.Exited(EndOfGroups(ToExit(record)));
                yield break;
            }
        }
        // The connection ended without a word: the exit was recorded before we came, or the shim was killed.
        yield return new CapsuleEvent.Exited(await EndOfOrphanAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Waits for the end.</summary>
    public async Task<CapsuleExit> WaitAsync(CancellationToken cancellationToken)
    {
        await foreach (var happened in WatchAsync(cancellationToken).ConfigureAwait(false))
            if (happened is CapsuleEvent.Exited(var exit))
                return exit;
        throw new BoltException(CapsuleErrors.MonitorSilent(Folder, "no exit came"));
    }

    /// <summary>Sends a signal to its main process; nothing happens when it has ended.</summary>
    public async Task SignalAsync(int signal, CancellationToken cancellationToken)
    {
        using var control = CapsuleControl.TryConnect(Folder);
        if (control is null || !await control.SendAsync(new MonitorMessage.Signal(signal), cancellationToken).ConfigureAwait(false))
            return;
        // The answer to a second request says that the first was done.
        if (await control.SendAsync(new MonitorMessage.Watch(), cancellationToken).ConfigureAwait(false))
            await control.ReceiveAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A pseudo-terminal is its standard streams.</summary>
    public bool HasTerminal => _terminal;

    /// <summary>It stands still.</summary>
    public bool IsPaused => CapsulePause.IsPaused(Folder);

    /// <summary>Stands all of its processes still until <see cref="Resume"/>.</summary>
    public Task PauseAsync(CancellationToken cancellationToken) => CapsulePause.StartAsync(this, cancellationToken);

    /// <summary>Lets a paused one go on.</summary>
    public void Resume() => CapsulePause.End(this);

    /// <summary>Replaces those limits that are given; -1 takes one away. Returns the controllers that count only from now on.</summary>
    public ImmutableArray<string> Limit(CapsuleLimits limits) => CapsuleGroups.Limit(this, limits);

    /// <summary>Asks with its stop signal, and after <paramref name="grace"/> kills.</summary>
    public async Task<CapsuleExit> StopAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        const int kill = 9;
        var end = WaitAsync(cancellationToken);
        await SignalAsync(grace > TimeSpan.Zero ? _stopSignal : kill, cancellationToken).ConfigureAwait(false);
        // One that stands still hears it first thing when it goes on.
        Resume();
        try
        {
            return await end.WaitAsync(grace > TimeSpan.Zero ? grace : Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await SignalAsync(kill, cancellationToken).ConfigureAwait(false);
            return await end.ConfigureAwait(false);
        }
    }
}
