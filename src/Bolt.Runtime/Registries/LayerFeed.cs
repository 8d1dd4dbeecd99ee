using System.IO.Pipelines;
using Bolt.Storage;

namespace Bolt.Registries;

/// <summary>
/// A layer on its way: fetched, hashed and kept as a blob by one task, and at the same time readable by whoever unpacks
/// it. The blob has its name, and <see cref="Completion"/> ends well, only when all bytes are what their digest says.
/// </summary>
internal sealed class LayerFeed : IDisposable
{
    private const int Piece = 128 << 10, Ahead = 4 << 20;

    private readonly Pipe pipe = new(new PipeOptions(pauseWriterThreshold: Ahead, resumeWriterThreshold: Ahead / 2, minimumSegmentSize: Piece, useSynchronizationContext: false));
    private readonly CancellationTokenSource stop;

    /// <param name="body">Opens the bytes from a place on.</param>
    /// <param name="moved">Told how many bytes are here.</param>
    public LayerFeed(ContentStore content, Digest digest, long size, Func<long, BlobBody> body, Action<long> moved, CancellationToken cancellationToken)
    {
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // A decompressor closes what it reads; what it leaves unread is still to be taken out of the pipe.
        Stream = pipe.Reader.AsStream(leaveOpen: true);
        Completion = Task.Run(() => FetchAsync(content, digest, size, body, moved), CancellationToken.None);
    }

    /// <summary>The layer as it is packed.</summary>
    public Stream Stream { get; }

    public Task Completion { get; }

    /// <summary>It began with bytes of an earlier transfer; if they were bad, they are gone now.</summary>
    public bool Resumed { get; private set; }

    /// <summary>Reads what the unpacker left unread, and waits until the blob is kept.</summary>
    public async Task FinishAsync()
    {
        while (await pipe.Reader.ReadAsync(stop.Token).ConfigureAwait(false) is var result)
        {
            pipe.Reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                break;
            }
        }
        await Completion.ConfigureAwait(false);
    }

    /// <summary>Gives up what has not come yet, for instance when what has come cannot be unpacked.</summary>
    public async Task StopAsync()
    {
        await stop.CancelAsync().ConfigureAwait(false);
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task FetchAsync(ContentStore content, Digest digest, long size, Func<long, BlobBody> body, Action<long> moved)
    {
        Exception? failure = null;
        try
        {
            using var blob = content.Receive(digest, size);
            Resumed = blob.Left > 0;
            while (blob.Left > 0 && blob.ReadLeft(pipe.Writer.GetSpan(Piece)) is var read and > 0)
            {
                await PassAsync(read, blob, moved).ConfigureAwait(false);
            }
            using var rest = body(blob.Total);
            while (true)
            {
                var piece = pipe.Writer.GetMemory(Piece)[..Piece];
                if (await rest.ReadAsync(piece, stop.Token).ConfigureAwait(false) is not (> 0 and var read))
                {
                    break;
                }
                blob.Append(piece.Span[..read]);
                await PassAsync(read, blob, moved).ConfigureAwait(false);
            }
            blob.Publish();
        }
        catch (Exception e)
        {
            failure = StorageErrors.IsFileSystem(e) ? StorageErrors.Wrap(digest.Hex, e) : e;
            throw failure;
        }
        finally
        {
            await pipe.Writer.CompleteAsync(failure).ConfigureAwait(false);
        }
    }

    private async ValueTask PassAsync(int read, IncomingBlob blob, Action<long> moved)
    {
        pipe.Writer.Advance(read);
        moved(blob.Total);
        await pipe.Writer.FlushAsync(stop.Token).ConfigureAwait(false);
    }

    public void Dispose()
    {
        stop.Dispose();
        pipe.Reader.Complete();
    }
}
