using System.Collections.Immutable;
using Bolt.Capsules;
using Bolt.Diagnostics;

namespace Bolt.Surge;

/// <summary>What is changed of services that run on.</summary>
internal sealed partial class StackRunner
{
    private async Task StandStillAsync(ImmutableArray<string> services, CancellationToken stop)
    {
        foreach (var (name, capsule) in Running(services).Where(r => !r.Capsule.IsPaused))
        {
            await capsule.PauseAsync(stop).ConfigureAwait(false);
            Send(new StackEvent.ServicePaused(_clock.GetUtcNow(), name));
        }
    }

    private void GoOn(ImmutableArray<string> services)
    {
        foreach (var (name, capsule) in Running(services).Where(r => r.Capsule.IsPaused))
        {
            capsule.Resume();
            Send(new StackEvent.ServiceUnpaused(_clock.GetUtcNow(), name));
        }
    }

    // The wish and the record change with it: a restart keeps the new limits, and the next `up` sees that they are not the file's.
    private void UpdateLimits(ImmutableArray<string> services, LimitChange change)
    {
        var names = Known(services);
        foreach (var name in names)
        {
            var late = _works.Find(name)?.Capsule?.Limit(new CapsuleLimits(change.MemoryBytes, change.Cpus, change.Pids)) ?? [];
            if (late.Contains("memory")) Send(new StackEvent.Warned(_clock.GetUtcNow(), SurgeErrors.MemoryBefore(name)));
            Send(new StackEvent.ServiceLimited(_clock.GetUtcNow(), name, change));
        }
        var applied = _applied ?? _folder.ReadApplied()!;
        var wanted = applied.Wanted with
        {
            Services = [.. applied.Wanted.Services.Select(s => !names.Contains(s.Name) ? s : s with
            {
                MemoryLimit = After(s.MemoryLimit, change.MemoryBytes),
                CpuLimit = After(s.CpuLimit, change.Cpus),
                PidsLimit = After(s.PidsLimit, change.Pids),
            })],
        };
        _applied = applied with { Wanted = wanted };
        if (applied is not { Path: "", DieWithOwner: true, Remove: true }) _folder.Write(_applied);
        var file = applied.Path.Length == 0 ? wanted.Path : applied.Path;
        var inputs = StackReader.Inputs(_rooms.Paths.Run, _folder, alone: _works.Ground is { Outbound: false });
        if (Stack.Resolve(wanted, inputs, applied.Id, file, once: applied.Path.Length == 0).Value is { } stack) _works.Relimit(stack, names);
    }

    private static T? After<T>(T? before, T? change)
        where T : struct, IComparable<T> => change is not { } value ? before : value.CompareTo(default) < 0 ? null : value;

    // A service that is named must run; of all, those that do.
    private IEnumerable<(string Name, Capsule Capsule)> Running(ImmutableArray<string> services)
    {
        foreach (var name in Known(services))
        {
            if (_works.Find(name)?.Capsule is { } capsule) yield return (name, capsule);
            else if (!services.IsEmpty) throw new BoltException(SurgeErrors.NotRunning(name));
        }
    }
}
