using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Bolt.Launch;

/// <summary>Writes an order sheet: little-endian numbers, and strings and blocks with their length before them.</summary>
internal sealed class SheetWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public void Number(long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        _bytes.Write(bytes);
    }

    public void Flag(bool value) => Number(value ? 1 : 0);

    public void Text(string value) => Block(Encoding.UTF8.GetBytes(value));

    public void Block(ReadOnlySpan<byte> value)
    {
        Number(value.Length);
        _bytes.Write(value);
    }

    public void Texts(IReadOnlyCollection<string> values)
    {
        Number(values.Count);
        foreach (var value in values)
            Text(value);
    }

    /// <summary>The sheet with its length before it (8 bytes), as it goes over a pipe.</summary>
    public byte[] ToMessage()
    {
        var message = new byte[8 + _bytes.WrittenCount];
        BinaryPrimitives.WriteInt64LittleEndian(message, _bytes.WrittenCount);
        _bytes.WrittenSpan.CopyTo(message.AsSpan(8));
        return message;
    }
}
