using System.Formats.Tar;
using System.Globalization;
using System.Text;
using Bolt.Diagnostics;

namespace Bolt.Packages;

/// <summary>Reads .deb files (deb(5)): an ar archive whose member data.tar.* has the files.</summary>
internal static class DebFile
{
    /// <summary>The largest packages that exist unpack to some 3 GB (debug symbols).</summary>
    private const long MaxUnpacked = 8L << 30;
    private const int ArHeader = 60;

    public static DebContents Unpack(string package, string path, LayerExtras extras, Spool spool, bool managed)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 128 << 10);
            var (name, length) = FindData(file);
            using var plain = Decompression.Open(new SliceStream(file, length), name["data.tar".Length..], MaxUnpacked, managed)
                ?? throw new InvalidDataException($"`{name}` has a compression that is not known");
            return new DebContents(package, ReadEntries(package, plain, new PathFilter(extras), spool.Open()));
        }
        catch (Exception e) when (Decompression.IsDamage(e))
        {
            throw new BoltException(PackageErrors.BadPackage(package, e.Message), e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BoltException(PackageErrors.NotWritten(spool.Folder, e.Message), e);
        }
    }

    // "!<arch>\n", then per member: name[16] mtime[12] uid[6] gid[6] mode[8] size[10] "`\n", data, a pad to even.
    private static (string Name, long Length) FindData(FileStream file)
    {
        Span<byte> header = stackalloc byte[ArHeader];
        file.ReadExactly(header[..8]);
        if (!header[..8].SequenceEqual("!<arch>\n"u8))
        {
            throw new InvalidDataException("it is no ar archive");
        }
        while (true)
        {
            file.ReadExactly(header);
            var name = Encoding.ASCII.GetString(header[..16]).TrimEnd(' ', '/');
            if (!header[58..].SequenceEqual("`\n"u8) || !long.TryParse(header[48..58].TrimEnd((byte)' '), NumberStyles.None, CultureInfo.InvariantCulture, out var size))
            {
                throw new InvalidDataException("an ar header is damaged");
            }
            if (name.StartsWith("data.tar", StringComparison.Ordinal))
            {
                return (name, size);
            }
            if (size > file.Length - file.Position)
            {
                throw new InvalidDataException("it is cut off");
            }
            file.Seek(size + (size & 1), SeekOrigin.Current);
        }
    }

    private static List<LayerNode> ReadEntries(string package, Stream plain, PathFilter filter, FileStream spool)
    {
        var entries = new List<LayerNode>();
        using var tar = new TarReader(plain, leaveOpen: true);
        while (tar.GetNextEntry() is { } entry)
        {
            if (LayerPath.OfPackage(package, entry.Name) is not { } path || filter.Drops(path, entry.EntryType == TarEntryType.Directory))
            {
                continue;
            }
            var mtime = Math.Max(0, entry.ModificationTime.ToUnixTimeSeconds());
            var node = new LayerNode(path, LayerKind.Folder, (int)entry.Mode & 0xfff, (uint)entry.Uid, (uint)entry.Gid, mtime);
            entries.Add(entry.EntryType switch
            {
                TarEntryType.Directory => node,
                TarEntryType.RegularFile or TarEntryType.V7RegularFile => node with { Kind = LayerKind.File, Content = Store(entry, spool) },
                TarEntryType.SymbolicLink => node with { Kind = LayerKind.Link, Target = entry.LinkName },
                TarEntryType.HardLink => node with
                {
                    Kind = LayerKind.HardLink,
                    Target = LayerPath.OfPackage(package, entry.LinkName) ?? throw new InvalidDataException($"`{path}` is a hard link to the root"),
                },
                var other => throw new InvalidDataException($"`{path}` is a {other}"),
            });
        }
        spool.Flush();
        return entries;
    }

    private static Content Store(TarEntry entry, FileStream spool)
    {
        var offset = spool.Position;
        entry.DataStream?.CopyTo(spool);
        return new Content(spool.SafeFileHandle, offset, spool.Position - offset, null);
    }
}

/// <summary>The files of one package that the layer keeps.</summary>
internal sealed record DebContents(string Package, IReadOnlyList<LayerNode> Nodes);
