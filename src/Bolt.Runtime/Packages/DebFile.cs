using System.Formats.Tar;
using System.Globalization;
using System.Text;
using Bolt.Diagnostics;
using Bolt.Storage;

namespace Bolt.Packages;

/// <summary>Reads .deb files (deb(5)): an ar archive whose member data.tar.* has the files.</summary>
internal static class DebFile
{
    /// <summary>The largest packages that exist unpack to some 3 GB (debug symbols).</summary>
    private const long MaxUnpacked = 8L << 30;
    /// <summary>Scripts, lists of symbols and checksums.</summary>
    private const long MaxControl = 64L << 20;
    private const int ArHeader = 60;
    private const string Data = "data.tar", Control = "control.tar";

    public static DebContents Unpack(string package, string path, LayerExtras extras, Spool spool, bool managed)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 128 << 10);
            using var plain = OpenMember(file, Data, MaxUnpacked, managed);
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

    /// <summary>The control file and the maintainer's scripts: name -> content and whether it is a program.</summary>
    public static SortedDictionary<string, (byte[] Content, bool IsProgram)> ReadControl(string package, string path, bool managed)
    {
        var files = new SortedDictionary<string, (byte[], bool)>(StringComparer.Ordinal);
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 16 << 10);
            using var plain = OpenMember(file, Control, MaxControl, managed);
            using var guard = new TarGuard(plain, MaxControl);
            using var tar = new TarReader(guard, leaveOpen: true);
            while (tar.GetNextEntry() is { } entry)
            {
                var name = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
                if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
                {
                    // They become names of files in one folder.
                    if (name.Length == 0 || name.StartsWith('.') || name.Contains('/', StringComparison.Ordinal))
                    {
                        throw new InvalidDataException($"`{name}` is no name of a control file");
                    }
                    var content = new MemoryStream();
                    entry.DataStream?.CopyTo(content);
                    files[name] = (content.ToArray(), entry.Mode.HasFlag(UnixFileMode.UserExecute));
                }
            }
            return files;
        }
        catch (Exception e) when (Decompression.IsDamage(e))
        {
            throw new BoltException(PackageErrors.BadPackage(package, e.Message), e);
        }
    }

    private static Stream OpenMember(FileStream file, string wanted, long limit, bool managed)
    {
        var (name, length) = FindMember(file, wanted);
        return Decompression.Open(new SliceStream(file, length), name[wanted.Length..], limit, managed)
            ?? throw new InvalidDataException($"`{name}` has a compression that is not known");
    }

    // "!<arch>\n", then per member: name[16] mtime[12] uid[6] gid[6] mode[8] size[10] "`\n", data, a pad to even.
    private static (string Name, long Length) FindMember(FileStream file, string wanted)
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
            if (name.StartsWith(wanted, StringComparison.Ordinal))
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
