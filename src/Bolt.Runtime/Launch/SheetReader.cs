using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;

namespace Bolt.Launch;

/// <summary>
/// Reads what <see cref="SheetWriter"/> wrote. Every length is checked against what is left, so that no bytes make it
/// allocate more than they are long; anything else is an <see cref="InvalidDataException"/>.
/// </summary>
internal sealed class SheetReader(ReadOnlyMemory<byte> bytes)
{
    /// <summary>No sheet is longer.</summary>
    public const int MaxLength = 16 << 20;

    private int _position;

    public bool AtEnd => _position == bytes.Length;

    /// <summary>Reads one message of <see cref="SheetWriter.ToMessage"/>; null at the end of the stream.</summary>
    public static SheetReader? FromStream(Stream stream)
    {
        var prefix = new byte[8];
        var got = stream.ReadAtLeast(prefix, 8, throwOnEndOfStream: false);
        if (got == 0)
            return null;
        var length = BinaryPrimitives.ReadInt64LittleEndian(prefix);
        if (got < 8 || length is < 0 or > MaxLength)
            throw new InvalidDataException("sheet length");
        var body = new byte[length];
        if (stream.ReadAtLeast(body, body.Length, throwOnEndOfStream: false) < body.Length)
            throw new InvalidDataException("sheet ends early");
        return new SheetReader(body);
    }

    public long Number() => BinaryPrimitives.ReadInt64LittleEndian(Take(8).Span);

    /// <summary>A number that must lie in a range, both ends included.</summary>
    public long Number(long least, long most) =>
        Number() is var value && value >= least && value <= most ? value : throw new InvalidDataException("sheet number");

    /// <summary>32 bits: a uid or gid, or an IPv4 address.</summary>
    public uint Id() => (uint)Number(0, uint.MaxValue);

    public bool Flag() => Number(0, 1) == 1;

    /// <summary>A string; one with a NUL inside is refused, because the kernel would cut it there.</summary>
    public string Text()
    {
        var text = Block().Span;
        return text.Contains((byte)0) ? throw new InvalidDataException("sheet text") : Encoding.UTF8.GetString(text);
    }

    public ReadOnlyMemory<byte> Block() => Take(Count(1));

    public ImmutableArray<string> Texts()
    {
        var texts = ImmutableArray.CreateBuilder<string>(Count(8));
        while (texts.Count < texts.Capacity)
            texts.Add(Text());
        return texts.MoveToImmutable();
    }

    /// <summary>How many entries follow, each of which takes at least <paramref name="leastSize"/> bytes.</summary>
    public int Count(int leastSize) => (int)Number(0, (bytes.Length - _position) / leastSize);

    private ReadOnlyMemory<byte> Take(int count)
    {
        if (count > bytes.Length - _position)
            throw new InvalidDataException("sheet ends early");
        var taken = bytes.Slice(_position, count);
        _position += count;
        return taken;
    }
}
