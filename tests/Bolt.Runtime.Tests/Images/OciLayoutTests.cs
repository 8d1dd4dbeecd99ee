using System.IO.Compression;
using System.Text;
using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Runtime.Tests.Storage;
using Bolt.Storage;

namespace Bolt.Runtime.Tests.Images;

public sealed class OciLayoutTests : IDisposable
{
    private const string Gzip = "application/vnd.oci.image.layer.v1.tar+gzip", Docker = "application/vnd.docker.image.rootfs.diff.tar.gzip";

    private readonly TemporaryFolder temporary = new();
    private readonly ContentStore content;
    private readonly ImageStore images;
    private readonly byte[] layer = Tar.Of(Tar.File("hello", "world"));

    public OciLayoutTests()
    {
        var paths = new StoragePaths(temporary.At("state"), temporary.At("run"), temporary.At("cache"));
        content = new ContentStore(paths);
        images = new ImageStore(paths, content);
        Directory.CreateDirectory(temporary.At("layout/blobs/sha256"));
    }

    public void Dispose() => temporary.Dispose();

    [Theory]
    [InlineData(Gzip)]
    [InlineData(Docker)]
    public async Task A_layout_is_taken_over(string mediaType)
    {
        WriteIndex(Named(WriteImage(Compress(layer), mediaType), "one"));
        var image = await images.ImportLayoutAsync(temporary.At("layout"), "one", CancellationToken.None);
        Assert.Equal(["/hello"], image.Config.Entrypoint);
        Assert.Equal([8080], image.Config.TcpPorts());
        Assert.True(content.Contains(Digest.Of(layer)));
        Assert.Equal(image.Id, images.Find(image.Reference)?.Id);
    }

    [Fact]
    public async Task A_plain_and_a_zstd_layer_are_read_alike()
    {
        using var zstd = new ZstdSharp.Compressor();
        foreach (var packed in new[] { layer, zstd.Wrap(layer).ToArray() })
        {
            WriteIndex(WriteImage(packed, "application/vnd.oci.image.layer.v1.tar"));
            Assert.Equal([Digest.Of(layer)], (await images.ImportLayoutAsync(temporary.At("layout"), null, CancellationToken.None)).Config.DiffIds);
        }
    }

    [Fact]
    public async Task The_platform_is_chosen_from_a_nested_index()
    {
        var image = WriteImage(Compress(layer), Gzip);
        var other = "{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"" + Digest.Of([1]) + "\",\"size\":1,\"platform\":{\"os\":\"linux\",\"architecture\":\"s390x\"}}";
        var mine = image[..^1] + ",\"platform\":{\"os\":\"linux\",\"architecture\":\"" + OciPlatform.Architecture + "\"}}";
        WriteIndex(Blob(Encoding.UTF8.GetBytes($"{{\"manifests\":[{other},{mine}]}}"), "application/vnd.oci.image.index.v1+json"));
        await images.ImportLayoutAsync(temporary.At("layout"), null, CancellationToken.None);
    }

    [Fact]
    public async Task A_changed_byte_is_noticed_in_every_blob()
    {
        WriteIndex(WriteImage(Compress(layer), Gzip));
        foreach (var blob in Directory.GetFiles(temporary.At("layout/blobs/sha256")))
        {
            var good = await File.ReadAllBytesAsync(blob);
            var bad = good.ToArray();
            bad[^1] ^= 1;
            await File.WriteAllBytesAsync(blob, bad);
            await Assert.ThrowsAsync<BoltException>(() => images.ImportLayoutAsync(temporary.At("layout"), null, CancellationToken.None));
            await File.WriteAllBytesAsync(blob, good);
        }
        Assert.Null(images.Find(temporary.At("layout")));
        await images.ImportLayoutAsync(temporary.At("layout"), null, CancellationToken.None);
    }

    [Theory]
    [InlineData("BOLT2003", "missing", true)]
    [InlineData("BOLT2004", null, true)]
    [InlineData("BOLT2002", null, false)]
    public async Task What_is_not_there_is_said(string code, string? tag, bool written)
    {
        if (written)
        {
            var image = WriteImage(Compress(layer), Gzip);
            WriteIndex(Named(image, "a"), Named(image, "b"));
        }
        var thrown = await Assert.ThrowsAsync<BoltException>(() => images.ImportLayoutAsync(temporary.At("layout"), tag, CancellationToken.None));
        Assert.Equal(code, thrown.Diagnostic.Code);
    }

    [Theory]
    [InlineData("{\"digest\":\"sha256:../../../etc/passwd\",\"size\":1}")]
    [InlineData("{\"digest\":\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\",\"size\":99999999999}")]
    [InlineData("{\"size\":1}")]
    [InlineData("{\"digest\":\"sha512:00\",\"size\":1}")]
    [InlineData("null")]
    [InlineData("17")]
    public async Task A_hostile_descriptor_is_refused(string descriptor)
    {
        WriteIndex(descriptor);
        await Assert.ThrowsAsync<BoltException>(() => images.ImportLayoutAsync(temporary.At("layout"), null, CancellationToken.None));
    }

    [Fact]
    public void Equal_configs_have_equal_bytes()
    {
        var config = new OciConfig { Entrypoint = ["/a"], Environment = ["B=1", "A=2"], ExposedPorts = ["9/tcp", "10/udp"], DiffIds = [Digest.Of([])] };
        Assert.Equal(config.ToBytes(), OciConfig.Read(config.ToBytes()).ToBytes());
        Assert.Equal([9], config.TcpPorts());
        Assert.Equal(
            "{\"architecture\":\"" + OciPlatform.Architecture + "\",\"os\":\"linux\",\"config\":{\"ExposedPorts\":{\"10/udp\":{},\"9/tcp\":{}},\"Env\":[\"B=1\",\"A=2\"],\"Entrypoint\":[\"/a\"]},"
            + "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"]}}",
            Encoding.UTF8.GetString(config.ToBytes()));
    }

    private string WriteImage(byte[] packed, string mediaType)
    {
        var config = new OciConfig { Entrypoint = ["/hello"], ExposedPorts = ["8080/tcp"], DiffIds = [Digest.Of(layer)] };
        var manifest = $"{{\"config\":{Blob(config.ToBytes(), "application/vnd.oci.image.config.v1+json")},\"layers\":[{Blob(packed, mediaType)}]}}";
        return Blob(Encoding.UTF8.GetBytes(manifest), "application/vnd.oci.image.manifest.v1+json");
    }

    private string Blob(byte[] bytes, string mediaType)
    {
        File.WriteAllBytes(temporary.At("layout/blobs/sha256/" + Digest.Of(bytes).Hex), bytes);
        return $"{{\"mediaType\":\"{mediaType}\",\"digest\":\"{Digest.Of(bytes)}\",\"size\":{bytes.Length}}}";
    }

    private static string Named(string descriptor, string tag) =>
        descriptor[..^1] + ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"" + tag + "\"}}";

    private void WriteIndex(params string[] manifests) =>
        File.WriteAllText(temporary.At("layout/index.json"), $"{{\"schemaVersion\":2,\"manifests\":[{string.Join(',', manifests)}]}}");

    private static byte[] Compress(byte[] bytes)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }
        return packed.ToArray();
    }
}
