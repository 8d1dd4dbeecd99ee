using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace Bolt.Runtime.Tests.Packages;

/// <summary>Makes .deb files: ar around data.tar in a compression of choice.</summary>
internal static class TestDeb
{
    public static readonly DateTimeOffset ModifiedAt = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static byte[] Make(string extension, params TarEntry[] entries) => Make(extension, [1, 2, 3], entries);

    /// <summary>One with a control archive: its control file and maintainer's scripts.</summary>
    public static byte[] WithScripts(string name, string version, (string Script, string Text)[] scripts, params TarEntry[] entries) => Make(
        ".gz",
        Tar([
            File("./control", $"Package: {name}\nVersion: {version}\nArchitecture: amd64\nMaintainer: Test <test@example.org>\nDescription: test\n"),
            .. scripts.Select(s => File("./" + s.Script, s.Text, 0x1ed)),
        ]),
        entries);

    private static byte[] Make(string extension, byte[] control, TarEntry[] entries)
    {
        var deb = new MemoryStream();
        deb.Write("!<arch>\n"u8);
        AppendMember(deb, "debian-binary", "2.0\n"u8.ToArray());
        AppendMember(deb, "control.tar", control);
        AppendMember(deb, "data.tar" + extension, Compress(Tar(entries), extension));
        return deb.ToArray();
    }

    private static byte[] Tar(TarEntry[] entries)
    {
        var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Gnu, leaveOpen: true))
        {
            foreach (var entry in entries)
            {
                entry.ModificationTime = ModifiedAt;
                writer.WriteEntry(entry);
            }
        }
        return tar.ToArray();
    }

    public static TarEntry File(string path, string text, int mode = 0x1a4) => new GnuTarEntry(TarEntryType.RegularFile, path)
    {
        DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)),
        Mode = (UnixFileMode)mode,
    };

    public static TarEntry Folder(string path, int mode = 0x1ed) => new GnuTarEntry(TarEntryType.Directory, path) { Mode = (UnixFileMode)mode };

    public static TarEntry Link(string path, string target) => new GnuTarEntry(TarEntryType.SymbolicLink, path) { LinkName = target, Mode = (UnixFileMode)0x1ff };

    public static TarEntry HardLink(string path, string target) => new GnuTarEntry(TarEntryType.HardLink, path) { LinkName = target };

    private static void AppendMember(MemoryStream deb, string name, byte[] content)
    {
        deb.Write(Encoding.ASCII.GetBytes($"{name,-16}{"0",-12}{"0",-6}{"0",-6}{"100644",-8}{content.Length,-10}`\n"));
        deb.Write(content);
        deb.Write(new byte[content.Length & 1]);
    }

    public static byte[] Compress(byte[] bytes, string extension)
    {
        var target = new MemoryStream();
        switch (extension)
        {
            case ".xz":
                return Xz(bytes);
            case ".zst":
                using (var zstd = new ZstdSharp.CompressionStream(target, 3, 0, leaveOpen: true))
                {
                    zstd.Write(bytes);
                }
                return target.ToArray();
            case ".gz":
                using (var gzip = new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true))
                {
                    gzip.Write(bytes);
                }
                return target.ToArray();
            default:
                return bytes;
        }
    }

    // The .xz file format 1.1 with one block of uncompressed LZMA2 chunks and CRC32 as its check.
    private static byte[] Xz(byte[] bytes)
    {
        var file = new MemoryStream();
        file.Write([0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]);
        AppendWithCrc(file, [0, 1]);
        // Block header: 12 bytes in all, one filter without sizes, LZMA2 (0x21) with a dictionary of 1 MiB.
        AppendWithCrc(file, [2, 0, 0x21, 1, 16, 0, 0, 0]);
        var blockStart = file.Length - 12;
        for (var at = 0; at < bytes.Length; at += 0x10000)
        {
            var length = Math.Min(0x10000, bytes.Length - at);
            file.Write([(byte)(at == 0 ? 1 : 2), (byte)((length - 1) >> 8), (byte)(length - 1)]);
            file.Write(bytes.AsSpan(at, length));
        }
        file.WriteByte(0);
        var unpadded = file.Length - blockStart + 4;
        file.Write(new byte[(4 - ((file.Length - blockStart) & 3)) & 3]);
        file.Write(Crc(bytes));
        var index = new MemoryStream();
        index.Write([0, 1]);
        AppendVariable(index, unpadded);
        AppendVariable(index, bytes.Length);
        index.Write(new byte[(4 - (index.Length & 3)) & 3]);
        AppendWithCrc(file, index.ToArray());
        var footer = new byte[6];
        BinaryPrimitives.WriteUInt32LittleEndian(footer, (uint)((index.Length + 4) / 4) - 1);
        footer[5] = 1;
        file.Write(Crc(footer));
        file.Write(footer);
        file.Write("YZ"u8);
        return file.ToArray();
    }

    private static void AppendVariable(MemoryStream target, long value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            target.WriteByte((byte)(value | 0x80));
        }
        target.WriteByte((byte)value);
    }

    private static void AppendWithCrc(MemoryStream target, byte[] bytes)
    {
        target.Write(bytes);
        target.Write(Crc(bytes));
    }

    private static byte[] Crc(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ (0xedb88320u & (uint)-(int)(crc & 1));
            }
        }
        var result = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(result, ~crc);
        return result;
    }
}
