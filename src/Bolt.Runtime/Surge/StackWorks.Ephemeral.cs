using System.Collections.Concurrent;
using System.Collections.Immutable;
using Bolt.Capsules;
using Bolt.Diagnostics;
using Bolt.Networking;

namespace Bolt.Surge;

internal sealed partial class StackWorks
{
    /// <summary>Null: a stack that keeps its data as the Boltfile says.</summary>
    public EphemeralGround? Ground { get; init; }

    private readonly ConcurrentDictionary<string, LinkTrouble> _troubles = new();

    // Volumes that several services write to cannot be one overlay for each of them.
    private bool IsShared(string volume) => Stack.Services.Count(s => Planner.VolumesOf(s).Contains(volume)) > 1;

    /// <summary>Has services write down what they keep in memory: their recipes say how.</summary>
    public async Task QuiesceAsync(CancellationToken cancellation)
    {
        foreach (var service in Stack.Services)
        {
            if (_running.GetValueOrDefault(service.Name)?.Capsule is not { } capsule) continue;
            var image = await ImageOfAsync(service, cancellation).ConfigureAwait(false);
            if (image.Recipe?.Freeze is not { IsEmpty: false } command || service.Wanted.Entrypoint is not null) continue;
            using var words = new MemoryStream();
            var code = await capsule.ExecAsync(
                new ExecSpec(command, [], null, null, false), new ExecStreams(null, words, words), null, cancellation).ConfigureAwait(false);
            if (code != 0) throw new BoltException(SurgeErrors.FreezeFailed(service.Name, code, System.Text.Encoding.UTF8.GetString(words.ToArray()).Trim()));
        }
    }

    /// <summary>Every service has ended: what they wrote is from now on what they begin with.</summary>
    public async Task FreezeAsync(CancellationToken cancellation)
    {
        var frozen = Ground!.Frozen;
        var services = frozen.Services;
        var volumes = frozen.Volumes;
        var shared = frozen.Shared;
        var images = frozen.Images;
        foreach (var service in Stack.Services)
        {
            var upper = Ground.UpperOf(service.Name) + "/upper";
            if (Directory.Exists(upper)) services = services.SetItem(service.Name, [.. frozen.LayersOf(service.Name), upper]);
            images = images.SetItem(service.Name, await ImageOfAsync(service, cancellation).ConfigureAwait(false));
        }
        foreach (var volume in Stack.Volumes.Select(v => v.Name))
        {
            if (rooms.Volumes.Find(folder.Name.Id, volume) is { } own && IsShared(volume))
            {
                await rooms.Files.CopyTreeAsync(own.DataFolder, Ground.CopyOf(volume), cancellation).ConfigureAwait(false);
                shared = shared.SetItem(volume, Ground.CopyOf(volume));
            }
            else if (frozen.Volumes.TryGetValue(volume, out var lowers))
            {
                if (Directory.Exists(Ground.UpperOfVolume(volume) + "/upper")) volumes = volumes.SetItem(volume, lowers.Add(Ground.UpperOfVolume(volume) + "/upper"));
            }
            else if (rooms.Volumes.Find(folder.Name.Id, volume) is { } first)
            {
                volumes = volumes.SetItem(volume, [first.DataFolder]);
            }
        }
        Ground.Advance(frozen with { Services = services, Volumes = volumes, Shared = shared, Images = images });
    }

