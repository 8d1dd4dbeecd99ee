using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Bolt.Capsules;
using Bolt.Control;
using Bolt.Diagnostics;
using Bolt.Oci;
using Bolt.Surge;

namespace Bolt;

public sealed partial class BoltRuntime
{
    /// <summary>Stands all processes of services still; empty means all that run. They keep their memory, ports and connections.</summary>
    public IAsyncEnumerable<StackEvent> PauseAsync(StackName stack, ImmutableArray<string> services, CancellationToken cancellation) =>
        AskOwnerAsync(stack, new ControlRequest.Pause(services), cancellation);

    /// <summary>Lets services that stand still go on; empty means all.</summary>
    public IAsyncEnumerable<StackEvent> UnpauseAsync(StackName stack, ImmutableArray<string> services, CancellationToken cancellation) =>
        AskOwnerAsync(stack, new ControlRequest.Unpause(services), cancellation);

    /// <summary>
    /// Gives services other limits while they run. A restart keeps them; the next `up` makes them the Boltfile's again, for which
    /// it starts the service anew.
    /// </summary>
    public IAsyncEnumerable<StackEvent> UpdateAsync(StackName stack, ImmutableArray<string> services, LimitChange limits, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(limits);
        return AskOwnerAsync(stack, new ControlRequest.Update(services, limits), cancellation);
    }

    /// <summary>
    /// Sends a signal to the main process of services; empty means all that run. What then happens to one that ends is its
    /// restart policy's to say.
    /// </summary>
    /// <param name="stack">Of the services.</param>
    /// <param name="services">Which.</param>
    /// <param name="signal">A name, with or without SIG, or a number.</param>
    /// <param name="cancellation">Between two services.</param>
    /// <returns>Those that were running.</returns>
    public async Task<ImmutableArray<string>> KillAsync(StackName stack, ImmutableArray<string> services, string signal, CancellationToken cancellation)
    {
        const int stop = 19;
        if (ProcessNames.Signal(signal) is not (> 0 and var number)) throw new BoltException(SurgeErrors.NoSuchSignal(signal));
        // It would stop the init, which is not what runs.
        if (number == stop) throw new BoltException(SurgeErrors.StopIsPause());
        var running = Living(FolderOf(stack), services);
        foreach (var (_, capsule) in running) await capsule.SignalAsync(number, cancellation).ConfigureAwait(false);
        return [.. running.Select(r => r.Name)];
    }

    /// <summary>Waits for the end of a service's present run, or tells that of its last one.</summary>
    /// <returns>Its exit code, 128 + signal when a signal ended it.</returns>
    public async Task<int> WaitAsync(StackName stack, string service, CancellationToken cancellation)
    {
        var folder = FolderOf(stack);
        if (folder.ReadService(Known(folder, [service])[0]) is not { } record) throw new BoltException(SurgeErrors.NotRunning(service));
        var place = folder.Capsule(service, record.Run);
        if (Capsule.TryAdopt(place) is { } capsule) return (await capsule.WaitAsync(cancellation).ConfigureAwait(false)).ShellCode;
        return Capsule.ReadExit(place)?.ShellCode ?? throw new BoltException(SurgeErrors.NotRunning(service));
    }

    /// <summary>The processes of services; empty means all that run. The first of each is its init.</summary>
    public ImmutableArray<ServiceProcess> Top(StackName stack, ImmutableArray<string> services) =>
        [.. Living(FolderOf(stack), services).SelectMany(r => ServiceFigures.Processes(r.Name, r.Capsule))];

    /// <summary>
    /// What services use, each sample <paramref name="period"/> after the one before, the first included; empty means all that run. It
    /// ends when none of them runs any more.
    /// </summary>
    public async IAsyncEnumerable<ImmutableArray<ServiceUsage>> StatsAsync(
        StackName stack, ImmutableArray<string> services, TimeSpan period, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var folder = FolderOf(stack);
        var before = Usages(Living(folder, services));
        using var timer = new PeriodicTimer(period);
        while (before.Count > 0)
        {
            await timer.WaitForNextTickAsync(cancellation).ConfigureAwait(false);
            var now = Usages(Running(folder, services.IsEmpty ? StackReader.Names(folder) : [.. services]));
            yield return [.. now.Select(n => ServiceFigures.Usage(n.Key.Service, before.GetValueOrDefault(n.Key), n.Value))];
            before = now;
        }
    }

    // By run: the time of one is not taken from another's.
    private static SortedDictionary<(string Service, string Folder), CapsuleUsage> Usages(IEnumerable<(string Name, Capsule Capsule)> running)
    {
        var usages = new SortedDictionary<(string, string), CapsuleUsage>();
        foreach (var (name, capsule) in running)
            if (CapsuleUsage.Of(capsule) is { } usage) usages[(name, capsule.Folder)] = usage;
        return usages;
    }

    // A service that is named must run; of all, those that do.
    private static (string Name, Capsule Capsule)[] Living(StackFolder folder, ImmutableArray<string> services)
    {
        (string Name, Capsule Capsule)[] living = [.. Running(folder, Known(folder, services))];
        return services.FirstOrDefault(s => living.All(l => l.Name != s)) is { } missing
            ? throw new BoltException(SurgeErrors.NotRunning(missing))
            : living;
    }

    private static IEnumerable<(string Name, Capsule Capsule)> Running(StackFolder folder, IEnumerable<string> names)
    {
        foreach (var name in names)
            if (folder.ReadService(name) is { } record && Capsule.TryAdopt(folder.Capsule(name, record.Run)) is { } capsule)
                yield return (name, capsule);
    }

    private static ImmutableArray<string> Known(StackFolder folder, ImmutableArray<string> services)
    {
        var names = StackReader.Names(folder);
        if (names.Length == 0) throw new BoltException(SurgeErrors.NoSuchStack(folder.Name.Id));
        return services.FirstOrDefault(s => !names.Contains(s)) is { } stranger
            ? throw new BoltException(SurgeErrors.NoSuchService(stranger, names))
            : services.IsEmpty ? [.. names] : services;
    }
}
