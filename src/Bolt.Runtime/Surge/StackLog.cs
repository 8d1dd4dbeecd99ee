using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Bolt.Capsules;

namespace Bolt.Surge;

/// <summary>The logs of a stack's services as one, from disk: no owner is needed to read them.</summary>
internal static class StackLog
{
    /// <param name="folder">The stack's.</param>
    /// <param name="options">Which lines.</param>
    /// <param name="starts">The owner's events, which tell of new runs to follow; null: no run comes any more.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public static async IAsyncEnumerable<LogLine> ReadAsync(
        StackFolder folder, LogOptions options, IAsyncEnumerable<StackEvent>? starts, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var names = StackReader.Names(folder);
        foreach (var name in options.Services.Where(n => !names.Contains(n)))
            throw new Diagnostics.BoltException(SurgeErrors.NoSuchService(name, names));
        var chosen = names.Where(n => options.Services.IsEmpty || options.Services.Contains(n)).ToArray();

        var read = new Dictionary<string, (int Run, int Lines)>();
        foreach (var line in await PastAsync(folder, chosen, options, read, cancellation).ConfigureAwait(false)) yield return line;
        if (!options.Follow) yield break;
        await foreach (var line in ComingAsync(folder, chosen, read, starts, cancellation).ConfigureAwait(false)) yield return line;
    }

    // All that is there, merged by time; notes how far each last run was read.
    private static async Task<List<LogLine>> PastAsync(
        StackFolder folder, string[] services, LogOptions options, Dictionary<string, (int Run, int Lines)> read, CancellationToken cancellation)
    {
        var all = new List<LogLine>();
        foreach (var service in services)
        {
            var own = new List<LogLine>();
            foreach (var run in folder.Runs(service))
            {
                var count = 0;
                await foreach (var line in CapsuleLog.ReadAsync(folder.Capsule(service, run), false, null, null, cancellation).ConfigureAwait(false))
                {
                    count++;
                    if (options.Since is not { } since || line.At >= since) own.Add(new LogLine(line.At, service, line.IsError, line.Text));
                }
                read[service] = (run, count);
            }
            all.AddRange(options.Tail is { } tail ? own.TakeLast(tail) : own);
        }
        return [.. all.OrderBy(l => l.At)];
    }

    private static async IAsyncEnumerable<LogLine> ComingAsync(
        StackFolder folder, string[] services, Dictionary<string, (int Run, int Lines)> read,
        IAsyncEnumerable<StackEvent>? starts, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var lines = Channel.CreateUnbounded<LogLine>();
        // One tail per service, in order of runs; a new run is appended behind the one before.
        var tails = new Dictionary<string, Task>();
        var seen = new Dictionary<string, int>();
        void Follow(string service)
        {
            foreach (var run in folder.Runs(service).Where(r => r > seen.GetValueOrDefault(service) && r >= read.GetValueOrDefault(service).Run))
            {
                seen[service] = run;
                var skip = read.GetValueOrDefault(service) is var (last, count) && last == run ? count : 0;
                tails[service] = TailAsync(tails.GetValueOrDefault(service, Task.CompletedTask), service, folder.Capsule(service, run), skip);
            }
        }
        async Task TailAsync(Task before, string service, string place, int skip)
        {
            await before.ConfigureAwait(false);
            await foreach (var line in CapsuleLog.ReadAsync(place, true, null, null, stop.Token).ConfigureAwait(false))
            {
                if (skip-- > 0) continue;
                lines.Writer.TryWrite(new LogLine(line.At, service, line.IsError, line.Text));
            }
        }
        async Task WatchAsync()
        {
            try
            {
                foreach (var service in services) Follow(service);
                if (starts is not null)
                {
                    await foreach (var happened in starts.ConfigureAwait(false))
                    {
                        if (happened is StackEvent.ServiceStarted started && services.Contains(started.Service)) Follow(started.Service);
                    }
                }
                await Task.WhenAll(tails.Values).ConfigureAwait(false);
                lines.Writer.TryComplete();
            }
            catch (Exception error)
            {
                lines.Writer.TryComplete(error is OperationCanceledException or Diagnostics.BoltException ? null : error);
            }
        }
        var watching = WatchAsync();
        try
        {
            await foreach (var line in lines.Reader.ReadAllAsync(cancellation).ConfigureAwait(false)) yield return line;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
        }
        await watching.ConfigureAwait(false);
    }
}
