using System.Runtime.CompilerServices;
using Bolt.Capsules;
using Bolt.Diagnostics;
using Bolt.Surge;

namespace Bolt;

public sealed partial class BoltRuntime
{
    /// <summary>What the services wrote, merged by time; following goes on across restarts.</summary>
    public async IAsyncEnumerable<LogLine> LogsAsync(
        StackName stack, LogOptions options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        var folder = FolderOf(stack);
        if (!folder.Exists) throw new BoltException(SurgeErrors.NoSuchStack(stack.Id));
        var owner = await OwnerAsync(folder, adopt: true, cancellation).ConfigureAwait(false);
        if (owner is not null) await owner.DisposeAsync().ConfigureAwait(false);
        var starts = options.Follow && owner is not null ? WatchAsync(stack, cancellation) : null;
        var lines = StackLog.ReadAsync(folder, options, starts, cancellation);
        await foreach (var line in lines.ConfigureAwait(false)) yield return line;
    }

    /// <summary>Runs a command in a running service. Returns its exit code (125 Bolt failed, 126 not executable, 127 not found).</summary>
    public async Task<int> ExecAsync(StackName stack, ExecOptions options, CallerStreams streams, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(streams);
        var folder = FolderOf(stack);
        var names = StackReader.Names(folder);
        if (names.Length == 0) throw new BoltException(SurgeErrors.NoSuchStack(stack.Id));
        if (!names.Contains(options.Service)) throw new BoltException(SurgeErrors.NoSuchService(options.Service, names));
        var record = folder.ReadService(options.Service);
        var capsule = record is null ? null : Capsule.TryAdopt(folder.Capsule(options.Service, record.Run));
        if (capsule is null) throw new BoltException(SurgeErrors.NotRunning(options.Service));
        var spec = new ExecSpec(options.Command, [.. options.Env.Select(e => $"{e.Key}={e.Value}")], options.User, options.WorkingDirectory, options.Terminal);
        return await capsule.ExecAsync(spec, Inner(streams), Sizes(streams, cancellation), cancellation).ConfigureAwait(false);
    }

    private static ExecStreams Inner(CallerStreams streams) => new(streams.Input, streams.Output, streams.Error);

    private static IAsyncEnumerable<TerminalSize>? Sizes(CallerStreams streams, CancellationToken cancellation)
    {
        return streams.Sizes is { } sizes ? Each(sizes, cancellation) : null;

        static async IAsyncEnumerable<TerminalSize> Each(IAsyncEnumerable<WindowSize> all, [EnumeratorCancellation] CancellationToken cancel)
        {
            await foreach (var size in all.WithCancellation(cancel).ConfigureAwait(false))
                yield return new TerminalSize((ushort)Math.Clamp(size.Columns, 0, ushort.MaxValue), (ushort)Math.Clamp(size.Rows, 0, ushort.MaxValue));
        }
    }
}
