using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Bolt.Control;
using Bolt.Diagnostics;
using Bolt.Surge;

namespace Bolt;

public sealed partial class BoltRuntime
{
    /// <summary>
    /// Stops a stack in reverse order and removes all of it but its volumes, with or without a living owner. No event at
    /// all means that there was nothing to stop.
    /// </summary>
    /// <param name="stack">Which one.</param>
    /// <param name="volumes">Its volumes and their data are deleted too.</param>
    /// <param name="cancellation">Stops watching; what began goes on.</param>
    public async IAsyncEnumerable<StackEvent> DownAsync(
        StackName stack, bool volumes, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var folder = FolderOf(stack);
        if (await OwnerAsync(folder, adopt: false, cancellation).ConfigureAwait(false) is { } owner)
        {
            await using (owner.ConfigureAwait(false))
            {
                await foreach (var happened in owner.AskAsync(new ControlRequest.Down(volumes), cancellation).ConfigureAwait(false)) yield return happened;
            }
            yield break;
        }
        if (!folder.Exists && !(volumes && Rooms.Volumes.List(stack.Id).Count > 0)) yield break;
        using var owned = OwnerLock.TryTake(folder) ?? throw new BoltException(SurgeErrors.Owned(stack.Id));
        await foreach (var happened in StackRemains.DownAsync(Rooms, folder, volumes, TimeProvider.System).ConfigureAwait(false)) yield return happened;
    }

    /// <summary>A stack as it stands; null when nothing of it exists.</summary>
    public async Task<StackStatus?> StatusAsync(StackName stack, CancellationToken cancellation)
    {
        var folder = FolderOf(stack);
        if (!folder.Exists) return null;
        var owner = await OwnerAsync(folder, adopt: true, cancellation).ConfigureAwait(false);
        if (owner is not null)
        {
            await using (owner.ConfigureAwait(false))
            {
                if (await owner.StatusAsync(cancellation).ConfigureAwait(false) is { } status) return status;
            }
        }
        if (StackReader.IsDebris(folder))
        {
            using var owned = OwnerLock.TryTake(folder);
            if (owned is null) return StackReader.Read(folder);
            await foreach (var _ in StackRemains.DownAsync(Rooms, folder, false, TimeProvider.System).ConfigureAwait(false)) { }
            return null;
        }
        return StackReader.Read(folder);
    }

    /// <summary>All stacks of this user, by id.</summary>
    public async Task<ImmutableArray<StackStatus>> ListAsync(CancellationToken cancellation)
    {
        var all = ImmutableArray.CreateBuilder<StackStatus>();
        foreach (var folder in StackFolder.All(Options.RunFolder))
        {
            if (await StatusAsync(folder.Name, cancellation).ConfigureAwait(false) is { } status) all.Add(status);
        }
        return all.ToImmutable();
    }

    /// <summary>The stack's events from now on, a <see cref="StackEvent.Snapshot"/> first, while an owner lives.</summary>
    public IAsyncEnumerable<StackEvent> WatchAsync(StackName stack, CancellationToken cancellation) =>
        AskOwnerAsync(stack, new ControlRequest.Watch(), cancellation);

    /// <summary>Stops services; empty means all. They stay stopped until started again.</summary>
    public IAsyncEnumerable<StackEvent> StopAsync(StackName stack, ImmutableArray<string> services, CancellationToken cancellation) =>
        AskOwnerAsync(stack, new ControlRequest.Stop(services), cancellation);

    /// <summary>Starts stopped services and waits until they are ready; empty means all.</summary>
    public IAsyncEnumerable<StackEvent> StartAsync(StackName stack, ImmutableArray<string> services, CancellationToken cancellation) =>
        AskOwnerAsync(stack, new ControlRequest.Start(services), cancellation);

    /// <summary>Stops and starts services; empty means all.</summary>
    public IAsyncEnumerable<StackEvent> RestartAsync(StackName stack, ImmutableArray<string> services, CancellationToken cancellation) =>
        AskOwnerAsync(stack, new ControlRequest.Restart(services), cancellation);

    private async IAsyncEnumerable<StackEvent> AskOwnerAsync(
        StackName stack, ControlRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var folder = FolderOf(stack);
        await using var owner = await OwnerAsync(folder, adopt: true, cancellation).ConfigureAwait(false)
            ?? throw new BoltException(OwnerLock.OwnerOf(folder) is null ? SurgeErrors.NoSuchStack(stack.Id) : SurgeErrors.Owned(stack.Id));
        await foreach (var happened in owner.AskAsync(request, cancellation).ConfigureAwait(false)) yield return happened;
    }
}
