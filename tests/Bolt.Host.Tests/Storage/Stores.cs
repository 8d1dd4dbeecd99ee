using System.Formats.Tar;
using System.Text;
using Bolt.Kernel;
using Bolt.Images;
using Bolt.Launch;
using Bolt.Registries;
using Bolt.Storage;

namespace Bolt.Host.Tests.Storage;

/// <summary>Stores in a folder of the test's own, which ends with it, whoever owns what is in it.</summary>
internal sealed class Stores : IAsyncDisposable
{
    public Stores()
    {
        // World-searchable: a mapped root comes through here as another id.
        File.SetUnixFileMode(Folder, (UnixFileMode)0x1c9);
        Paths = new StoragePaths(Folder + "/state", Folder + "/run", Folder + "/cache");
        Shim = ShimLocation.Find(null) ?? throw new InvalidOperationException("bolt-shim is not beside the tests");
        Files = new MappedFiles(Shim, IdMap.OfCurrentUser());
        Content = new ContentStore(Paths);
        Trees = new TreeStore(Paths, Files);
        Volumes = new VolumeStore(Paths, Files);
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("bolt-stores-").FullName;
    public StoragePaths Paths { get; }
    public string Shim { get; }
    public MappedFiles Files { get; }
    public ContentStore Content { get; }
    public TreeStore Trees { get; }
    public VolumeStore Volumes { get; }

    /// <summary>Registries with these settings and logins.</summary>
    public Registry Registry(string? settings = null, string? logins = null) => new(settings, logins, Paths, Content, Trees, new ImageStore(Paths, Content));

    /// <summary>Host owner and mode that an inner owner has.</summary>
    public (uint Uid, uint Gid, uint Mode) Expected(uint uid, uint gid, uint mode)
    {
        var ids = Files.Ids;
        return ids.Single ? (ids.HostUid, ids.HostGid, mode)
            : (uid == 0 ? ids.HostUid : ids.SubUid + uid - 1, gid == 0 ? ids.HostGid : ids.SubGid + gid - 1, mode);
    }

    /// <summary>What the kernel says, without following a link.</summary>
    public static unsafe (uint Uid, uint Gid, uint Mode) Owner(string path)
    {
        FileStatus status;
        fixed (byte* text = Encoding.UTF8.GetBytes(path + "\0"))
        {
            Assert.Equal(0, Sys.Status(Sys.AtFdCwd, text, Sys.AtSymlinkNoFollow, &status));
        }
        return (status.Uid, status.Gid, status.Mode & 0xFFF);
    }

    public static byte[] Tar(params TarEntry[] entries)
    {
        var bytes = new MemoryStream();
        using (var writer = new TarWriter(bytes, TarEntryFormat.Gnu, leaveOpen: true))
        {
            foreach (var entry in entries)
            {
                writer.WriteEntry(entry);
            }
        }
        return bytes.ToArray();
    }

    public static TarEntry Entry(TarEntryType type, string name, int mode, int uid = 0, int gid = 0, string? content = null)
    {
        var entry = new GnuTarEntry(type, name) { Mode = (UnixFileMode)mode, Uid = uid, Gid = gid, ModificationTime = DateTimeOffset.UnixEpoch.AddDays(1) };
        if (content is not null)
        {
            entry.DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content));
        }
        return entry;
    }

    public async ValueTask DisposeAsync()
    {
        await TreeStore.SettledAsync();
        await Files.DeleteTreeAsync(Folder, CancellationToken.None);
    }
}
