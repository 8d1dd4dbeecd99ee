using System.IO.Compression;

namespace Bolt.Storage;

/// <summary>Opens a layer whatever it is compressed with; media types lie often enough that the bytes decide.</summary>
internal static class LayerStream
{
    /// <summary>The plain tar. Takes the stream over.</summary>
    public static Stream Decompress(Stream layer)
    {
        var magic = new byte[4];
        var read = layer.ReadAtLeast(magic, 4, throwOnEndOfStream: false);
        var whole = new PrefixedStream(magic.AsMemory(0, read), layer);
        return magic switch
        {
            [0x1f, 0x8b, ..] => new GZipStream(whole, CompressionMode.Decompress),
            [0x28, 0xb5, 0x2f, 0xfd] => new ZstdStream(new ZstdSharp.DecompressionStream(whole, leaveOpen: false)),
            _ => whole,
        };
    }

    /// <summary>Refuses damaged bytes as .NET's own decoders do, so that no reader has to know this one.</summary>
    private sealed class ZstdStream(ZstdSharp.DecompressionStream plain) : ForwardStream
    {
        public override int Read(Span<byte> buffer)
        {
            try
            {
                return plain.Read(buffer);
            }
            catch (ZstdSharp.ZstdException e)
            {
                throw new InvalidDataException(e.Message, e);
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                plain.Dispose();
            }
            base.Dispose(disposing);
        }
    }

    /// <summary>Gives back the bytes that were read to look at them.</summary>
    private sealed class PrefixedStream(ReadOnlyMemory<byte> prefix, Stream rest) : ForwardStream
    {
        private ReadOnlyMemory<byte> left = prefix;

        public override int Read(Span<byte> buffer)
        {
            if (left.IsEmpty)
            {
                return rest.Read(buffer);
            }
            var count = Math.Min(left.Length, buffer.Length);
            left.Span[..count].CopyTo(buffer);
            left = left[count..];
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                rest.Dispose();
            }
            base.Dispose(disposing);
        }
    }
}

/// <summary>A stream that is read once, forward.</summary>
internal abstract class ForwardStream : Stream
{
    public sealed override bool CanRead => true;
    public sealed override bool CanSeek => false;
    public sealed override bool CanWrite => false;
    public sealed override long Length => throw new NotSupportedException();
    public sealed override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public sealed override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    public abstract override int Read(Span<byte> buffer);
    public sealed override void Flush() { }
    public sealed override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public sealed override void SetLength(long value) => throw new NotSupportedException();
    public sealed override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
