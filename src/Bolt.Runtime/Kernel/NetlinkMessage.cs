namespace Bolt.Kernel;

/// <summary>Writes one rtnetlink message into the caller's stack: header, fixed part, attributes of 4-byte alignment.</summary>
internal unsafe ref struct NetlinkMessage
{
    /// <summary>Bytes that the caller provides; the longest message here, a veth pair, takes less than 200.</summary>
    public const int Capacity = 512;

    private readonly byte* _start;
    private int _length;

    public NetlinkMessage(byte* buffer, ushort type, int flags)
    {
        new Span<byte>(buffer, Capacity).Clear();
        _start = buffer;
        // struct nlmsghdr { u32 len; u16 type; u16 flags; u32 seq; u32 pid; }
        *(ushort*)(buffer + 4) = type;
        *(ushort*)(buffer + 6) = (ushort)flags;
        *(uint*)(buffer + 8) = 1;
        _length = 16;
    }

    public void Byte(byte value) => _start[_length++] = value;

    public void Raw32(uint value)
    {
        *(uint*)(_start + _length) = value;
        _length += 4;
    }

    /// <summary>struct ifinfomsg { u8 family; u8 pad; u16 type; i32 index; u32 flags; u32 change; }</summary>
    public void Link(int index, uint flags, uint change)
    {
        Raw32(0);
        Raw32((uint)index);
        Raw32(flags);
        Raw32(change);
    }

    public void U32(ushort attribute, uint value)
    {
        Header(attribute, 8);
        Raw32(value);
    }

    /// <summary>Text with its NUL. Names longer than the kernel takes (15) are refused by the kernel, never cut.</summary>
    public void Text(ushort attribute, ReadOnlySpan<byte> text)
    {
        if (text.Length > 64) text = text[..64];
        Header(attribute, 4 + text.Length + 1);
        text.CopyTo(new Span<byte>(_start + _length, text.Length));
        _length = (_length + text.Length + 1 + 3) & ~3;
    }

    public void Bytes(ushort attribute, ReadOnlySpan<byte> bytes)
    {
        Header(attribute, 4 + bytes.Length);
        bytes.CopyTo(new Span<byte>(_start + _length, bytes.Length));
        _length = (_length + bytes.Length + 3) & ~3;
    }

    public int Nest(ushort attribute)
    {
        Header(attribute, 4);
        return _length - 4;
    }

    public readonly void EndNest(int at) => *(ushort*)(_start + at) = (ushort)(_length - at);

    public readonly byte* Finish(out int length)
    {
        *(uint*)_start = (uint)_length;
        length = _length;
        return _start;
    }

    private void Header(ushort attribute, int length)
    {
        *(ushort*)(_start + _length) = (ushort)length;
        *(ushort*)(_start + _length + 2) = attribute;
        _length += 4;
    }
}
