using System.Collections.Concurrent;
using System.Collections.Immutable;
using Bolt.Boltfiles;
using Bolt.Diagnostics;
using Bolt.Storage;
using Bolt.Surge;

namespace Bolt;

public sealed partial class BoltRuntime
{
    // One for each pair of folders, whoever asks: what it waits for is the end of this process.
    private static readonly ConcurrentDictionary<(string Run, string State), Lazy<Task<Reaper>>> Reapers = new();
    private static int _ephemeral;

    // The same for all ephemeral stacks of a user: prepared data folders are kept by it. It opens nothing that outlives its test.
    private readonly Lazy<string> _ephemeralPassword = new(() => new PasswordFile(Path.Combine(options.StateFolder, "ephemeral-password")).Of("all"));

    /// <summary>
    /// Brings a copy of a stack up that lives and dies with this process and is thrown away at its end: it has a name, volumes and
    /// a network of its own, publishes no port of the host (<see cref="EphemeralStack.ConnectAsync"/> leads in), and leaves nothing
    /// behind, however the process ends. What the Boltfile keeps on disk is kept only as long as the stack is.
    /// </summary>
    /// <param name="boltfile">What is wanted; its path tells where relative paths and bolt.lock are.</param>
    /// <param name="options">Wishes for this copy.</param>
    /// <param name="cancellation">Gives up; what was started is stopped.</param>
    /// <returns>Once every service is ready.</returns>
    /// <exception cref="Bolt.Diagnostics.BoltException">A step failed; nothing is left running.</exception>
    public async Task<EphemeralStack> StartEphemeralAsync(Boltfile boltfile, EphemeralOptions options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(boltfile);
        ArgumentNullException.ThrowIfNull(options);
        // A data folder on a volume is made with care for a power cut, which no test waits for.
        var wanted = boltfile with { Services = [.. boltfile.Services.Select(s => s with { Storage = null })] };
        return await StartEphemeralAsync(wanted, options, ground => Task.FromResult((WithFiles(wanted, options.Files, Path.Combine(ground, "files")), FrozenStack.Empty)),
            _ephemeralPassword, cancellation).ConfigureAwait(false);
    }

    /// <param name="begin">Given the stack's own folder, what it is to be and what it begins with.</param>
    internal async Task<EphemeralStack> StartEphemeralAsync(
        Boltfile wanted, EphemeralOptions options, Func<string, Task<(Boltfile Wanted, FrozenStack Frozen)>> begin, Lazy<string> password, CancellationToken cancellation)
    {
        var rooms = Rooms;
        var reaper = await Reapers.GetOrAdd(
            (rooms.Paths.Run, rooms.Paths.State),
            _ => new Lazy<Task<Reaper>>(() => Reaper.StartAsync(rooms.ShimPath, rooms.Paths, rooms.Ids, CancellationToken.None))).Value.ConfigureAwait(false);
        var name = new StackName($"{reaper.Prefix}{Interlocked.Increment(ref _ephemeral)}-{StackName.Clean(wanted.Project)}");
        var place = Path.Combine(rooms.Paths.State, "ephemeral", name.Id);
        StoreFolders.Ensure(place);
        FrozenStack frozen;
        try
        {
            (wanted, frozen) = await begin(place).ConfigureAwait(false);
        }
        catch
        {
            await rooms.Files.DeleteTreeAsync(place, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        var ground = new EphemeralGround(place, frozen, password, options.Outbound);
        var request = new StackRequest(
            name.Id, options.Unwritten ? "" : Path.GetFullPath(wanted.Path), wanted, [], Offline: options.Offline,
            DieWithOwner: true, Remove: true, ReadyTimeout: options.ReadyTimeout);
        var stack = new EphemeralStack(this, rooms, FolderOf(name), request, options, ground);
        try
        {
            await stack.UpAsync(cancellation).ConfigureAwait(false);
            return stack;
        }
        catch
        {
            await stack.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static Boltfile WithFiles(Boltfile wanted, ImmutableArray<EphemeralFile> files, string folder)
    {
        foreach (var (file, n) in files.Select((f, n) => (f, n)))
        {
            StoreFolders.Ensure(folder);
            var path = Path.Combine(folder, n.ToString(System.Globalization.CultureInfo.InvariantCulture));
            File.WriteAllBytes(path, file.Content.ToArray());
            File.SetUnixFileMode(path, file.Mode);
            var service = wanted.Services.FirstOrDefault(s => s.Name == file.Service)
                ?? throw new BoltException(SurgeErrors.NoSuchService(file.Service, wanted.Services.Select(s => s.Name)));
            wanted = wanted with
            {
                Services = wanted.Services.Replace(service, service with { Volumes = service.Volumes.Add(new VolumeMount.Bind(path, file.Target, true)) }),
            };
        }
        return wanted;
    }
}
