using System.Collections.Immutable;
using Bolt.Boltfiles;
using Bolt.Builds;
using Bolt.Capsules;
using Bolt.Diagnostics;
using Bolt.Networking;

namespace Bolt.Surge;

internal sealed partial class StackRunner
{
    private bool _everUp;
    private StackRequest? _applied;

    private async Task CarryOutAsync(Operation operation, CancellationToken stop)
    {
        try
        {
            switch (operation)
            {
                case Operation.Up up:
                    await UpAsync(up.Request, up.AdoptOnly, stop).ConfigureAwait(false);
                    break;
                case Operation.Stop halt:
                    await StopServicesAsync(halt.Services, remember: true).ConfigureAwait(false);
                    break;
                case Operation.Start start:
                    await AgainAsync(start.Services, stop).ConfigureAwait(false);
                    break;
                case Operation.Restart restart:
                    await StopServicesAsync(restart.Services, remember: false).ConfigureAwait(false);
                    await AgainAsync(restart.Services, stop).ConfigureAwait(false);
                    break;
                case Operation.Pause pause:
                    await StandStillAsync(pause.Services, stop).ConfigureAwait(false);
                    break;
                case Operation.Unpause unpause:
                    GoOn(unpause.Services);
                    break;
                case Operation.Update update:
                    UpdateLimits(update.Services, update.Limits);
                    break;
                case Operation.Freeze:
                    await _works.QuiesceAsync(stop).ConfigureAwait(false);
                    await StopServicesAsync([], remember: false).ConfigureAwait(false);
                    await _works.FreezeAsync(stop).ConfigureAwait(false);
                    await AgainAsync([], stop).ConfigureAwait(false);
                    break;
                case Operation.Snapshot snapshot:
                    await SnapshotAsync(snapshot.Order, stop).ConfigureAwait(false);
                    break;
                case Operation.Rollback:
                    Send(new Signal.StopAsked(_clock.GetUtcNow(), [.. _works.Stack.Services.Select(s => s.Name)]));
                    await _works.KillAllAsync().ConfigureAwait(false);
                    await _works.ThrowAwayAsync().ConfigureAwait(false);
                    await AgainAsync([], stop).ConfigureAwait(false);
                    break;
            }
        }
        catch (Exception error)
        {
            Fail("up", error is BoltException bolt ? bolt.Diagnostic : SurgeErrors.Unexpected("carry out the request", error));
            if (!_everUp) _inbox.Writer.TryWrite(new OwnerMessage.Ask(new Operation.Down(false)));
        }
        _inbox.Writer.TryWrite(new OwnerMessage.Ended(operation));
    }

    private async Task SnapshotAsync(SnapshotOrder order, CancellationToken stop)
    {
        // A service that broke is what the snapshot is for: what it cannot write down any more is not.
        try
        {
            await _works.QuiesceAsync(stop).ConfigureAwait(false);
        }
        catch (BoltException broken)
        {
            Send(new StackEvent.Warned(_clock.GetUtcNow(), broken.Diagnostic with { Severity = Severity.Warning }));
        }
        await StopServicesAsync([], remember: false).ConfigureAwait(false);
        try
        {
            await _works.SnapshotAsync(order, stop).ConfigureAwait(false);
        }
        finally
        {
            if (order.GoOn) await AgainAsync([], stop).ConfigureAwait(false);
        }
    }

