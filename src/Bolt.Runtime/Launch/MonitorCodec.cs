using System.Buffers.Binary;
using System.Text;

namespace Bolt.Launch;

/// <summary>Monitor messages as bytes. What comes in may be anything: reading answers null, it never throws.</summary>
internal static class MonitorCodec
{
    /// <summary>Kind byte of <see cref="MonitorMessage.Output"/>; the shim sets it before data that it read in place.</summary>
    public const byte OutputKind = 40, ErrorOutputKind = 41;

    /// <summary>The packet.</summary>
    public static byte[] Write(MonitorMessage message)
    {
        var packet = new Packet();
        switch (message)
        {
            case MonitorMessage.Watch: packet.Byte(1); break;
            case MonitorMessage.Follow: packet.Byte(2); break;
            case MonitorMessage.Signal m: packet.Byte(3); packet.Int(m.Number); break;
            case MonitorMessage.Exec m: WriteExec(packet, m); break;
            case MonitorMessage.Attach m: packet.Byte(5); packet.Size(m.Columns, m.Rows); break;
            case MonitorMessage.Input m: packet.Byte(6); packet.Bytes(m.Bytes.Span); break;
            case MonitorMessage.InputEnd: packet.Byte(7); break;
            case MonitorMessage.Resize m: packet.Byte(8); packet.Size(m.Columns, m.Rows); break;
            case MonitorMessage.Running m: WriteRunning(packet, m); break;
            case MonitorMessage.Notified: packet.Byte(33); break;
            case MonitorMessage.Exited m: packet.Byte(34); packet.Text(m.Record.ToString()); break;
            case MonitorMessage.LogGrew: packet.Byte(35); break;
            case MonitorMessage.ExecStarted m: packet.Byte(36); packet.Int(m.Pid); break;
            case MonitorMessage.Failed m: packet.Byte(37); packet.Text(m.Step); packet.Text(m.Argument); packet.Int(m.Errno); break;
            case MonitorMessage.Attached m: packet.Byte(38); packet.Long(m.LogBytes); break;
            case MonitorMessage.Output m: packet.Byte(m.IsError ? ErrorOutputKind : OutputKind); packet.Bytes(m.Bytes.Span); break;
        }
        return packet.ToArray();
    }

    /// <summary>Null when the packet is not exactly one message.</summary>
    public static MonitorMessage? Read(ReadOnlySpan<byte> packet)
    {
        if (packet.IsEmpty || packet.Length > MonitorMessage.MaxBytes)
            return null;
        var fields = new Fields(packet[1..]);
        var message = ReadKind(packet[0], ref fields);
        return fields.Ok && fields.AtEnd ? message : null;
    }

    private static MonitorMessage? ReadKind(byte kind, ref Fields fields) => kind switch
    {
        1 => new MonitorMessage.Watch(),
        2 => new MonitorMessage.Follow(),
        3 => new MonitorMessage.Signal(fields.Int()),
        4 => new MonitorMessage.Exec(fields.Texts(), fields.Texts(), fields.Text(), fields.Text(), fields.Byte() != 0, fields.Byte() != 0, fields.Short(), fields.Short()),
        5 => new MonitorMessage.Attach(fields.Short(), fields.Short()),
        6 => new MonitorMessage.Input(fields.Rest()),
        7 => new MonitorMessage.InputEnd(),
        8 => new MonitorMessage.Resize(fields.Short(), fields.Short()),
        32 => new MonitorMessage.Running(fields.Text(), fields.Int(), fields.Int(), fields.Byte() != 0, fields.Byte() != 0),
        33 => new MonitorMessage.Notified(),
        34 => ExitRecord.Parse(fields.Text()) is { } record ? new MonitorMessage.Exited(record) : null,
        35 => new MonitorMessage.LogGrew(),
        36 => new MonitorMessage.ExecStarted(fields.Int()),
        37 => new MonitorMessage.Failed(fields.Text(), fields.Text(), fields.Int()),
        38 => new MonitorMessage.Attached(fields.Long()),
        OutputKind => new MonitorMessage.Output(false, fields.Rest()),
        ErrorOutputKind => new MonitorMessage.Output(true, fields.Rest()),
        _ => null,
    };

