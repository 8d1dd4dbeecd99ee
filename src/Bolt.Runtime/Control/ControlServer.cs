using System.Net.Sockets;
using Bolt.Kernel;
using Bolt.Surge;

namespace Bolt.Control;

/// <summary>Serves one stack's owner on a unix socket: one wish per connection, answered by lines until it is done.</summary>
internal sealed class ControlServer : IDisposable
{
    // Enough for any shell full of `bolt logs` and `bolt ps`; more is a mistake of someone's.
    private const int Backlog = 64;
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly StackRunner _runner;
    private readonly string _path;
    private readonly HashSet<Task> _connections = [];

    /// <summary>Listens at once. Only the owner of the lock may do this: a dead owner's socket is replaced.</summary>
    public ControlServer(StackRunner runner, string path)
    {
        (_runner, _path) = (runner, path);
        // Renamed when it listens: under its name it answers. The name beside is no longer, as sun_path is short.
        var beside = Path.ChangeExtension(path, "new");
        File.Delete(beside);
        _socket.Bind(new UnixDomainSocketEndPoint(beside));
        // connect(2) on a unix socket asks for write permission: no other user, and nothing inside a capsule, has it.
        File.SetUnixFileMode(beside, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _socket.Listen(Backlog);
        File.Move(beside, path, overwrite: true);
    }

    /// <summary>Until cancelled; then those who still read are given a moment to hear the end.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                // Most owners of a short run are never called; giving this wait up throws nothing, as giving up an accept does.
                await Task.WhenAny(FdEvents.ReadableAsync((int)_socket.Handle, cancellation)).ConfigureAwait(false);
                if (cancellation.IsCancellationRequested) break;
                var caller = await _socket.AcceptAsync(cancellation).ConfigureAwait(false);
                _connections.RemoveWhere(c => c.IsCompleted);
                _connections.Add(Task.Run(() => ServeAsync(caller), CancellationToken.None));
            }
        }
        catch (OperationCanceledException)
        {
            // Between the look and the accept.
        }
        try
        {
            await Task.WhenAll(_connections).WaitAsync(LastWords, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // One that does not read does not keep the owner.
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        if (File.Exists(_path)) File.Delete(_path);
    }

    private async Task ServeAsync(Socket caller)
    {
        using var gone = new CancellationTokenSource();
        await using var stream = new NetworkStream(caller, ownsSocket: true);
        await using var lines = new LineReader(stream);
        try
        {
            var line = await lines.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            if (line is null) return;
            if (ControlCodec.ReadRequest(line) is not { } request)
            {
                await stream.WriteAsync(ControlCodec.Write(new ControlReply.Refused(ControlErrors.NotUnderstood()))).ConfigureAwait(false);
                return;
            }
            // A caller says nothing more; the end of its side means that it is gone.
            var left = WaitForEndAsync(lines, gone);
            await AnswerAsync(request, stream, gone.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or SocketException or OperationCanceledException)
        {
            // The caller left. What it asked for goes on.
        }
    }

    private static async Task WaitForEndAsync(LineReader lines, CancellationTokenSource gone)
    {
        try
        {
            while (await lines.ReadAsync(CancellationToken.None).ConfigureAwait(false) is not null) { }
            await gone.CancelAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The connection was closed from our side.
        }
    }

    private async Task AnswerAsync(ControlRequest request, Stream stream, CancellationToken gone)
    {
        if (request is ControlRequest.Status)
        {
            var status = await _runner.StatusAsync().ConfigureAwait(false);
            await stream.WriteAsync(ControlCodec.Write(new ControlReply.Is(status)), gone).ConfigureAwait(false);
            return;
        }
        await foreach (var happened in EventsOf(request, gone).ConfigureAwait(false))
        {
            await stream.WriteAsync(ControlCodec.Write(new ControlReply.Happened(happened)), gone).ConfigureAwait(false);
        }
        await stream.WriteAsync(ControlCodec.Write(new ControlReply.Done()), gone).ConfigureAwait(false);
    }

    private IAsyncEnumerable<StackEvent> EventsOf(ControlRequest request, CancellationToken gone) => request switch
    {
        ControlRequest.Watch => _runner.Watch(gone),
        ControlRequest.Up up => _runner.Ask(new Operation.Up(up.Request), gone),
        ControlRequest.Stop stop => _runner.Ask(new Operation.Stop(stop.Services), gone),
        ControlRequest.Start start => _runner.Ask(new Operation.Start(start.Services), gone),
        ControlRequest.Restart restart => _runner.Ask(new Operation.Restart(restart.Services), gone),
        ControlRequest.Pause pause => _runner.Ask(new Operation.Pause(pause.Services), gone),
        ControlRequest.Unpause unpause => _runner.Ask(new Operation.Unpause(unpause.Services), gone),
        ControlRequest.Update update => _runner.Ask(new Operation.Update(update.Services, update.Limits), gone),
        ControlRequest.Down down => _runner.Ask(new Operation.Down(down.Volumes), gone),
        _ => throw new InvalidOperationException("not a request with events"),
    };
}
