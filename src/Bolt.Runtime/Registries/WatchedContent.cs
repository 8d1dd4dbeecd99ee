using System.Net;

namespace Bolt.Registries;

/// <summary>A request's body of known length; each piece that leaves pushes back the time at which silence is trouble.</summary>
/// <param name="open">Opens the bytes at their start.</param>
/// <param name="sent">Told how many bytes have left.</param>
internal sealed class WatchedContent(Func<Stream> open, long length, Action<long> sent) : HttpContent
{
    private CancellationTokenSource? source;
    private TimeSpan limit;

    public void Watch(CancellationTokenSource silence, TimeSpan patience) => (source, limit) = (silence, patience);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var bytes = open();
        await using (bytes.ConfigureAwait(false))
        {
            var buffer = new byte[128 << 10];
            for (var left = length; left > 0;)
            {
                var read = await bytes.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), cancellationToken).ConfigureAwait(false);
                if (read == 0)
                {
                    throw new IOException("the blob is shorter than it was");
                }
                await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                left -= read;
                Live();
                sent(read);
            }
        }
    }

    // A registry may answer, and end the wait, before it has read all.
    private void Live()
    {
        try
        {
            source?.CancelAfter(limit);
        }
        catch (ObjectDisposedException)
        {
        }
    }

    protected override bool TryComputeLength(out long computed)
    {
        computed = length;
        return true;
    }
}
