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
        if (it.Capsule is { } capsule) await capsule.StopAsync(Grace, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Keeps a stop across owners: a service that the user stopped is not started by whoever comes next.</summary>
    public void RecordStop(string service)
    {
        if (folder.ReadService(service) is { } record) folder.Write(record with { StoppedByUser = true });
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

    /// <summary>Removes all that is left of a stack whose services have ended. Returns the volumes that are kept.</summary>
    public async Task<ImmutableArray<string>> TearDownAsync(bool volumes)
    {
        await _names.CancelAsync().ConfigureAwait(false);
        var network = _network ?? Network.TryAdopt(folder.Network);
        _network = null;
        return await StackRemains.RemoveAsync(rooms, folder, network, volumes, w => tell(new StackEvent.Warned(clock.GetUtcNow(), w))).ConfigureAwait(false);
    }
}

/// <summary>Takes away what a stack leaves behind, with or without an owner's memory of it.</summary>
internal static class StackRemains
{
    public static async Task<ImmutableArray<string>> RemoveAsync(
        StackRooms rooms, StackFolder folder, Network? network, bool volumes, Action<Diagnostic> warn)
    {
        var id = folder.Name.Id;
        if (Directory.Exists(folder.CapsulesFolder))
        {
            foreach (var capsule in Directory.EnumerateDirectories(folder.CapsulesFolder))
                await TryAsync($"remove {capsule}", () => Capsule.DeleteAsync(capsule, rooms.Files, CancellationToken.None), warn).ConfigureAwait(false);
        }
        if (network is not null) await TryAsync("remove the network", () => network.RemoveAsync(CancellationToken.None), warn).ConfigureAwait(false);
        if (volumes)
        {
            foreach (var volume in rooms.Volumes.List(id))
                await TryAsync($"delete volume `{volume.Name}`", () => rooms.Volumes.RemoveAsync(volume, CancellationToken.None), warn).ConfigureAwait(false);
        }
        ImmutableArray<string> kept = [.. rooms.Volumes.List(id).Select(v => v.Name)];
        // Passwords live as long as the data that they open.
        if (kept.IsEmpty) new PasswordFile(Path.Combine(rooms.Paths.State, "stacks", id)).Delete();
        await TryAsync($"remove {folder.Path}", () =>
        {
            if (folder.Exists) Directory.Delete(folder.Path, recursive: true);
            return Task.CompletedTask;
        }, warn).ConfigureAwait(false);
        return kept;
    }

    // One thing that will not go must not keep the rest.
    private static async Task TryAsync(string what, Func<Task> remove, Action<Diagnostic> warn)
    {
        try
        {
            await remove().ConfigureAwait(false);
        }
        catch (Exception error) when (error is BoltException or IOException or UnauthorizedAccessException)
        {
            warn((error is BoltException bolt ? bolt.Diagnostic : SurgeErrors.Unexpected(what, error)) with { Severity = Severity.Warning });
        }
    }
}
