using System.Collections.Immutable;
using Bolt.Capsules;
using Bolt.Diagnostics;
using Bolt.Networking;

namespace Bolt.Surge;

/// <summary>Takes away what a stack leaves behind, with or without an owner's memory of it.</summary>
internal static class StackRemains
{
    /// <summary>`down` without an owner: what lives is stopped, the last started first, and all is removed.</summary>
    public static async IAsyncEnumerable<StackEvent> DownAsync(StackRooms rooms, StackFolder folder, bool volumes, TimeProvider clock)
    {
        if (StackReader.Read(folder) is { } status) yield return new StackEvent.Snapshot(clock.GetUtcNow(), status);
        foreach (var record in folder.ReadServices().OrderByDescending(r => r.StartedAt))
        {
            if (Capsule.TryAdopt(folder.Capsule(record.Name, record.Run)) is not { } capsule) continue;
            var exit = await capsule.StopAsync(StackWorks.Grace, CancellationToken.None).ConfigureAwait(false);
            yield return new StackEvent.ServiceExited(clock.GetUtcNow(), record.Name, exit.Code, exit.Signal, exit.OutOfMemory);
            yield return new StackEvent.ServiceStopped(clock.GetUtcNow(), record.Name);
        }
        var warnings = new List<Diagnostic>();
        var remains = await RemoveAsync(rooms, folder, Network.TryAdopt(folder.Network), volumes, warnings.Add).ConfigureAwait(false);
        foreach (var warning in warnings) yield return new StackEvent.Warned(clock.GetUtcNow(), warning);
        yield return new StackEvent.StackStopped(clock.GetUtcNow(), remains.Kept, remains.Deleted);
    }

    /// <summary>Removes capsules, network, records and, when they are named, volumes; a failure is a warning and keeps nothing else.</summary>
    public static async Task<(ImmutableArray<string> Kept, ImmutableArray<string> Deleted)> RemoveAsync(
        StackRooms rooms, StackFolder folder, Network? network, bool volumes, Action<Diagnostic> warn)
    {
        var id = folder.Name.Id;
        if (Directory.Exists(folder.CapsulesFolder))
        {
            foreach (var capsule in Directory.EnumerateDirectories(folder.CapsulesFolder))
                await TryAsync($"remove {capsule}", () => Capsule.DeleteAsync(capsule, rooms.Files, CancellationToken.None), warn).ConfigureAwait(false);
        }
        if (network is not null) await TryAsync("remove the network", () => network.RemoveAsync(CancellationToken.None), warn).ConfigureAwait(false);
        var before = rooms.Volumes.List(id);
        if (volumes)
        {
            foreach (var volume in before)
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
        return (kept, [.. before.Select(v => v.Name).Except(kept)]);
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