    /// <summary>Every service has ended: what they hold becomes a file. Nothing of the stack is changed.</summary>
    public async Task SnapshotAsync(SnapshotOrder order, CancellationToken cancellation)
    {
        var work = Path.Combine(Ground!.Folder, "snapshot");
        var writer = new SnapshotWriter(rooms, work);
        try
        {
            var services = ImmutableArray.CreateBuilder<SnapshotService>();
            foreach (var service in Stack.Services)
            {
                var image = await ImageOfAsync(service, cancellation).ConfigureAwait(false);
                var template = await TemplateOfAsync(service, image, CredentialsOf(service, image.Recipe), cancellation).ConfigureAwait(false);
                var upper = Ground.UpperOf(service.Name) + "/upper";
                string[] folders = [.. template is null ? (string[])[] : [template], .. Ground.Frozen.LayersOf(service.Name), .. Directory.Exists(upper) ? (string[])[upper] : []];
                services.Add(new SnapshotService(service.Name, await AddAsync(writer, folders, cancellation).ConfigureAwait(false),
                    service.Wanted.Source is Boltfiles.ServiceSource.Build ? writer.Add(image) : null));
            }
            var volumes = ImmutableArray.CreateBuilder<SnapshotVolume>();
            foreach (var volume in Stack.Volumes.Select(v => v.Name))
            {
                var upper = Ground.UpperOfVolume(volume) + "/upper";
                string[] folders = Ground.Frozen.Volumes.TryGetValue(volume, out var lowers) ? [.. lowers, .. Directory.Exists(upper) ? (string[])[upper] : []]
                    : rooms.Volumes.Find(folder.Name.Id, volume) is { } own ? [own.DataFolder] : [];
                if (folders.Length > 0) volumes.Add(new SnapshotVolume(volume, IsShared(volume), await AddAsync(writer, folders, cancellation).ConfigureAwait(false)));
            }
            var texts = order.Texts.Add((SnapshotRecord.LockName, System.Text.Encoding.UTF8.GetBytes(Lock.Current.ToString())));
            await writer.WriteAsync(order with { Texts = texts }, order.Record with { Services = services.ToImmutable(), Volumes = volumes.ToImmutable() }, cancellation).ConfigureAwait(false);
        }
        finally
        {
            if (Directory.Exists(work)) Directory.Delete(work, recursive: true);
        }
    }

    private static async Task<ImmutableArray<SnapshotLayer>> AddAsync(SnapshotWriter writer, string[] folders, CancellationToken cancellation)
    {
        var layers = ImmutableArray.CreateBuilder<SnapshotLayer>();
        foreach (var it in folders) layers.Add(await writer.AddAsync(it, cancellation).ConfigureAwait(false));
        return layers.ToImmutable();
    }

    /// <summary>Every service has ended: what they wrote since the stack was frozen goes.</summary>
    public async Task ThrowAwayAsync()
    {
        var left = Ground!.Advance(Ground.Frozen);
        Ground.Removal = Task.WhenAll(Ground.Removal, rooms.Files.DeleteTreesAsync(left, CancellationToken.None));
        foreach (var volume in Stack.Volumes.Where(v => !Ground.Frozen.Volumes.ContainsKey(v.Name)))
        {
            if (rooms.Volumes.Find(folder.Name.Id, volume.Name) is not { } own) continue;
            await rooms.Volumes.RemoveAsync(own, CancellationToken.None).ConfigureAwait(false);
            await CreateVolumeAsync(volume.Name, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Makes a service's link as bad as this says, also that of later runs of it.</summary>
    public void Disturb(string service, LinkTrouble trouble)
    {
        _troubles[service] = trouble;
        if (_running.GetValueOrDefault(service) is { Veth: { } veth, Capsule: not null }) _network!.Disturb(veth, trouble);
    }

    /// <summary>All at once and without a word: what they would write at their end is not wanted.</summary>
    public async Task KillAllAsync()
    {
        var all = _running.Values.ToArray();
        await Task.WhenAll(all.Select(async it =>
        {
            await it.AskToStopAsync().ConfigureAwait(false);
            if (it.Capsule is { } capsule) await capsule.StopAsync(TimeSpan.Zero, CancellationToken.None).ConfigureAwait(false);
            await it.Ended.Task.ConfigureAwait(false);
        })).ConfigureAwait(false);
    }

    private ImmutableDictionary<string, CapsuleMount.Copy> CopiesOf(StackService service) => Ground is null
        ? ImmutableDictionary<string, CapsuleMount.Copy>.Empty
        : Planner.VolumesOf(service).Where(v => Ground.Frozen.Volumes.ContainsKey(v)).ToImmutableDictionary(
            v => v, v => new CapsuleMount.Copy(Ground.Frozen.Volumes[v], Ground.UpperOfVolume(v), "", false));
}
