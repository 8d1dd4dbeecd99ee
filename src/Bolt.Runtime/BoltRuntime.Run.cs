using Bolt.Capsules;
using Bolt.Control;
using Bolt.Diagnostics;
using Bolt.Surge;

namespace Bolt;

public sealed partial class BoltRuntime
{
    /// <summary>
    /// Runs an image in a stack of its own in this process and passes its streams. Returns its exit code
    /// (128 + signal when a signal ended it); cancelling stops it. All is removed at the end with Remove.
    /// </summary>
    /// <param name="options">What to run.</param>
    /// <param name="streams">The caller's streams.</param>
    /// <param name="progress">Sees the events, for instance of a download; null: no one looks.</param>
    /// <param name="cancellation">Asks the program to end (its stop signal).</param>
    public async Task<int> RunAsync(RunOptions options, CallerStreams streams, IProgress<StackEvent>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(streams);
        var request = RunBoltfile.Request(options, Path.GetFullPath("."), RunBoltfile.Token(Random.Shared), dieWithOwner: true);
        var folder = FolderOf(request.Id);
        using var owned = OwnerLock.TryTake(folder) ?? throw new BoltException(SurgeErrors.Owned(request.Id));
        var attached = Task.CompletedTask;
        // What is said of the preparation has left the terminal before the program's own words come.
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        StackRunner? asked = null;
        using var runner = asked = new StackRunner(Rooms, folder, dieWithOwner: true, TimeProvider.System,
            capsule => attached = PassStreamsAsync(capsule, streams, started.Task, () => asked!.Ask(new Operation.Down(false), CancellationToken.None), cancellation));
        using var server = new ControlServer(runner, folder.ControlSocket);
        using var over = new CancellationTokenSource();
        var serving = server.RunAsync(over.Token);
        var running = Task.Run(runner.RunAsync, CancellationToken.None);
        var events = runner.Watch(CancellationToken.None);
        runner.Ask(new Operation.Up(request), CancellationToken.None);
        using var stop = cancellation.Register(() => runner.Ask(new Operation.Down(false), CancellationToken.None));

        var service = request.Wanted.Services[0].Name;
        Diagnostic? failure = null;
        int? code = null;
        await foreach (var happened in events.ConfigureAwait(false))
        {
            progress?.Report(happened);
            if (happened is StackEvent.ServiceStarted or StackEvent.ServiceExited or StackEvent.StepFailed) started.TrySetResult();
            if (happened is StackEvent.StepFailed failed)
            {
                failure ??= failed.Diagnostic;
            }
            else if (happened is StackEvent.ServiceExited exited)
            {
                code = exited.Code ?? 128 + exited.Signal;
                runner.Ask(new Operation.Down(false, KeepRecords: !options.Remove), CancellationToken.None);
            }
        }
        await running.ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        await serving.ConfigureAwait(false);
        await attached.ConfigureAwait(false);
        return code ?? throw new BoltException(failure ?? SurgeErrors.NotRunning(service));
    }

    // Nobody reads on: the program ends as one whose pipe broke.
    private static async Task PassStreamsAsync(Capsule capsule, CallerStreams streams, Task started, Action stop, CancellationToken cancellation)
    {
        try
        {
            await started.ConfigureAwait(false);
            await capsule.AttachAsync(Inner(streams), Sizes(streams, cancellation), CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            stop();
            throw;
        }
    }

    /// <summary>Runs an image in a stack of its own under an owner process of its own; the first event's snapshot has its id.</summary>
    public IAsyncEnumerable<StackEvent> RunDetachedAsync(RunOptions options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        return DetachAsync(RunBoltfile.Request(options, Path.GetFullPath("."), RunBoltfile.Token(Random.Shared), dieWithOwner: false), cancellation);
    }
}
