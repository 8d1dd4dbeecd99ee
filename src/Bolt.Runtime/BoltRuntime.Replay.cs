using System.Collections.Immutable;
using Bolt.Boltfiles;
using Bolt.Diagnostics;
using Bolt.Surge;

namespace Bolt;

public sealed partial class BoltRuntime
{
    /// <summary>
    /// Brings a stack up as a snapshot has it, beside whatever else runs: a name, a network and data of its own, which go with it.
    /// Folders of the host that it shows to services are those of <paramref name="folder"/>, where they were not copied.
    /// </summary>
    /// <param name="path">The file that <see cref="EphemeralStack.SnapshotAsync"/> wrote.</param>
    /// <param name="folder">What relative paths of its Boltfile are relative to, where the original folder is not there.</param>
    /// <param name="options">Bounds and wishes.</param>
    /// <param name="variables">Reads one environment variable: values that came from the environment come from this one.</param>
    /// <param name="cancellation">Gives up; what was started is stopped.</param>
    /// <returns>Once every service is ready.</returns>
    /// <exception cref="BoltException">BOLT606x: the file cannot be replayed here; a step failed.</exception>
    public async Task<ReplayedStack> ReplayAsync(
        string path, string folder, EphemeralOptions options, Func<string, string?> variables, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        var reader = new SnapshotReader(Rooms, path);
        var content = await Task.Run(reader.Open, cancellation).ConfigureAwait(false);
        var record = content.Record;
        var root = Path.GetFullPath(Directory.Exists(record.Folder) ? record.Folder : folder);
        var wanted = SnapshotVariables.FillIn(record, variables) with { Path = Path.Combine(root, "Boltfile.toml") };
        var files = record.Files.Select(f => new EphemeralFile(f.Service, f.Target, Convert.FromBase64String(f.Content), (UnixFileMode)f.Mode & (UnixFileMode)0xFFF));
        // What it stands on is pinned in the snapshot; no lock of the machine is touched.
        var wishes = options with { Outbound = options.Outbound || record.Outbound, Unwritten = true, Files = [.. files] };
        var stack = await StartEphemeralAsync(wanted, wishes, async ground =>
        {
            var places = await reader.UnpackAsync(record, Path.Combine(ground, "layers"), cancellation).ConfigureAwait(false);
            var frozen = await reader.FrozenAsync(content, wanted, places, ground, options.Offline, cancellation).ConfigureAwait(false);
            return (WithFiles(wanted, wishes.Files, Path.Combine(ground, "files")), frozen);
        }, new Lazy<string>(record.Password), cancellation).ConfigureAwait(false);
        return new ReplayedStack(stack, record.Stack, record.At, content.Events);
    }
}

/// <summary>A stack that was brought up from a snapshot.</summary>
/// <param name="Stack">As it runs now.</param>
/// <param name="Original">Name of the stack that the snapshot was taken of.</param>
/// <param name="At">When.</param>
/// <param name="Events">All that had happened to it until then.</param>
public sealed record ReplayedStack(EphemeralStack Stack, string Original, DateTimeOffset At, ImmutableArray<StackEvent> Events);