    private static void WriteExec(Packet packet, MonitorMessage.Exec m)
    {
        packet.Byte(4);
        packet.Texts(m.Command);
        packet.Texts(m.Environment);
        packet.Text(m.User);
        packet.Text(m.WorkingDirectory);
        packet.Byte(m.Terminal ? (byte)1 : (byte)0);
        packet.Byte(m.InputOpen ? (byte)1 : (byte)0);
        packet.Size(m.Columns, m.Rows);
    }

    private static void WriteRunning(Packet packet, MonitorMessage.Running m)
    {
        packet.Byte(32);
        packet.Text(m.Id);
        packet.Int(m.Pid);
        packet.Int(m.StopSignal);
        packet.Byte(m.Terminal ? (byte)1 : (byte)0);
        packet.Byte(m.Ready ? (byte)1 : (byte)0);
    }

    private sealed class Packet
    {
        private byte[] _bytes = new byte[64];
        private int _length;

        public byte[] ToArray() => _bytes[.._length];
        public void Byte(byte value) => Take(1)[0] = value;
        public void Int(int value) => BinaryPrimitives.WriteInt32LittleEndian(Take(4), value);
        public void Long(long value) => BinaryPrimitives.WriteInt64LittleEndian(Take(8), value);
        public void Bytes(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

        public void Size(ushort columns, ushort rows)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(Take(2), columns);
            BinaryPrimitives.WriteUInt16LittleEndian(Take(2), rows);
        }

        public void Text(string text)
        {
            var length = Encoding.UTF8.GetByteCount(text);
            Int(length);
            Encoding.UTF8.GetBytes(text, Take(length));
        }

        public void Texts(IReadOnlyList<string> texts)
        {
            Int(texts.Count);
            for (var i = 0; i < texts.Count; i++)
                Text(texts[i]);
        }

        private Span<byte> Take(int count)
        {
            if (_length + count > _bytes.Length)
                Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + count));
            _length += count;
            return _bytes.AsSpan(_length - count, count);
        }
    }

    private ref struct Fields(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _left = bytes;

        public bool Ok { get; private set; } = true;
        public readonly bool AtEnd => _left.IsEmpty;

        public byte Byte() => Take(1) is { IsEmpty: false } b ? b[0] : (byte)0;
        public ushort Short() => Take(2) is { IsEmpty: false } b ? BinaryPrimitives.ReadUInt16LittleEndian(b) : (ushort)0;
        public int Int() => Take(4) is { IsEmpty: false } b ? BinaryPrimitives.ReadInt32LittleEndian(b) : 0;
        public long Long() => Take(8) is { IsEmpty: false } b ? BinaryPrimitives.ReadInt64LittleEndian(b) : 0;

        public byte[] Rest()
        {
            if (_left.Length > MonitorMessage.MaxData)
                Ok = false;
            return Ok ? Take(_left.Length).ToArray() : [];
        }

        public string Text() => Encoding.UTF8.GetString(Take(Int()));

        public string[] Texts()
        {
            var count = Int();
            // Each text takes at least its length field: a count that cannot fit is refused before it is allocated.
            if (count < 0 || count > MonitorMessage.MaxTexts || count * 4 > _left.Length)
                Ok = false;
            if (!Ok)
                return [];
            var texts = new string[count];
            for (var i = 0; i < count; i++)
                texts[i] = Text();
            return texts;
        }

        private ReadOnlySpan<byte> Take(int count)
        {
            if (!Ok || count < 0 || count > _left.Length)
            {
                Ok = false;
                return [];
            }
            var taken = _left[..count];
            _left = _left[count..];
            return taken;
        }
    }
}
