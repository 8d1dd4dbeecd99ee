using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;

namespace Bolt.Packages;

/// <summary>Packages text -> the bytes of an <see cref="ArchiveIndex"/>, in one pass over a stream.</summary>
internal sealed class IndexBuilder : IDisposable
{
    /// <summary>The longest stanza of Debian has some 30 kB (a Rust library's Provides).</summary>
    private const int MaxStanza = 4 << 20;

    private readonly MemoryStream heap = new();
    private readonly List<int> packages = [];
    private readonly List<(int Name, int Record)> provisions = [];
    private readonly byte[] number = new byte[8];

    /// <summary>Throws <see cref="InvalidDataException"/> when the text is no package list.</summary>
    public static byte[] Build(Stream text)
    {
        using var builder = new IndexBuilder();
        var buffer = new byte[256 << 10];
        var filled = 0;
        while (true)
        {
            if (filled == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length < MaxStanza ? buffer.Length * 2 : throw new InvalidDataException("a stanza has no end"));
            }
            var count = text.Read(buffer.AsSpan(filled));
            if (count == 0)
            {
                builder.AddStanza(buffer.AsSpan(0, filled));
                return builder.Finish();
            }
            filled += count;
            var start = 0;
            while (buffer.AsSpan(start, filled - start).IndexOf("\n\n"u8) is var end and >= 0)
            {
                builder.AddStanza(buffer.AsSpan(start, end));
                start += end + 2;
            }
            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
        }
    }

    private ref struct Fields
    {
        public ReadOnlySpan<byte> Name, Version, Architecture, Path, Depends, PreDepends, Provides, Sha256;
        public long Size;
    }

    private void AddStanza(ReadOnlySpan<byte> stanza)
    {
        var fields = new Fields();
        foreach (var range in stanza.Split((byte)'\n'))
        {
            AddField(ref fields, stanza[range]);
        }
        if (fields.Name.IsEmpty)
        {
            return;
        }
        if (fields.Sha256.Length != 64 || fields.Path.IsEmpty || fields.Version.IsEmpty || fields.Size <= 0)
        {
            throw new InvalidDataException($"the stanza of {Encoding.UTF8.GetString(fields.Name)} lacks a version, path, size or SHA-256");
        }
        var record = (int)heap.Length;
        packages.Add(record);
        Append(fields.Name);
        Append(fields.Version);
        Append(fields.Architecture);
        Append(fields.Path);
        AppendJoined(fields.PreDepends, fields.Depends);
        Append(fields.Provides);
        BinaryPrimitives.WriteInt64LittleEndian(number, fields.Size);
        heap.Write(number);
        heap.Write(Convert.FromHexString(Encoding.ASCII.GetString(fields.Sha256)));
        AddProvisions(fields.Provides, record);
    }

    private static void AddField(ref Fields fields, ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0 || line[0] == ' ')
        {
            return;
        }
        var key = line[..colon];
        var value = line[(colon + 1)..].Trim((byte)' ');
        if (key.SequenceEqual("Package"u8)) { fields.Name = value; }
        else if (key.SequenceEqual("Version"u8)) { fields.Version = value; }
        else if (key.SequenceEqual("Architecture"u8)) { fields.Architecture = value; }
        else if (key.SequenceEqual("Filename"u8)) { fields.Path = value; }
        else if (key.SequenceEqual("Depends"u8)) { fields.Depends = value; }
        else if (key.SequenceEqual("Pre-Depends"u8)) { fields.PreDepends = value; }
        else if (key.SequenceEqual("Provides"u8)) { fields.Provides = value; }
        else if (key.SequenceEqual("SHA256"u8)) { fields.Sha256 = value; }
        else if (key.SequenceEqual("Size"u8)) { fields.Size = Utf8Parser.TryParse(value, out long size, out _) ? size : 0; }
    }

    // "mail-transport-agent, libfoo-abi (= 3)"
    private void AddProvisions(ReadOnlySpan<byte> provides, int record)
    {
        foreach (var range in provides.Split((byte)','))
        {
            var name = provides[range].Trim((byte)' ');
            name = name[..(name.IndexOfAny(" (:"u8) is var end and >= 0 ? end : name.Length)];
            if (!name.IsEmpty)
            {
                provisions.Add(((int)heap.Length, record));
                Append(name);
            }
        }
    }

    private void AppendJoined(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        if (first.IsEmpty || second.IsEmpty)
        {
            Append(first.IsEmpty ? second : first);
            return;
        }
        var joined = new byte[first.Length + 1 + second.Length];
        first.CopyTo(joined);
        joined[first.Length] = (byte)',';
        second.CopyTo(joined.AsSpan(first.Length + 1));
        Append(joined);
    }

    private void Append(ReadOnlySpan<byte> text)
    {
        BinaryPrimitives.WriteInt32LittleEndian(number, text.Length);
        heap.Write(number.AsSpan(0, 4));
        heap.Write(text);
    }

    private byte[] Finish()
    {
        var text = heap.GetBuffer();
        int Order(int a, int b) => Name(text, a).SequenceCompareTo(Name(text, b)) is var order and not 0 ? order : a.CompareTo(b);
        packages.Sort(Order);
        provisions.Sort((a, b) => Order(a.Name, b.Name));
        var tables = ArchiveIndex.HeaderBytes + (packages.Count * 4) + (provisions.Count * 8);
        var bytes = new byte[tables + (int)heap.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, ArchiveIndex.Magic);
        var numbers = packages.Concat(provisions.SelectMany(p => new[] { p.Name, p.Record })).Prepend(provisions.Count).Prepend(packages.Count);
        var at = 8;
        foreach (var value in numbers)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), value);
            at += 4;
        }
        text.AsSpan(0, (int)heap.Length).CopyTo(bytes.AsSpan(tables));
        return bytes;
    }

    public void Dispose() => heap.Dispose();

    private static ReadOnlySpan<byte> Name(byte[] text, int at) =>
        text.AsSpan(at + 4, BinaryPrimitives.ReadInt32LittleEndian(text.AsSpan(at)));
}
