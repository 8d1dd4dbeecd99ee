using System.Buffers;
using System.IO.Pipelines;

namespace Bolt.Control;

/// <summary>Lines of a socket, each no longer than <see cref="ControlCodec.LongestLine"/>.</summary>
internal sealed class LineReader(Stream stream) : IAsyncDisposable
{
    private readonly PipeReader _pipe = PipeReader.Create(stream);

    /// <summary>Null at the end, and when a line is too long or has no end.</summary>
    public async Task<byte[]?> ReadAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var read = await _pipe.ReadAsync(cancellation).ConfigureAwait(false);
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = read.Buffer.Slice(0, end).ToArray();
                _pipe.AdvanceTo(read.Buffer.GetPosition(1, end));
                return line.Length > ControlCodec.LongestLine ? null : line;
            }
            if (read.IsCompleted || read.Buffer.Length > ControlCodec.LongestLine) return null;
            _pipe.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    public ValueTask DisposeAsync() => _pipe.CompleteAsync();
}
