using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using Bolt.Boltfiles;
using Bolt.Launch;
using Bolt.Storage;

namespace Bolt.Host.Tests.Surge;

/// <summary>A runtime with folders of its own and an OCI layout whose only program is busybox.</summary>
internal sealed class StackRoom : IAsyncDisposable
{
    private const string Busybox = "/bin/busybox";

    public StackRoom()
    {
        // Processes with mapped ids pass through to the trees below.
        Directory.CreateDirectory(Folder, (UnixFileMode)0b111_101_101);
        WriteLayout(Folder + "/image");
        Runtime = new BoltRuntime(new BoltOptions { StateFolder = Folder + "/state", RunFolder = Folder + "/run", CacheFolder = Folder + "/cache" });
    }

    public string Folder { get; } = Path.Combine(Path.GetTempPath(), $"bolt-{Guid.NewGuid().ToString("N")[..8]}");

    public BoltRuntime Runtime { get; }

    public Boltfile File(string services, string place = ".")
    {
        var read = BoltfileReader.Read(Path.GetFullPath(Folder + $"/{place}/Boltfile.toml"), "project = \"room\"\n" + services);
        Assert.True(read.Ok, string.Join('\n', read.Diagnostics));
        return read.Value!;
    }

    /// <summary>Nothing of any stack is in the run folder.</summary>
    public string[] Left => Directory.Exists(Folder + "/run/stacks") ? Directory.GetFileSystemEntries(Folder + "/run/stacks") : [];

    public async ValueTask DisposeAsync()
    {
        var files = new MappedFiles(ShimLocation.Find(null)!, IdMap.OfCurrentUser());
        await files.DeleteTreeAsync(Folder, CancellationToken.None);
    }

    private static void WriteLayout(string folder)
    {
        Directory.CreateDirectory(folder + "/blobs/sha256");
        var layer = Layer();
        var diffId = Blob(folder, layer);
        var config = Encoding.UTF8.GetBytes($$"""{"architecture":"amd64","os":"linux","config":{"Cmd":["sh"]},"rootfs":{"type":"layers","diff_ids":["{{diffId}}"] } }""");
        var manifest = Encoding.UTF8.GetBytes(
            $$"""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{Blob(folder, config)}}","size":{{config.Length}} },"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{{diffId}}","size":{{layer.Length}} } ]}""");
        System.IO.File.WriteAllText(folder + "/oci-layout", """{"imageLayoutVersion":"1.0.0"}""");
        System.IO.File.WriteAllText(folder + "/index.json",
            $$"""{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{{Blob(folder, manifest)}}","size":{{manifest.Length}},"platform":{"architecture":"amd64","os":"linux"} } ]}""");
    }

    private static byte[] Layer()
    {
        var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var name in new[] { "bin", "etc", "tmp" }) tar.WriteEntry(new PaxTarEntry(TarEntryType.Directory, name) { Mode = (UnixFileMode)0b111_101_101 });
            using var program = System.IO.File.OpenRead(Busybox);
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "bin/busybox") { DataStream = program, Mode = (UnixFileMode)0b111_101_101 });
            foreach (var name in new[] { "sh", "sleep", "nc", "echo", "true" })
                tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "bin/" + name) { LinkName = "busybox" });
        }
        return bytes.ToArray();
    }

    private static string Blob(string folder, byte[] bytes)
    {
        var hex = Convert.ToHexStringLower(SHA256.HashData(bytes));
        System.IO.File.WriteAllBytes($"{folder}/blobs/sha256/{hex}", bytes);
        return "sha256:" + hex;
    }
}
