using System.Formats.Tar;
using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Kernel;
using Bolt.Launch;
using Bolt.Packages;
using Bolt.Runtime.Tests.Packages;
using Bolt.Runtime.Tests.Storage;
using Bolt.Storage;

namespace Bolt.Runtime.Tests.Fuzz;

/// <summary>What comes from registries, archives and files: tar layers, packages, saved images, packed or not.</summary>
public sealed class ArchiveFuzzTests : IDisposable
{
    // Buffers of the readers and decoders; a long-name or pax header is held whole, as text and as records, and has at most a megabyte.
    private const long Buffers = 24 << 20;

    private readonly TemporaryFolder _temporary = new();
    private int _count;

    private static readonly byte[] Plain = Storage.Tar.Of(
        Storage.Tar.Folder("etc/"), Storage.Tar.File("etc/passwd", "root:x:0:0"), Storage.Tar.Link("bin", "usr/bin"), Storage.Tar.HardLink("etc/p", "etc/passwd"),
        Storage.Tar.File(new string('n', 150), "long"), Storage.Tar.File("d/.wh.x", ""), Storage.Tar.Node(TarEntryType.Fifo, "run/pipe"));

    private static readonly byte[] Sparse = Storage.Tar.Of(new PaxTarEntry(
        TarEntryType.RegularFile, "GNUSparseFile.0/s",
        [new("GNU.sparse.major", "1"), new("GNU.sparse.minor", "0"), new("GNU.sparse.name", "s"), new("GNU.sparse.realsize", "1024"), new("SCHILY.xattr.user.a", "b")])
    {
        DataStream = new MemoryStream([.. "1\n0\n512\n"u8, .. new byte[504], .. new byte[512]]),
    });

    private static readonly byte[] Saved = Storage.Tar.Of(
        Storage.Tar.File("manifest.json", """[{"Config":"c.json","RepoTags":["x:1"],"Layers":["l.tar"]}]"""),
        Storage.Tar.File("c.json", """{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":["sha256:aaaa"]} }"""),
        Storage.Tar.File("l.tar", "x"), Storage.Tar.Link("m.tar", "l.tar"));

    private static readonly byte[] Layout = Storage.Tar.Of(
        Storage.Tar.File("oci-layout", """{"imageLayoutVersion":"1.0.0"}"""),
        Storage.Tar.File("index.json", """{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","size":5}]}"""));

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Layers() => Hostile.Check(
        "layers", [Plain, Sparse, TestDeb.Compress(Plain, ".gz"), TestDeb.Compress(Plain, ".zst")], 500, length => Buffers + 64L * length, bytes => InFolder(folder =>
        {
            using var guard = new TarGuard(LayerStream.Decompress(new MemoryStream(bytes)), 64 << 20);
            LayerUnpack.Run(guard, folder, new IdMap(Sys.EffectiveUid(), Sys.EffectiveGid(), 0, 0, 0), CancellationToken.None);
            guard.Finish();
        }));

    [Fact]
    public void Packages() => Hostile.Check(
        "debs", [.. ((string[])[".xz", ".zst", ".gz", ""]).Select(e => TestDeb.Make(e, TestDeb.Folder("./bin/"), TestDeb.File("./bin/app", "hello"), TestDeb.Link("./l", "bin")))],
        400, length => Buffers + 64L * length, bytes => InFolder(folder =>
        {
            var file = Path.Combine(folder, "p.deb");
            File.WriteAllBytes(file, bytes);
            foreach (var managed in (bool[])[true, false])
            {
                using var spool = new Spool(folder + "/spool");
                try
                {
                    DebFile.Unpack("p", file, new LayerExtras(), spool, managed);
                }
                catch (BoltException)
                {
                    // Its way to refuse; the other decoder may see more.
                }
            }
        }));

    [Fact]
    public void Saved_images() => Hostile.Check(
        "saved", [Saved, Layout, TestDeb.Compress(Saved, ".gz"), TestDeb.Compress(Layout, ".zst")], 250, length => Buffers + 64L * length, bytes => InFolder(folder =>
        {
            var paths = new StoragePaths(folder + "/state", folder + "/run", folder + "/cache");
            var content = new ContentStore(paths);
            new ImageLoad(paths, content, new ImageStore(paths, content)).FromArchiveAsync(new MemoryStream(bytes), "x", CancellationToken.None).GetAwaiter().GetResult();
        }));

    private void InFolder(Action<string> read)
    {
        var folder = _temporary.At($"f{Interlocked.Increment(ref _count)}");
        Directory.CreateDirectory(folder);
        try
        {
            read(folder);
        }
        catch (Exception e) when (e is BoltException || StorageErrors.IsFileSystem(e))
        {
            // Its ways to refuse: what the file system says of a name or a size, the store says on.
        }
        finally
        {
            // Folders that an archive closed to their owner.
            foreach (var inner in Directory.EnumerateDirectories(folder))
                Open(inner);
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Open(string folder)
    {
        if (new FileInfo(folder).LinkTarget is not null)
            return;
        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (var inner in Directory.EnumerateDirectories(folder))
            Open(inner);
    }
}
