namespace Bolt.Kernel;

/// <summary>Moves bytes between a descriptor (pipe, terminal) and a stream, without a thread that waits.</summary>
internal static class FdCopy
{
    private const int ChunkSize = 32 << 10;

    /// <summary>
    /// Until the descriptor's end, which a terminal whose last process has gone says as EIO. Once <paramref name="lastCall"/>
    /// is cancelled, only until nothing is there any more: a process left behind may hold the other end open for ever.
    /// </summary>
    public static async Task ToStreamAsync(Fd source, Stream target, CancellationToken lastCall, CancellationToken cancellationToken)
    {
        Sys.SetNonBlocking(source.Number);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(lastCall, cancellationToken);
        var chunk = new byte[ChunkSize];
        while (true)
        {
            var last = lastCall.IsCancellationRequested;
            var got = Read(source, chunk);
            if (got.Error() == Errno.EAGAIN && !last)
                await FdEvents.ReadableAsync(source.Number, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            else if (got <= 0)
                return;
            else
                await target.WriteAsync(chunk.AsMemory(0, (int)got), cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (got > 0)
                await target.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Until the stream's end; false when the descriptor takes no more.</summary>
    public static async Task<bool> FromStreamAsync(Stream source, Fd target, CancellationToken cancellationToken)
    {
        Sys.SetNonBlocking(target.Number);
        var chunk = new byte[ChunkSize];
        while (true)
        {
            var got = await source.ReadAsync(chunk, cancellationToken).ConfigureAwait(false);
            if (got == 0)
                return true;
            if (!await WriteAsync(target, chunk.AsMemory(0, got), cancellationToken).ConfigureAwait(false))
                return false;
        }
    }

    /// <summary>False when the descriptor takes no more.</summary>
    public static async Task<bool> WriteAsync(Fd target, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            var written = Write(target, bytes.Span);
            if (written.Error() == Errno.EAGAIN)
                await FdEvents.WritableAsync(target.Number, cancellationToken).ConfigureAwait(false);
            else if (written <= 0)
                return false;
            else
                bytes = bytes[(int)written..];
        }
        return true;
    }

    private static unsafe nint Read(Fd source, Span<byte> chunk)
    {
        fixed (byte* start = chunk)
            return Sys.Read(source.Number, start, (nuint)chunk.Length);
    }

    private static unsafe nint Write(Fd target, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
            return Sys.Write(target.Number, start, (nuint)bytes.Length);
    }
}
