using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Bolt.Diagnostics;
using Bolt.Surge;

namespace Bolt.Control;

/// <summary>Asks a stack's owner, one wish per connection.</summary>
internal sealed class ControlClient : IAsyncDisposable
{
    private readonly NetworkStream _stream;
    private readonly LineReader _lines;

    private ControlClient(Socket socket)
    {
        _stream = new NetworkStream(socket, ownsSocket: true);
        _lines = new LineReader(_stream);
    }

    /// <summary>Null when no owner listens.</summary>
    public static async Task<ControlClient?> TryConnectAsync(string path, CancellationToken cancellation)
    {
        if (!File.Exists(path)) return null;
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation).ConfigureAwait(false);
            return new ControlClient(socket);
        }
        catch (SocketException)
        {
            // The socket file of an owner that died.
            socket.Dispose();
            return null;
        }
    }

    public async Task<StackStatus?> StatusAsync(CancellationToken cancellation)
    {
        await SayAsync(new ControlRequest.Status(), cancellation).ConfigureAwait(false);
        return await ReadAsync(cancellation).ConfigureAwait(false) is ControlReply.Is answer ? answer.Status : null;
    }

    /// <summary>The same; null when the owner died before it took the wish: a killed one's socket takes connections to the last.</summary>
    public async Task<IAsyncEnumerable<StackEvent>?> TryAskAsync(ControlRequest request, CancellationToken cancellation)
    {
        await SayAsync(request, cancellation).ConfigureAwait(false);
        return await ReadAsync(cancellation).ConfigureAwait(false) is { } first ? EventsAsync(first, cancellation) : null;
    }

    /// <summary>The events of one wish, until the owner says that it is done.</summary>
    public async IAsyncEnumerable<StackEvent> AskAsync(ControlRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await SayAsync(request, cancellation).ConfigureAwait(false);
        await foreach (var happened in EventsAsync(await ReadAsync(cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false))
            yield return happened;
    }

    private async IAsyncEnumerable<StackEvent> EventsAsync(ControlReply? first, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var reply = first; ; reply = await ReadAsync(cancellation).ConfigureAwait(false))
        {
            switch (reply)
            {
                case ControlReply.Happened happened:
                    yield return happened.Event;
                    break;
                case ControlReply.Done:
                    yield break;
                case ControlReply.Refused refused:
                    throw new BoltException(refused.Diagnostic);
                default:
                    throw new BoltException(ControlErrors.OwnerGone());
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _lines.DisposeAsync().ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
    }

    private async Task SayAsync(ControlRequest request, CancellationToken cancellation)
    {
        try
        {
            await _stream.WriteAsync(ControlCodec.Write(request), cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            // The answer, which will not come, says the same.
        }
    }

    private async Task<ControlReply?> ReadAsync(CancellationToken cancellation)
    {
        try
        {
            return await _lines.ReadAsync(cancellation).ConfigureAwait(false) is { } line ? ControlCodec.ReadReply(line) : null;
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            return null;
        }
    }
}
