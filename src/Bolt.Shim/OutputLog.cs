using System.Runtime.InteropServices;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>
/// The capsule's output as lines on disk, in the working folder. A full disk loses lines and never holds the capsule up.
/// Buffers are native: pages that no one wrote to cost nothing.
/// </summary>
internal sealed unsafe class OutputLog
{
    private const int BufferSize = 64 << 10;

    private readonly long _rotateBytes;
    private readonly byte* _lines = (byte*)NativeMemory.Alloc(BufferSize);
    private readonly Pending[] _pending = [new(), new()];
    private int _length;
    private int _fd = -1;

    public OutputLog(long rotateBytes)
    {
        _rotateBytes = Math.Max(rotateBytes, LogLine.MaxText);
        Open();
    }

    /// <summary>Bytes in the log file now.</summary>
    public long Size { get; private set; }

    /// <summary>Text without a line end yet, one per stream.</summary>
    private sealed class Pending
    {
        public byte* Bytes;
        public int Length;
    }

    /// <summary>Adds what one read gave; true when lines were written.</summary>
    public bool Append(bool isError, ReadOnlySpan<byte> data)
    {
        var pending = _pending[isError ? 1 : 0];
        var now = DateTime.UtcNow;
        var wrote = false;
        while (!data.IsEmpty)
        {
            var end = data.IndexOf((byte)'\n');
            var text = end < 0 ? data : data[..end];
            var room = LogLine.MaxText - pending.Length;
            if (text.Length > room)
            {
                Add(pending, text[..room]);
                EmitLine(pending, now, isError, partial: true);
                data = data[room..];
            }
            else
            {
                Add(pending, text);
                data = end < 0 ? [] : data[(end + 1)..];
                if (end < 0)
                    break;
                EmitLine(pending, now, isError, partial: false);
            }
            wrote = true;
        }
        Write();
        return wrote;
    }

    /// <summary>Writes what has no line end yet; true when there was any.</summary>
    public bool Flush()
    {
        var now = DateTime.UtcNow;
        var wrote = false;
        for (var stream = 0; stream < 2; stream++)
        {
            if (_pending[stream].Length == 0)
                continue;
            EmitLine(_pending[stream], now, stream == 1, partial: true);
            wrote = true;
        }
        Write();
        return wrote;
    }

    private static void Add(Pending pending, ReadOnlySpan<byte> text)
    {
        if (pending.Bytes == null)
            pending.Bytes = (byte*)NativeMemory.Alloc(LogLine.MaxText);
        text.CopyTo(new Span<byte>(pending.Bytes + pending.Length, text.Length));
        pending.Length += text.Length;
    }

    private void EmitLine(Pending pending, DateTime now, bool isError, bool partial)
    {
        var size = LogLine.PrefixLength + pending.Length + 1;
        if (_length + size > BufferSize)
            Write();
        var target = new Span<byte>(_lines + _length, size);
        LogLine.WritePrefix(target, now, isError, partial);
        new ReadOnlySpan<byte>(pending.Bytes, pending.Length).CopyTo(target[LogLine.PrefixLength..]);
        target[^1] = (byte)'\n';
        _length += size;
        pending.Length = 0;
    }

    private void Write()
    {
        if (_length == 0)
            return;
        if (Size > 0 && Size + _length > _rotateBytes)
            Rotate();
        var written = Sys.Write(_fd, _lines, (nuint)_length);
        if (written > 0)
            Size += written;
        // A torn line would swallow the next one: readers drop what has no prefix.
        if (written > 0 && written < _length)
        {
            byte end = (byte)'\n';
            Size += Math.Max(0, Sys.Write(_fd, &end, 1));
        }
        _length = 0;
    }

    private void Rotate()
    {
        fixed (byte* from = "log\0"u8, to = "log.1\0"u8)
            if (Sys.Rename(from, to) < 0)
                return;
        _ = Sys.Close(_fd);
        Open();
    }

    private void Open()
    {
        const uint ownerOnly = 0b110_000_000;
        fixed (byte* path = "log\0"u8)
            _fd = (int)Sys.Open(path, Sys.OWriteOnly | Sys.OCreate | Sys.OAppend | Sys.OCloseOnExec | Sys.ONoFollow, ownerOnly);
        FileStatus status = default;
        byte empty = 0;
        Size = _fd >= 0 && Sys.Status(_fd, &empty, Sys.AtEmptyPath, &status) == 0 ? status.Size : 0;
    }
}
