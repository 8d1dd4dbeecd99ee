using Bolt.Builds;
using Bolt.Capsules;
using Bolt.Diagnostics;
using Bolt.Storage;

namespace Bolt.Surge;

internal sealed partial class StackWorks
{
    private Task CreateVolumeAsync(string name, CancellationToken cancellation)
    {
        if (Ground?.Frozen.Volumes.ContainsKey(name) == true) return Task.CompletedTask;
        if (Ground?.Frozen.Shared.TryGetValue(name, out var copy) == true) return rooms.Volumes.CopyAsync(folder.Name.Id, name, copy, cancellation);
        var size = Stack.Volumes.First(v => v.Name == name).Size;
        if (rooms.Volumes.CheckSpace(name, size) is { } warning) tell(new StackEvent.Warned(clock.GetUtcNow(), warning));
        return rooms.Volumes.CreateAsync(folder.Name.Id, name, size, cancellation);
    }

    private async Task RemoveVolumeAsync(string name, CancellationToken cancellation)
    {
        if (rooms.Volumes.Find(folder.Name.Id, name) is { } volume) await rooms.Volumes.RemoveAsync(volume, cancellation).ConfigureAwait(false);
    }

    private async Task<Dictionary<string, string>> VolumeFoldersAsync(StackService service, PreparedImage image, CancellationToken cancellation)
    {
        if (service.StorageVolume is not null && image.Recipe?.DataFolder is null)
            throw new BoltException(SurgeErrors.NoDataFolder(service.Name, service.Source));
        var folders = new Dictionary<string, string>();
        foreach (var name in Planner.VolumesOf(service))
        {
            if (Ground?.Frozen.Volumes.ContainsKey(name) == true) continue;
            var volume = rooms.Volumes.Find(folder.Name.Id, name)
                ?? await rooms.Volumes.CreateAsync(folder.Name.Id, name, null, cancellation).ConfigureAwait(false);
            folders[name] = volume.DataFolder;
        }
        if (CapsuleDraft.DataVolume(service, image.Recipe) is { } data && folders.ContainsKey(data) && image.Recipe!.Initialize is not null)
            folders[data] = await InitializeAsync(service, image, rooms.Volumes.Find(folder.Name.Id, data)!, cancellation).ConfigureAwait(false);
        return folders;
    }

    private async Task<string> InitializeAsync(StackService service, PreparedImage image, Volume volume, CancellationToken cancellation)
    {
        if (volume.Initialized) return volume.DataFolder;
        var started = Path.Combine(Passwords.Folder, $"initializing-{volume.Name}");
        if (File.Exists(started))
        {
            // This mark says that what lies there is our own half-made work, which no service has ever used.
            await rooms.Volumes.RemoveAsync(volume, cancellation).ConfigureAwait(false);
            volume = await rooms.Volumes.CreateAsync(volume.Stack, volume.Name, volume.Size, cancellation).ConfigureAwait(false);
        }
        Directory.CreateDirectory(Passwords.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await File.WriteAllBytesAsync(started, [], cancellation).ConfigureAwait(false);

        var credentials = CredentialsOf(service, image.Recipe) ?? new RecipeCredentials("", "", "");
        var place = $"{folder.CapsulesFolder}/{service.Name}-init";
        await Capsule.DeleteAsync(place, rooms.Files, cancellation).ConfigureAwait(false);
        var spec = CapsuleDraft.Initializer(service, image, CapsuleId(service.Name) + "-init", place, rooms.Ids, volume.DataFolder, credentials);
        var capsule = await Capsule.StartAsync(rooms.ShimPath, spec, cancellation).ConfigureAwait(false);
        CapsuleExit exit;
        try
        {
            exit = await capsule.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await capsule.StopAsync(TimeSpan.Zero, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        if (exit.ShellCode != 0)
            throw new BoltException(SurgeErrors.InitializeFailed(service.Name, exit.ShellCode, await LastLinesAsync(place).ConfigureAwait(false)));
        await Capsule.DeleteAsync(place, rooms.Files, cancellation).ConfigureAwait(false);
        await rooms.Volumes.MarkInitializedAsync(volume, CancellationToken.None).ConfigureAwait(false);
        File.Delete(started);
        return volume.DataFolder;
    }
}
