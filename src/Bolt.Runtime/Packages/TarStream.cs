using System.Text;

namespace Bolt.Packages;

/// <summary>
/// A tar of layer entries as it is read: GNU format (its long names need no time or process id in their headers, as the
/// framework's pax headers do), numeric owners, no names of them. The same entries give the same bytes.
/// </summary>
internal sealed class TarStream(IReadOnlyList<LayerNode> nodes) : ReadStream
{
    private const int Block = 512;
    private byte[] pending = [];
    private int pendingAt, next;
    private Content content;
    private long contentAt;
    private bool ended;

    public override int Read(Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            if (pendingAt < pending.Length)
            {
                var count = Math.Min(target.Length, pending.Length - pendingAt);
                pending.AsSpan(pendingAt, count).CopyTo(target);
                pendingAt += count;
                return count;
            }
            if (contentAt < content.Length)
            {
                var count = content.Read(contentAt, target);
                contentAt += count;
                if (count == 0)
                {
                    throw new InvalidDataException("the spool file is cut off");
                }
                if (contentAt == content.Length)
                {
                    Queue(new byte[Padding(content.Length)]);
                }
                return count;
            }
            if (ended)
            {
                return 0;
            }
            Advance();
        }
        return 0;
    }

    private void Advance()
    {
        if (next == nodes.Count)
        {
            ended = true;
            Queue(new byte[2 * Block]);
            return;
        }
        var node = nodes[next++];
        content = node.Kind == LayerKind.File ? node.Content : default;
        contentAt = 0;
        Queue(Header(node));
    }

    private void Queue(byte[] bytes) => (pending, pendingAt) = (bytes, 0);

    private static int Padding(long length) => (int)((Block - (length % Block)) % Block);

    private static byte[] Header(LayerNode node)
    {
        var name = Encoding.UTF8.GetBytes(node.Kind == LayerKind.Folder ? node.Path + "/" : node.Path);
        var link = node.Kind is LayerKind.Link or LayerKind.HardLink ? Encoding.UTF8.GetBytes(node.Target) : [];
        var bytes = new MemoryStream();
        AppendLong(bytes, link, (byte)'K');
        AppendLong(bytes, name, (byte)'L');
        var type = node.Kind switch
        {
            LayerKind.Folder => '5',
            LayerKind.Link => '2',
            LayerKind.HardLink => '1',
            _ => '0',
        };
        bytes.Write(Ustar(name, link, node, node.Kind == LayerKind.File ? node.Content.Length : 0, (byte)type));
        return bytes.ToArray();
    }

    // GNU tar: a name of 100 bytes or more stands, with its NUL, as the content of a "././@LongLink" entry before it.
    private static void AppendLong(MemoryStream bytes, byte[] name, byte type)
    {
        if (name.Length < 100)
        {
            return;
        }
        var holder = new LayerNode("", LayerKind.File, 0, 0, 0, 0);
        bytes.Write(Ustar("././@LongLink"u8.ToArray(), [], holder, name.Length + 1, type));
        bytes.Write(name);
        bytes.Write(new byte[1 + Padding(name.Length + 1)]);
    }

    // name[100] mode[8] uid[8] gid[8] size[12] mtime[12] checksum[8] type link[100] "ustar  \0"
    private static byte[] Ustar(byte[] name, byte[] link, LayerNode node, long size, byte type)
    {
        var header = new byte[Block];
        name.AsSpan(0, Math.Min(name.Length, 100)).CopyTo(header);
        Number(header.AsSpan(100, 8), node.Mode);
        Number(header.AsSpan(108, 8), node.Uid);
        Number(header.AsSpan(116, 8), node.Gid);
        Number(header.AsSpan(124, 12), size);
        Number(header.AsSpan(136, 12), node.ModifiedAt);
        header[156] = type;
        link.AsSpan(0, Math.Min(link.Length, 100)).CopyTo(header.AsSpan(157));
        "ustar  \0"u8.CopyTo(header.AsSpan(257));
        header.AsSpan(148, 8).Fill((byte)' ');
        var sum = 0;
        foreach (var value in header)
        {
            sum += value;
        }
        Number(header.AsSpan(148, 7), sum);
        return header;
    }

    // Octal digits and a NUL; what does not fit is big-endian behind 0x80 (GNU).
    private static void Number(Span<byte> field, long value)
    {
        if (value >= 1L << (3 * (field.Length - 1)))
        {
            for (var i = field.Length - 1; i > 0; i--, value >>= 8)
            {
                field[i] = (byte)value;
            }
            field[0] = 0x80;
            return;
        }
        for (var i = field.Length - 2; i >= 0; i--, value >>= 3)
        {
            field[i] = (byte)('0' + (value & 7));
        }
    }
}
