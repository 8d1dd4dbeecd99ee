namespace Bolt.Tool.Terminal;

/// <summary>Typed bytes without the keys that leave: those are kept back until it is sure that they are something else.</summary>
internal sealed class DetachableInput(Stream typed, byte[] keys, Action leave) : Stream
{
    private int _matched;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>"ctrl-p,q" as bytes; null when it is something else.</summary>
    public static byte[]? Keys(string text)
    {
        var keys = new List<byte>();
        foreach (var word in text.Split(','))
        {
            if (word.Length == 1 && word[0] is > ' ' and < (char)127)
            {
                keys.Add((byte)word[0]);
            }
            // ascii(7): control characters are the letters' and @ [ \ ] ^ _ without bit 6.
            else if (word.StartsWith("ctrl-", StringComparison.Ordinal) && word.Length == 6 && char.ToUpperInvariant(word[5]) is >= '@' and <= '_' and var letter)
            {
                keys.Add((byte)(letter & 0x1F));
            }
            else
            {
                return null;
            }
        }
        return [.. keys];
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length <= keys.Length)
        {
            throw new ArgumentException("shorter than what may be kept back", nameof(buffer));
        }
        while (true)
        {
            // Room for what was kept back and turns out to be nothing.
            var got = await typed.ReadAsync(buffer[keys.Length..], cancellationToken);
            if (got == 0)
            {
                return 0;
            }
            if (Pass(buffer.Span, got) is > 0 and var passed)
            {
                return passed;
            }
        }
    }

    // Reads from behind keys.Length and writes from the start: never more than was read and kept back.
    private int Pass(Span<byte> buffer, int got)
    {
        var passed = 0;
        for (var i = keys.Length; i < keys.Length + got; i++)
        {
            var typedByte = buffer[i];
            while (_matched > 0 && typedByte != keys[_matched])
            {
                passed = GiveBack(buffer, passed);
            }
            if (typedByte != keys[_matched])
            {
                buffer[passed++] = typedByte;
            }
            else if (++_matched == keys.Length)
            {
                _matched = 0;
                leave();
                return passed;
            }
        }
        return passed;
    }

    // The longest end of what was kept back that may still be a beginning stays kept.
    private int GiveBack(Span<byte> buffer, int passed)
    {
        var kept = _matched - 1;
        while (kept > 0 && !keys.AsSpan(0, kept).SequenceEqual(keys.AsSpan(_matched - kept, kept)))
        {
            kept--;
        }
        keys.AsSpan(0, _matched - kept).CopyTo(buffer[passed..]);
        passed += _matched - kept;
        _matched = kept;
        return passed;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
