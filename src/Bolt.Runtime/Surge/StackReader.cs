using System.Collections.Immutable;
using System.Net;
using Bolt.Capsules;
using Bolt.Networking;

namespace Bolt.Surge;

/// <summary>What the run folder and the kernel say about a stack, with or without a living owner.</summary>
internal static class StackReader
{
    /// <summary>Null when nothing of the stack is there.</summary>
    public static StackStatus? Read(StackFolder folder)
    {
        if (folder.ReadApplied() is not { } applied) return null;
        var ports = folder.ReadStack()?.Ports ?? [];
        var records = folder.ReadServices().ToDictionary(r => r.Name);
        var names = applied.Wanted.Services.Select(s => s.Name).Concat(records.Keys).Distinct();
        return new StackStatus(folder.Name.Id, applied.Wanted.Project, applied.Path, OwnerLock.OwnerOf(folder),
            [.. names.Select(n => Service(folder, n, records.GetValueOrDefault(n), ports))]);
    }

    private static ServiceStatus Service(StackFolder folder, string name, ServiceRecord? record, ImmutableArray<PublishedRecord> ports)
    {
        ImmutableArray<PortStatus> published = [.. ports.Where(p => p.Service == name).Select(p => p.Port)];
        if (record is null) return new ServiceStatus(name, "", ServiceState.Absent, null, null, 0, null, null, null, published);
        var place = folder.Capsule(name, record.Run);
        var capsule = Capsule.TryAdopt(place);
        var exit = capsule is null ? Capsule.ReadExit(place) : null;
        var state = capsule is { IsPaused: true } ? ServiceState.Paused
            : capsule is not null ? (record.ReadyAfter is null ? ServiceState.Starting : ServiceState.Ready)
            : record.StoppedByUser ? ServiceState.Stopped
            : ServiceState.Exited;
        return new ServiceStatus(name, record.Image, state, capsule?.Pid, exit?.ShellCode, record.Restarts,
            record.StartedAt, record.ReadyAfter, record.Address, published);
    }

    /// <summary>The status of a stack that is about to be another one. Pure.</summary>
    public static StackStatus Refit(StackStatus old, Stack stack, ImmutableArray<PublishedRecord> ports, ImmutableHashSet<string> coming)
    {
        ServiceStatus Of(StackService service)
        {
            var known = old.Services.FirstOrDefault(s => s.Name == service.Name)
                ?? new ServiceStatus(service.Name, "", ServiceState.Absent, null, null, 0, null, null, null, []);
            return known with
            {
                Image = service.Source,
                Address = service.Address.ToString(),
                State = coming.Contains(service.Name) && known.Pid is null ? ServiceState.Waiting : known.State,
                Ports = [.. ports.Where(p => p.Service == service.Name).Select(p => p.Port)],
            };
        }
        return old with { Project = stack.Project, Boltfile = stack.Boltfile, Services = [.. stack.Services.Select(Of)] };
    }

    /// <summary>Services that are wanted or have been started; none when there is no such stack.</summary>
    public static string[] Names(StackFolder folder) =>
        [.. (folder.ReadApplied()?.Wanted.Services.Select(s => s.Name) ?? []).Concat(folder.ReadServices().Select(r => r.Name)).Distinct()];

    /// <summary>A detached stack whose owner died while it serves.</summary>
    public static bool IsOrphan(StackFolder folder) =>
        folder.ReadStack() is { Detached: true } && folder.ReadApplied() is not null && AnyLives(folder);

    /// <summary>What a killed foreground owner left: nothing lives, and no one asked to keep it.</summary>
    public static bool IsDebris(StackFolder folder) =>
        OwnerLock.OwnerOf(folder) is null && !AnyLives(folder)
        && folder.ReadStack() is not { Detached: true }
        && folder.ReadApplied() is not { Path: "", Remove: false };

    private static bool AnyLives(StackFolder folder) =>
        folder.ReadServices().Any(r => Capsule.TryAdopt(folder.Capsule(r.Name, r.Run)) is not null);

    /// <summary>One snapshot for the planner.</summary>
    /// <param name="rooms">Where the volumes are.</param>
    /// <param name="folder">The stack's run folder.</param>
    /// <param name="stack">What is wanted.</param>
    /// <param name="network">Record of the network that runs; null when none does.</param>
    /// <param name="supervised">Whether this process watches a service already.</param>
    /// <param name="owned">Another process watches all that runs.</param>
    public static Observed Observe(StackRooms rooms, StackFolder folder, Stack stack, StackRecord? network, Func<string, bool> supervised, bool owned = false)
    {
        var records = folder.ReadServices().ToDictionary(r => r.Name);
        var services = stack.Services.Select(s => s.Name).Concat(records.Keys).Distinct().Select(name =>
        {
            var record = records.GetValueOrDefault(name);
            var wanted = stack.Services.FirstOrDefault(s => s.Name == name);
            var watched = supervised(name);
            var running = watched || (record is not null && Capsule.TryAdopt(folder.Capsule(name, record.Run)) is not null);
            return new ObservedService(name, record?.Hash, record?.SourceMark,
                wanted is null ? "" : SourceMark.Of(wanted.Wanted.Source, stack.Folder), running, watched || (owned && running), record?.StoppedByUser ?? false);
        });
        return new Observed(
            network is null ? null : new ObservedNetwork(network.Subnet, network.NetworkHash),
            [.. services],
            [.. rooms.Volumes.List(folder.Name.Id).Select(v => v.Name)]);
    }

    /// <summary>The stack's subnet and addresses as they are, or a free subnet.</summary>
    public static StackInputs Inputs(string runFolder, StackFolder folder, bool alone = false)
    {
        var subnet = folder.ReadStack() is { } record && IPNetwork.TryParse(record.Subnet, out var known)
            ? known
            : alone ? SubnetPool.Closed
            : SubnetPool.Pick(folder.Name.Id, Others(runFolder, folder));
        return new StackInputs(subnet, folder.ReadServices()
            .Where(r => IPAddress.TryParse(r.Address, out _))
            .ToImmutableDictionary(r => r.Name, r => IPAddress.Parse(r.Address)));
    }

    private static IEnumerable<IPNetwork> Others(string runFolder, StackFolder folder) =>
        StackFolder.All(runFolder).Where(f => f.Name != folder.Name)
            .Select(f => f.ReadStack()?.Subnet)
            .OfType<string>()
            .Select(s => IPNetwork.TryParse(s, out var subnet) ? subnet : default);
}
