using Bolt.Diagnostics;
using Bolt.Launch;

namespace Bolt.Capsules;

internal sealed partial class Capsule
{
    /// <summary>
    /// Joins its standard streams until it ends or the token is cancelled, which only detaches. The first attachment of a
    /// capsule that this process started shows its output from the start; any other as many of its last bytes as
    /// <paramref name="replay"/> says.
    /// </summary>
    public async Task AttachAsync(ExecStreams streams, IAsyncEnumerable<TerminalSize>? resizes, CancellationToken cancellationToken, int replay = 0)
    {
        var shown = _showFromStart ? long.MaxValue : replay;
        _showFromStart = false;
        using var control = CapsuleControl.TryConnect(Folder);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sizes = new SizeSource(_terminal ? resizes : null, ended.Token);
        if (control is null || await JoinAsync(control, sizes.Known, cancellationToken).ConfigureAwait(false) is not { } attached)
        {
            // It has ended already: the log has all of its output.
            await ended.CancelAsync().ConfigureAwait(false);
            if (shown > 0)
                await ShowLogAsync(streams, long.MaxValue, shown, cancellationToken).ConfigureAwait(false);
            return;
        }
        if (shown > 0)
            await ShowLogAsync(streams, attached.LogBytes, shown, cancellationToken).ConfigureAwait(false);
        // Not awaited: a read of the caller's own input cannot always be broken off. It finds the connection closed.
        if (streams.Input is not null)
            _ = SendInputAsync(control, streams.Input, ended.Token);
        _ = sizes.FollowAsync(size => control.SendAsync(new MonitorMessage.Resize(size.Columns, size.Rows), ended.Token));
        try
        {
            await ShowOutputAsync(control, streams, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
        }
    }

    // 0 columns: the size is left as it is.
    private static async Task<MonitorMessage.Attached?> JoinAsync(CapsuleControl control, TerminalSize size, CancellationToken cancellationToken) =>
        await control.SendAsync(new MonitorMessage.Attach(size.Columns, size.Rows), cancellationToken).ConfigureAwait(false)
            ? await control.ReceiveAsync(cancellationToken).ConfigureAwait(false) as MonitorMessage.Attached
            : null;

    private static async Task ShowOutputAsync(CapsuleControl control, ExecStreams streams, CancellationToken cancellationToken)
    {
        while (await control.ReceiveAsync(cancellationToken).ConfigureAwait(false) is { } message)
        {
            if (message is not MonitorMessage.Output(var isError, var bytes))
                return;
            var target = isError ? streams.Error : streams.Output;
            await target.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
            await target.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ShowLogAsync(ExecStreams streams, long logBytes, long most, CancellationToken cancellationToken)
    {
        var lines = CapsuleLog.ReadRaw(Folder, logBytes);
        foreach (var line in most == long.MaxValue ? lines : Last(lines, most))
        {
            var target = line.IsError ? streams.Error : streams.Output;
            await target.WriteAsync(line.Text, cancellationToken).ConfigureAwait(false);
            if (!line.Partial)
                await target.WriteAsync("\n"u8.ToArray(), cancellationToken).ConfigureAwait(false);
        }
        await streams.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        await streams.Error.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    // Whole lines; of one that is too long nothing, since half an escape sequence would upset a terminal.
    private static Queue<CapsuleLog.RawLine> Last(IEnumerable<CapsuleLog.RawLine> lines, long most)
    {
        var last = new Queue<CapsuleLog.RawLine>();
        long bytes = 0;
        foreach (var line in lines)
        {
            last.Enqueue(line);
            bytes += line.Text.Length + 1;
            while (bytes > most && last.TryDequeue(out var first))
                bytes -= first.Text.Length + 1;
        }
        return last;
    }

    private static async Task SendInputAsync(CapsuleControl control, Stream input, CancellationToken cancellationToken)
    {
        try
        {
            var chunk = new byte[MonitorMessage.MaxData / 2];
            while (true)
            {
                var got = await input.ReadAsync(chunk, cancellationToken).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                MonitorMessage message = got == 0 ? new MonitorMessage.InputEnd() : new MonitorMessage.Input(chunk.AsMemory(0, got));
                if (!await control.SendAsync(message, cancellationToken).ConfigureAwait(false) || got == 0)
                    return;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // Detached, or the caller's input failed: either way no more comes.
        }
    }
}
