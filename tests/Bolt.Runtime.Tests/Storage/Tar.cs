using System.Formats.Tar;
using System.Text;
using Bolt.Storage;

namespace Bolt.Runtime.Tests.Storage;

/// <summary>Archives as data: one tuple an entry.</summary>
internal static class Tar
{
    public static TarEntry File(string name, string content = "x", int mode = 0x1a4, int uid = 0, int gid = 0) =>
        With(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) }, mode, uid, gid);

    public static TarEntry Folder(string name, int mode = 0x1ed, int uid = 0, int gid = 0) =>
        With(new PaxTarEntry(TarEntryType.Directory, name), mode, uid, gid);

    public static TarEntry Link(string name, string target) => new PaxTarEntry(TarEntryType.SymbolicLink, name) { LinkName = target };

    public static TarEntry HardLink(string name, string target) => new PaxTarEntry(TarEntryType.HardLink, name) { LinkName = target };

    public static TarEntry Node(TarEntryType type, string name) => new PaxTarEntry(type, name);

    public static byte[] Of(params TarEntry[] entries)
    {
        var bytes = new MemoryStream();
        using (var writer = new TarWriter(bytes, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var entry in entries)
            {
                writer.WriteEntry(entry);
            }
        }
        return bytes.ToArray();
    }

    public static Digest DiffId(byte[] tar) => Digest.Of(tar);

    private static PaxTarEntry With(PaxTarEntry entry, int mode, int uid, int gid)
    {
        entry.Mode = (UnixFileMode)mode;
        entry.Uid = uid;
        entry.Gid = gid;
        entry.ModificationTime = new DateTimeOffset(2001, 2, 3, 4, 5, 6, TimeSpan.Zero);
        return entry;
    }
}
