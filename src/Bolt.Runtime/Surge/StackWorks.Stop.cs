using System.Collections.Immutable;
using Bolt.Capsules;
using Bolt.Diagnostics;
using Bolt.Networking;

namespace Bolt.Surge;

internal sealed partial class StackWorks
{
    /// <summary>How long a service may take to end before it is killed; Docker's number.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>Asks one run to end and kills it after <see cref="Grace"/>. Its end arrives as a signal.</summary>
    public async Task StopRunAsync(string service, int run)
    {
        if (!_running.TryGetValue(service, out var it) || it.Run != run) return;
        await it.AskToStopAsync().ConfigureAwait(false);
        if (it.Capsule is { } capsule) await capsule.StopAsync(Abrupt ? TimeSpan.Zero : Grace, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Nobody wants what services write at their end.</summary>
    public bool Abrupt { get; set; }

    /// <summary>Keeps a stop across owners: a service that the user stopped is not started by whoever comes next.</summary>
    public void RecordStop(string service)
    {
        if (Find(service) is { Record: { } live } it) folder.Write(it.Record = live with { StoppedByUser = true });
        else if (folder.ReadService(service) is { } record) folder.Write(record with { StoppedByUser = true });
    }

    /// <summary>These run under the limits that the stack says now.</summary>
    public void Relimit(Stack stack, ImmutableArray<string> services)
    {
        Stack = stack;
        foreach (var name in services)
        {
            if (Find(name) is { Record: { } live } it) folder.Write(it.Record = live with { Hash = stack[name].Hash });
        }
    }

    private async Task StopAsync(string service, CancellationToken cancellation)
    {
        if (_running.TryGetValue(service, out var it))
        {
            signal(new Signal.StopAsked(clock.GetUtcNow(), [service]));
            await it.Ended.Task.WaitAsync(cancellation).ConfigureAwait(false);
        }
        else if (folder.ReadService(service) is { } record && Capsule.TryAdopt(folder.Capsule(service, record.Run)) is { } stranger)
        {
            await stranger.StopAsync(Grace, cancellation).ConfigureAwait(false);
        }
        if (Stack.Services.Any(s => s.Name == service)) return;
        foreach (var run in folder.Runs(service))
            await Capsule.DeleteAsync(folder.Capsule(service, run), rooms.Files, cancellation).ConfigureAwait(false);
        folder.ForgetService(service);
        signal(new Signal.Forget(clock.GetUtcNow(), service));
    }

    /// <summary>Removes all that is left of a stack whose services have ended. Returns its volumes.</summary>
    public async Task<(ImmutableArray<string> Kept, ImmutableArray<string> Deleted)> TearDownAsync(bool volumes, bool keepRecords)
    {
        // Last words are read from folders that go away below. Whoever attached hears of a failure himself.
        await Task.WhenAll(_attached).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _names.CancelAsync().ConfigureAwait(false);
        var network = _network ?? Network.TryAdopt(folder.Network);
        _network = null;
        if (keepRecords)
        {
            if (network is not null) await network.RemoveAsync(CancellationToken.None).ConfigureAwait(false);
            return ([.. rooms.Volumes.List(folder.Name.Id).Select(v => v.Name)], []);
        }
        if (Ground is not null)
        {
            await Ground.Removal.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // Its files go beside: nobody waits for what nobody will read.
            Ground.Removal = Directory.Exists(Ground.Folder) ? rooms.Files.DeleteTreeAsync(Ground.Folder, CancellationToken.None) : Task.CompletedTask;
        }
        return await StackRemains.RemoveAsync(rooms, folder, network, volumes, w => tell(new StackEvent.Warned(clock.GetUtcNow(), w))).ConfigureAwait(false);
    }
}
