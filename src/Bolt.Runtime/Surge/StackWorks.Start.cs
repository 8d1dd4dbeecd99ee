using Bolt.Boltfiles;
using Bolt.Builds;
using Bolt.Capsules;
using Bolt.Diagnostics;

namespace Bolt.Surge;

internal sealed partial class StackWorks
{
    private const int LinesToTell = 10;

    /// <summary>Starts a service and returns when it is ready.</summary>
    /// <param name="service">Which.</param>
    /// <param name="first">As a plan's step; false: again, after it ended.</param>
    /// <param name="cancellation">Gives up waiting; a capsule that runs by then is left to the supervisor.</param>
    public async Task StartAsync(StackService service, bool first, CancellationToken cancellation)
    {
        var run = Math.Max(folder.ReadService(service.Name)?.Run ?? 0, folder.Runs(service.Name).LastOrDefault()) + 1;
        var it = new RunningService(service.Name, run, folder.Capsule(service.Name, run));
        _running[service.Name] = it;
        signal(new Signal.Starting(clock.GetUtcNow(), Life(service, run), first));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, it.Stopping);
        try
        {
            var image = await ImageOfAsync(service, stop.Token).ConfigureAwait(false);
            var begun = clock.GetTimestamp();
            await LaunchAsync(service, image, it, first, stop.Token).ConfigureAwait(false);
            await BecomeReadyAsync(service, image, it, begun, first, stop.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (it.Capsule is null)
        {
            _running.TryRemove(KeyValuePair.Create(service.Name, it));
            signal(new Signal.NotStarted(clock.GetUtcNow(), service.Name, run));
            it.Ended.TrySetResult(null);
            if (error is BoltException bolt) throw new BoltException(SurgeErrors.CannotStart(service.Name, bolt.Diagnostic), error);
            throw;
        }
    }

    /// <summary>Takes over a capsule that runs already.</summary>
    private async Task AdoptAsync(StackService service, CancellationToken cancellation)
    {
        var record = folder.ReadService(service.Name) ?? throw new BoltException(SurgeErrors.NotRunning(service.Name));
        var it = new RunningService(service.Name, record.Run, folder.Capsule(service.Name, record.Run));
        it.Record = record;
        it.Capsule = Capsule.TryAdopt(it.Folder) ?? throw new BoltException(SurgeErrors.NotRunning(service.Name));
        _running[service.Name] = it;
        signal(new Signal.Starting(record.StartedAt, Life(service, record.Run) with { Restarts = record.Restarts }, First: true));
        signal(new Signal.Started(record.StartedAt, service.Name, record.Run, it.Capsule.Pid));
        _ = WatchAsync(it);
        _ = WatchLimitsAsync(it);
        if (record.ReadyAfter is { } after)
        {
            signal(new Signal.Ready(clock.GetUtcNow(), service.Name, record.Run, after));
            if (it.Capsule.IsPaused) tell(new StackEvent.ServicePaused(clock.GetUtcNow(), service.Name));
            if (service.Wanted.Healthcheck is { } check) _ = ProbeForeverAsync(check, it);
            return;
        }
        var image = await ImageOfAsync(service, cancellation).ConfigureAwait(false);
        await BecomeReadyAsync(service, image, it, clock.GetTimestamp(), limited: true, cancellation).ConfigureAwait(false);
    }

    private async Task LaunchAsync(StackService service, PreparedImage image, RunningService it, bool first, CancellationToken stop)
    {
        var credentials = CredentialsOf(service, image.Recipe);
        var template = await TemplateOfAsync(service, image, credentials, stop).ConfigureAwait(false);
        var place = new CapsulePlace
        {
            Id = $"{CapsuleId(service.Name)}-{it.Run}",
            Folder = it.Folder,
            Ids = rooms.Ids,
            DieWithOwner = dieWithOwner,
            Environment = await EnvironmentAsync(service, stop).ConfigureAwait(false),
            Volumes = await VolumeFoldersAsync(service, image, stop).ConfigureAwait(false),
            Template = template,
            Frozen = Ground?.Frozen.LayersOf(service.Name) ?? [],
            Upper = Ground?.UpperOf(service.Name),
            Copies = CopiesOf(service),
            Credentials = credentials,
            Seat = _network!.Seat(service.Address),
        };
        var spec = CapsuleDraft.Spec(service, image, place);
        if (spec.Command.IsEmpty) throw new BoltException(SurgeErrors.NoCommand(service.Name));
        var old = folder.ReadService(service.Name);
        // Before the start: a capsule that runs without its record would be no one's.
        folder.Write(it.Record = new ServiceRecord(
            service.Name, service.Source, service.Address.ToString(), service.Hash, SourceMark.Of(service.Wanted.Source, Stack.Folder),
            service.DependsOn, it.Run, first ? 0 : (old?.Restarts ?? 0) + 1, clock.GetUtcNow(), null, false, spec.Layers));
        it.Veth = place.Seat.VethName;
        it.Capsule = await Capsule.StartAsync(rooms.ShimPath, spec, stop).ConfigureAwait(false);
        foreach (var warning in it.Capsule.Warnings) tell(new StackEvent.Warned(clock.GetUtcNow(), warning));
        if (_troubles.TryGetValue(service.Name, out var trouble)) _network!.Disturb(it.Veth, trouble);
        // Before its end can be seen: a program may have ended by now, and its output is then in the log only.
        if (Attach is not null) _attached.Add(Attach(it.Capsule));
        signal(new Signal.Started(clock.GetUtcNow(), service.Name, it.Run, it.Capsule.Pid));
        _ = WatchAsync(it);
        _ = WatchLimitsAsync(it);
        // Whoever asked to stop before the capsule was there could not reach it.
        if (it.Stopping.IsCancellationRequested) await it.Capsule.StopAsync(Grace, CancellationToken.None).ConfigureAwait(false);
        _ = DeleteOldRunsAsync(service.Name, it.Run);
    }

    private async Task<string?> TemplateOfAsync(StackService service, PreparedImage image, RecipeCredentials? credentials, CancellationToken stop) =>
        Ground?.Frozen.Whole != true && image.Recipe is { TemplateTree: { } make } recipe && CapsuleDraft.IsEphemeral(service, recipe)
            ? await make(credentials ?? new RecipeCredentials("", "", ""), stop).ConfigureAwait(false)
            : null;

    private async Task BecomeReadyAsync(StackService service, PreparedImage image, RunningService it, long begun, bool limited, CancellationToken stop)
    {
        var wish = ReadyWish.Of(service.Wanted, image);
        // A service that has been ready before may take its time: nobody waits for it at a prompt.
        var limit = limited ? wish.Limit(Request.ReadyTimeout) : Timeout.InfiniteTimeSpan;
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(stop);
        // The end of a `run` is its answer, however soon it comes.
        var ready = wish is ReadyWish.Now && Request.Path.Length == 0 ? Task.CompletedTask : Readiness.WaitAsync(wish, it, service.Address, _network!, wait.Token);
        Task first;
        try
        {
            first = await Task.WhenAny(ready, it.Ended.Task).WaitAsync(limit, clock, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await wait.CancelAsync().ConfigureAwait(false);
            throw new BoltException(SurgeErrors.NotReadyInTime(service.Name, wish.WaitsFor, limit, await LastLinesAsync(it.Folder).ConfigureAwait(false)));
        }
        if (first != ready && !ready.IsCompletedSuccessfully)
        {
            await wait.CancelAsync().ConfigureAwait(false);
            stop.ThrowIfCancellationRequested();
            var exit = await it.Ended.Task.ConfigureAwait(false);
            var mayEnd = service.Wanted.Restart is RestartPolicy.No or RestartPolicy.OnFailure;
            if (wish is ReadyWish.Now && mayEnd && exit!.ShellCode == 0) return;
            throw new BoltException(SurgeErrors.EndedBeforeReady(
                service.Name, exit!.ShellCode, wish is ReadyWish.Now && !mayEnd, await LastLinesAsync(it.Folder).ConfigureAwait(false)));
        }
        await ready.ConfigureAwait(false);
        var after = clock.GetElapsedTime(begun);
        signal(new Signal.Ready(clock.GetUtcNow(), service.Name, it.Run, after));
        if (Find(service.Name) == it) folder.Write(it.Record = it.Record! with { ReadyAfter = after });
        if (service.Wanted.Healthcheck is { } check) _ = ProbeForeverAsync(check, it);
    }

    private async Task WatchAsync(RunningService it)
    {
        CapsuleExit? exit = null;
        try
        {
            await foreach (var happened in it.Capsule!.WatchAsync(CancellationToken.None).ConfigureAwait(false))
            {
                if (happened is CapsuleEvent.Notified) it.Notified.TrySetResult();
                if (happened is CapsuleEvent.Exited exited) exit = exited.Exit;
            }
        }
        catch (Exception error) when (error is BoltException or IOException)
        {
            // The shim is gone; what it left on disk is all there is.
        }
        exit ??= Capsule.ReadExit(it.Folder) ?? new CapsuleExit(null, 9, false, clock.GetUtcNow()) { MonitorDied = true };
        if (exit.MonitorDied) tell(new StackEvent.Warned(clock.GetUtcNow(), SurgeErrors.MonitorDied(it.Name)));
        _running.TryRemove(KeyValuePair.Create(it.Name, it));
        // The supervisor hears of it before anyone who waits can start the service anew.
        signal(new Signal.Exited(exit.At, it.Name, it.Run, exit));
        it.Ended.TrySetResult(exit);
    }

    private async Task ProbeForeverAsync(Healthcheck check, RunningService it)
    {
        if (ReadyWish.IsNone(check)) return;
        while (await Task.WhenAny(it.Ended.Task, Task.Delay(check.Interval)).ConfigureAwait(false) != it.Ended.Task)
        {
            if (it.Capsule!.IsPaused) continue;
            var healthy = await Readiness.IsHealthyAsync(check, it.Capsule!, it.Stopping).ConfigureAwait(false);
            signal(new Signal.Probed(clock.GetUtcNow(), it.Name, it.Run, healthy));
        }
    }

    private async Task DeleteOldRunsAsync(string service, int run)
    {
        // The run before is kept for its log.
        foreach (var old in folder.Runs(service).Where(r => r < run - 1))
        {
            try
            {
                await Capsule.DeleteAsync(folder.Capsule(service, old), rooms.Files, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception error) when (error is BoltException or IOException)
            {
                tell(new StackEvent.Warned(clock.GetUtcNow(), SurgeErrors.Unexpected($"delete run {old} of `{service}`", error)));
            }
        }
    }

    private static async Task<List<string>> LastLinesAsync(string place)
    {
        var lines = new List<string>();
        await foreach (var line in CapsuleLog.ReadAsync(place, false, null, LinesToTell, CancellationToken.None).ConfigureAwait(false)) lines.Add(line.Text);
        return lines;
    }

    private static ServiceLife Life(StackService service, int run) =>
        new(service.Name, service.DependsOn, service.Wanted.Restart, service.Wanted.Healthcheck?.Retries ?? 3, run);

    private string CapsuleId(string service) => $"{folder.Name.Id}-{StackName.Clean(service)}";
}
