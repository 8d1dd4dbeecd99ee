using System.Security.Cryptography;
using Bolt.Diagnostics;

namespace Bolt.Storage;

/// <summary>
/// Stands between a layer and the tar reader: hashes what passes, and refuses long-name and extended headers that no
/// real archive has, since the reader allocates as much as a header claims before it sees the bytes.
/// </summary>
internal sealed class TarGuard(Stream tar, long maxBytes) : ForwardStream
{
    private const int Block = 512;
    private const long MaxHeader = 1 << 20;

    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] header = new byte[Block];
    private byte[] extended = [];
    private int extendedServed;
    private int headerFilled;
    private bool inExtended;
    private bool begun;
    private long? extendedSize;
    private IReadOnlyList<(string Name, byte[] Value)> pending = [];
    private long skip;
    private long total;

    /// <summary>
    /// Extended attributes of the entry whose header passed last, byte for byte: .NET's reader makes text of them, and a
    /// capability is none.
    /// </summary>
    public IReadOnlyList<(string Name, byte[] Value)> Attributes { get; private set; } = [];

    public override int Read(Span<byte> buffer)
    {
        if (extendedServed == extended.Length)
        {
            // Never past a header's end: what follows may be an extended one, which is looked at whole before anybody sees it.
            var region = skip > 0 ? skip : Block - headerFilled;
            var part = buffer[..(int)Math.Min(region, buffer.Length)];
            if (!(inExtended && skip > 0))
            {
                return Take(part);
            }
            ReadExtended();
        }
        var count = Math.Min(buffer.Length, extended.Length - extendedServed);
        extended.AsSpan(extendedServed, count).CopyTo(buffer);
        extendedServed += count;
        return count;
    }

    private int Take(Span<byte> buffer)
    {
        var read = tar.Read(buffer);
        hash.AppendData(buffer[..read]);
        total += read;
        if (total > maxBytes)
        {
            throw new BoltException(StorageErrors.TooLarge("the layer", maxBytes));
        }
        Watch(buffer[..read]);
        return read;
    }

    // .NET's reader refuses values that are no text, and a capability with a line end in it is none: it gets them blank.
    private void ReadExtended()
    {
        extended = new byte[skip];
        var read = 0;
        while (read < extended.Length && Take(extended.AsSpan(read)) is var some and > 0)
        {
            read += some;
        }
        extended = read == extended.Length ? extended : extended[..read];
        extendedServed = 0;
        extendedSize = SizeRecord(extended);
        pending = PaxRecords.Attributes(extended);
        PaxRecords.BlankAttributes(extended);
    }

    /// <summary>Reads what follows the archive's end and gives the digest of all.</summary>
    public Digest Finish()
    {
        var buffer = new byte[1 << 16];
        try
        {
            while (Read(buffer) > 0)
            {
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new BoltException(StorageErrors.BadArchive(e.Message), e);
        }
        return new Digest(Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    // Walks headers as the reader does: 512 bytes of header, then the content rounded up to whole blocks.
    private void Watch(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (skip > 0)
            {
                var passed = (int)Math.Min(skip, bytes.Length);
                skip -= passed;
                bytes = bytes[passed..];
                continue;
            }
            var part = Math.Min(Block - headerFilled, bytes.Length);
            bytes[..part].CopyTo(header.AsSpan(headerFilled));
            headerFilled += part;
            bytes = bytes[part..];
            if (headerFilled == Block)
            {
                headerFilled = 0;
                Examine();
            }
        }
    }

    // typeflag at 156, size at 124: 12 octal digits, or base-256 when the top bit is set (GNU tar).
    private void Examine()
    {
        // The reader takes a first block without a checksum for an archive's end, whatever else is in it.
        if (!begun && header.AsSpan().ContainsAnyExcept((byte)0) && !header.AsSpan(148, 8).ContainsAnyInRange((byte)'0', (byte)'7'))
        {
            throw new BoltException(StorageErrors.BadArchive("it does not start with a tar header"));
        }
        begun = true;
        inExtended = false;
        var type = (char)header[156];
        var size = SizeField(header.AsSpan(124, 12));
        if (type is not ('x' or 'g' or 'X' or 'L' or 'K'))
        {
            size = extendedSize ?? size;
            (extendedSize, Attributes, pending) = (null, pending, []);
        }
        if (size < 0 || (type is 'x' or 'g' or 'X' or 'L' or 'K' && size > MaxHeader))
        {
            throw new BoltException(StorageErrors.BadArchive($"a header of kind `{type}` claims {size} bytes"));
        }
        // Links, devices and folders have no content, whatever their size field says.
        inExtended = type is 'x';
        skip = type is '1' or '2' or '3' or '4' or '5' or '6' ? 0 : (size + Block - 1) / Block * Block;
    }

    // "20 size=8589934592\n": the size of a file that the header's own field cannot hold (pax, POSIX.1-2001).
    private static long? SizeRecord(ReadOnlySpan<byte> records)
    {
        var at = records.IndexOf(" size="u8);
        if (at < 0)
        {
            return null;
        }
        var value = records[(at + 6)..];
        var end = value.IndexOf((byte)'\n');
        return end > 0 && long.TryParse(value[..end], System.Globalization.NumberStyles.None, null, out var size) && size < long.MaxValue / 2
            ? size
            : -1;
    }

    private static long SizeField(ReadOnlySpan<byte> field)
    {
        long size = 0;
        if ((field[0] & 0x80) != 0)
        {
            foreach (var value in field[4..])
            {
                size = (size << 8) | value;
            }
            return size is >= 0 and < long.MaxValue / 2 ? size : -1;
        }
        foreach (var value in field)
        {
            if (value is >= (byte)'0' and <= (byte)'7')
            {
                size = (size << 3) | (long)(value - '0');
            }
        }
        return size;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            hash.Dispose();
            tar.Dispose();
        }
        base.Dispose(disposing);
    }
}
