namespace Bolt.Packages;

/// <summary>A stream that is only read, forward.</summary>
internal abstract class ReadStream : Stream
{
    public abstract override int Read(Span<byte> target);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Read(buffer.Span));
    }
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

/// <summary>At most so many bytes of another stream; one more is an error, not an end.</summary>
internal sealed class BoundedStream(Stream source, long limit) : ReadStream
{
    private long count;

    public override int Read(Span<byte> target)
    {
        var read = source.Read(target);
        count += read;
        return count <= limit ? read : throw new InvalidDataException($"it unpacks to more than {limit} bytes");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            source.Dispose();
        }
        base.Dispose(disposing);
    }
}

/// <summary>Exactly so many bytes of another stream, which stays open.</summary>
internal sealed class SliceStream(Stream source, long length) : ReadStream
{
    private long done;

    public override int Read(Span<byte> target)
    {
        if (done == length || target.IsEmpty)
        {
            return 0;
        }
        var count = source.Read(target[..(int)Math.Min(target.Length, length - done)]);
        done += count;
        return count > 0 ? count : throw new InvalidDataException("it is cut off");
    }

    /// <summary>The managed xz decoder asks where its blocks begin, to skip their padding.</summary>
    public override long Position { get => done; set => throw new NotSupportedException(); }
}
