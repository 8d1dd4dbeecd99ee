using Bolt.Diagnostics;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Capsules;

internal sealed partial class Capsule
{
    /// <summary>As a shell says it: not found, found but not executable.</summary>
    private const int NotFound = 127, NotExecutable = 126;

    /// <summary>
    /// Runs a command beside its main process and returns the exit code as a shell says it; 127 not found, 126 not
    /// executable. Cancelling kills the command.
    /// </summary>
    public async Task<int> ExecAsync(ExecSpec spec, ExecStreams streams, IAsyncEnumerable<TerminalSize>? resizes, CancellationToken cancellationToken)
    {
        if (IsPaused)
            throw new BoltException(CapsuleErrors.Paused(Id));
        using var control = CapsuleControl.TryConnect(Folder) ?? throw new BoltException(CapsuleErrors.NotRunning(Id));
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sizes = new SizeSource(spec.Terminal ? resizes : null, ended.Token);
        var descriptors = new List<Fd>();
        try
        {
            if (!await control.SendAsync(ToMessage(spec, streams, sizes.Known), cancellationToken).ConfigureAwait(false))
                throw new BoltException(CapsuleErrors.NotRunning(Id));
            return await control.ReceiveAsync(descriptors, cancellationToken).ConfigureAwait(false) switch
            {
                MonitorMessage.ExecStarted => await FinishAsync(control, spec, streams, descriptors, sizes, ended, cancellationToken).ConfigureAwait(false),
                MonitorMessage.Failed failed => await ExplainAsync(failed, spec, streams, cancellationToken).ConfigureAwait(false),
                _ => throw new BoltException(CapsuleErrors.NotRunning(Id)),
            };
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            foreach (var descriptor in descriptors)
                descriptor.Dispose();
        }
    }

    private MonitorMessage.Exec ToMessage(ExecSpec spec, ExecStreams streams, TerminalSize size)
    {
        var message = new MonitorMessage.Exec(
            spec.Command, spec.Environment, spec.User ?? "", spec.WorkingDirectory ?? "", spec.Terminal, streams.Input is not null,
            size.Columns == 0 ? (ushort)80 : size.Columns, size.Rows == 0 ? (ushort)24 : size.Rows);
        return MonitorCodec.Write(message).Length <= MonitorMessage.MaxBytes
            ? message
            : throw new BoltException(CapsuleErrors.RequestTooLong(Id));
    }

    private async Task<int> ExplainAsync(MonitorMessage.Failed failed, ExecSpec spec, ExecStreams streams, CancellationToken cancellationToken)
    {
        var errno = (Errno)failed.Errno;
        if (failed.Step != nameof(LaunchOperation.Execute))
            throw new BoltException(CapsuleErrors.ExecFailed(Id, failed));
        var line = System.Text.Encoding.UTF8.GetBytes(CapsuleErrors.CommandNotRun(spec.Command[0], errno));
        await streams.Error.WriteAsync(line, cancellationToken).ConfigureAwait(false);
        await streams.Error.FlushAsync(cancellationToken).ConfigureAwait(false);
        return errno is Errno.ENOENT or Errno.ENOTDIR ? NotFound : NotExecutable;
    }

    // Descriptors come in this order: the terminal's master, or output, error and, when asked for, input.
    private static async Task<int> FinishAsync(
        CapsuleControl control, ExecSpec spec, ExecStreams streams, List<Fd> descriptors, SizeSource sizes,
        CancellationTokenSource ended, CancellationToken cancellationToken)
    {
        var outputs = new List<Task> { FdCopy.ToStreamAsync(descriptors[0], streams.Output, ended.Token, cancellationToken) };
        if (!spec.Terminal)
            outputs.Add(FdCopy.ToStreamAsync(descriptors[1], streams.Error, ended.Token, cancellationToken));
        // Not awaited: a read of the caller's own input cannot always be broken off. It finds the descriptor closed.
        if (streams.Input is not null)
            _ = FeedAsync(streams.Input, descriptors[spec.Terminal ? 0 : 2], spec.Terminal, ended.Token);
        _ = sizes.FollowAsync(size => Task.FromResult(Sys.SetTerminalSize(descriptors[0].Number, size.Columns, size.Rows)));
        var exit = await ExitOfAsync(control, cancellationToken).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(outputs).ConfigureAwait(false);
        return ToExit(exit).ShellCode;
    }

    private static async Task<ExitRecord> ExitOfAsync(CapsuleControl control, CancellationToken cancellationToken)
    {
        while (await control.ReceiveAsync(cancellationToken).ConfigureAwait(false) is { } message)
            if (message is MonitorMessage.Exited(var record))
                return record;
        // The monitor was killed, and all that ran in the capsule with it.
        const int kill = 9;
        return new ExitRecord(null, kill, OutOfMemory: false, MonitorDied: true, 0);
    }

    private static async Task FeedAsync(Stream input, Fd target, bool terminal, CancellationToken cancellationToken)
    {
        try
        {
            var all = await FdCopy.FromStreamAsync(input, target, cancellationToken).ConfigureAwait(false);
            if (!terminal)
                target.Dispose();
            else if (all)
                // Control-D ends input on a terminal in its normal mode (termios(3), VEOF).
                await FdCopy.WriteAsync(target, new byte[] { 4 }, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The command has ended, or the caller's input failed: either way no more comes.
            if (!terminal)
                target.Dispose();
        }
    }
}
