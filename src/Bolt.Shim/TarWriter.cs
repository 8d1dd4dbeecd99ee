using System.Globalization;
using System.Text;
using Bolt.Kernel;

namespace Bolt.Shim;

/// <summary>
/// A tar in pax format without clock, names of owners or process ids: equal trees give equal bytes. What ustar's fields cannot
/// hold stands in an extended header.
/// </summary>
internal sealed unsafe class TarWriter(int target)
{
    private const int Block = 512;

    private readonly byte[] _buffer = new byte[1 << 20];
    private int _filled;

    public Errno Error { get; private set; }

    public void Entry(string name, char type, uint mode, uint uid, uint gid, long size, long time, string link, List<(string Name, byte[] Value)>? attributes)
    {
        var records = new MemoryStream();
        var (nameBytes, linkBytes) = (Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(link));
        if (nameBytes.Length > 100 || nameBytes.Any(b => b >= 128))
            Record(records, "path", nameBytes);
        if (linkBytes.Length > 100 || linkBytes.Any(b => b >= 128))
            Record(records, "linkpath", linkBytes);
        Large(records, "size", size, 33);
        Large(records, "uid", uid, 21);
        Large(records, "gid", gid, 21);
        foreach (var (attribute, value) in attributes ?? [])
            Record(records, "SCHILY.xattr." + attribute, value);
        if (records.Length > 0)
        {
            Header("PaxHeaders/x"u8, 'x', 0x1A4, 0, 0, records.Length, 0, []);
            Append(records.GetBuffer().AsSpan(0, (int)records.Length));
            Pad(records.Length);
        }
        Header(nameBytes, type, mode, uid, gid, size, time, linkBytes);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var count = Math.Min(bytes.Length, _buffer.Length - _filled);
            bytes[..count].CopyTo(_buffer.AsSpan(_filled));
            _filled += count;
            bytes = bytes[count..];
            if (_filled == _buffer.Length)
                Flush();
        }
    }

    public void Pad(long size) => Append(new byte[(Block - (size % Block)) % Block]);

    public void End()
    {
        Append(new byte[2 * Block]);
        Flush();
    }

    private void Flush()
    {
        if (Error == Errno.None && !StandardStreams.WriteAll(target, _buffer.AsSpan(0, _filled)))
            Error = Errno.ENOSPC;
        _filled = 0;
    }

    private void Header(ReadOnlySpan<byte> name, char type, uint mode, uint uid, uint gid, long size, long time, ReadOnlySpan<byte> link)
    {
        // name[100] mode[8] uid[8] gid[8] size[12] mtime[12] checksum[8] type link[100] "ustar\0" "00"
        var header = new byte[Block];
        name[..Math.Min(name.Length, 100)].CopyTo(header);
        Octal(header.AsSpan(100, 8), mode);
        Octal(header.AsSpan(108, 8), uid & 0x1FFFFF);
        Octal(header.AsSpan(116, 8), gid & 0x1FFFFF);
        Octal(header.AsSpan(124, 12), size & 0x1FFFFFFFF);
        Octal(header.AsSpan(136, 12), Math.Max(0, time));
        header[156] = (byte)type;
        link[..Math.Min(link.Length, 100)].CopyTo(header.AsSpan(157));
        "ustar\000"u8.CopyTo(header.AsSpan(257));
        header.AsSpan(148, 8).Fill((byte)' ');
        var sum = 0;
        foreach (var value in header)
            sum += value;
        Octal(header.AsSpan(148, 7), sum);
        Append(header);
    }

    private static void Large(MemoryStream records, string key, long value, int bits)
    {
        if (value >> bits != 0)
            Record(records, key, Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture)));
    }

    // "LENGTH KEY=VALUE\n", where LENGTH counts itself.
    private static void Record(MemoryStream records, string key, ReadOnlySpan<byte> value)
    {
        var rest = Encoding.UTF8.GetByteCount(key) + value.Length + 3;
        var length = rest + Digits(rest);
        length = rest + Digits(length);
        records.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{length} {key}=")));
        records.Write(value);
        records.WriteByte((byte)'\n');
    }

    private static int Digits(int number) => number.ToString(CultureInfo.InvariantCulture).Length;

    private static void Octal(Span<byte> field, long value)
    {
        for (var i = field.Length - 2; i >= 0; i--, value >>= 3)
            field[i] = (byte)('0' + (value & 7));
    }
}