    private async Task UpAsync(StackRequest request, bool adoptOnly, CancellationToken stop)
    {
        var begun = _clock.GetTimestamp();
        // A closed network meets no other one, so every ephemeral stack can have the same addresses.
        var inputs = StackReader.Inputs(_rooms.Paths.Run, _folder, alone: _works.Ground is { Outbound: false });
        var file = request.Path.Length == 0 ? request.Wanted.Path : request.Path;
        var resolved = Stack.Resolve(request.Wanted, inputs, request.Id, file, once: request.Path.Length == 0);
        if (!Report("resolve", resolved.Diagnostics)) return;
        var stack = resolved.Value!;
        foreach (var name in request.Services.Where(n => stack.Services.All(s => s.Name != n)))
            throw new BoltException(SurgeErrors.NoSuchService(name, stack.Services.Select(s => s.Name)));

        var network = Network.TryAdopt(_folder.Network);
        var record = network is null ? null : _folder.ReadStack();
        var observed = StackReader.Observe(_rooms, _folder, stack, record, _works.Supervises);
        var ports = _works.Ground is null
            ? PortTable.Settle(stack, record?.Ports ?? [], request.StrictPorts || stack.StrictPorts, Network.CheckPort)
            : new Checked<IReadOnlyList<PublishedRecord>>([], []);
        if (!Report("check ports", ports.Diagnostics)) return;
        // All `run`s of this user share one lock: the second one of an image needs no archive.
        var lockPath = request.Path.Length == 0 ? Path.Combine(_rooms.Paths.State, "run.lock") : Path.Combine(stack.Folder, LockSession.FileName);
        var pins = LockSession.Of(lockPath, request.Locked);
        if (request.Locked && !Report("check bolt.lock", [.. Unpinned(stack, request.Services, pins)])) return;
        KnownLocks.Note(_rooms.Paths, lockPath);

        _works.Begin(stack, [.. ports.Value!], network, pins, request);
        _applied = request with { ForceRecreate = false };
        // What ends with this process and leaves no records has no one who would read this.
        if (request is not { Path: "", DieWithOwner: true, Remove: true }) _folder.Write(_applied);
        var plan = adoptOnly ? Planner.AdoptAll(stack, observed) : Planner.Plan(stack, observed, request.Options);
        var coming = plan.Steps.OfType<PlanStep.StartService>().Select(s => s.Service).ToImmutableHashSet();
        _inbox.Writer.TryWrite(new OwnerMessage.Refit(stack, request.Path, [.. ports.Value!], coming));
        Send(new StackEvent.Planned(_clock.GetUtcNow(), plan));

        var done = await Apply.RunAsync(plan, _works.CarryOutAsync, Send, _clock, stop).ConfigureAwait(false);
        if (pins.Changed) await pins.Current.WriteAsync(lockPath, CancellationToken.None).ConfigureAwait(false);
        if (done)
        {
            _everUp = true;
            // A detached `run` has no one who waits for its end but its owner.
            if (request.Path.Length == 0 && !request.DieWithOwner) (_runKeeps, _runEnds) = (!request.Remove, true);
            Send(new StackEvent.StackReady(_clock.GetUtcNow(), _clock.GetElapsedTime(begun)));
        }
        else if (!stop.IsCancellationRequested)
        {
            await CleanAfterFailureAsync(observed, coming).ConfigureAwait(false);
        }
    }

    // Before anything starts, and also of services that run already; what only a build can see, it says itself.
    private static IEnumerable<Diagnostic> Unpinned(Stack stack, ImmutableArray<string> services, LockSession pins) => stack.Services
        .Where(s => services.IsEmpty || services.Contains(s.Name)).SelectMany(s => ImageBuild.Unpinned(s.Wanted.Source, stack.Folder, pins)).DistinctBy(d => d.Message);

    // Nothing half-made is left: a stack that was not there before goes as a whole, one that was keeps what it had.
    private async Task CleanAfterFailureAsync(Observed observed, ImmutableHashSet<string> started)
    {
        Failed = true;
        if (!_everUp && !observed.Running.Any()) _inbox.Writer.TryWrite(new OwnerMessage.Ask(new Operation.Down(false)));
        else await StopServicesAsync([.. started], remember: false).ConfigureAwait(false);
    }

    private async Task StopServicesAsync(ImmutableArray<string> services, bool remember)
    {
        var names = Known(services);
        var ends = names.Select(n => _works.Find(n)?.Ended.Task).OfType<Task<CapsuleExit?>>().ToArray();
        if (remember) foreach (var name in names) _works.RecordStop(name);
        Send(new Signal.StopAsked(_clock.GetUtcNow(), names));
        await Task.WhenAll(ends).ConfigureAwait(false);
    }

    // Empty means all.
    private ImmutableArray<string> Known(ImmutableArray<string> services)
    {
        foreach (var name in services.Where(n => _works.Stack.Services.All(s => s.Name != n)))
            throw new BoltException(SurgeErrors.NoSuchService(name, _works.Stack.Services.Select(s => s.Name)));
        return services.IsEmpty ? [.. _works.Stack.Services.Select(s => s.Name)] : services;
    }

    private Task AgainAsync(ImmutableArray<string> services, CancellationToken stop) =>
        UpAsync((_applied ?? _folder.ReadApplied()!) with { Services = services }, adoptOnly: false, stop);

    // False when one of them is an error.
    private bool Report(string step, ImmutableArray<Diagnostic> diagnostics)
    {
        foreach (var warning in diagnostics.Where(d => d.Severity != Severity.Error)) Send(new StackEvent.Warned(_clock.GetUtcNow(), warning));
        var errors = diagnostics.Where(d => d.Severity == Severity.Error).ToArray();
        foreach (var error in errors) Fail(step, error);
        if (errors.Length > 0 && !_everUp) _inbox.Writer.TryWrite(new OwnerMessage.Ask(new Operation.Down(false)));
        return errors.Length == 0;
    }

    private void Fail(string step, Diagnostic why)
    {
        Failed = true;
        Send(new StackEvent.StepFailed(_clock.GetUtcNow(), step, why));
    }
}
