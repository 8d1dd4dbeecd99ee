using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Bolt.Host.Tests.Storage;
using Bolt.Storage;

namespace Bolt.Host.Tests.Registries;

/// <summary>An image in memory, and the answers of a registry that behaves.</summary>
internal sealed class ServedImage
{
    private readonly Dictionary<string, byte[]> blobs = [];

    public ServedImage(params byte[][] tars)
    {
        Tars = tars.Length > 0 ? tars : [Layer("hello", "world")];
        Packed = [.. Tars.Select(Gzip)];
        var config = Encoding.UTF8.GetBytes($$"""{"architecture":"amd64","os":"linux","config":{"Cmd":["/hello"]},"rootfs":{"type":"layers","diff_ids":[{{string.Join(',', Tars.Select(t => $"\"{Digest.Of(t)}\""))}}] } }""");
        Manifest = Encoding.UTF8.GetBytes(
            $$"""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{Descriptor(config, "application/vnd.oci.image.config.v1+json")}},"layers":[{{string.Join(',', Packed.Select(p => Descriptor(p, "application/vnd.oci.image.layer.v1.tar+gzip")))}}] }""");
    }

    public byte[][] Tars { get; }

    public byte[][] Packed { get; }

    public byte[] Manifest { get; init; }

    public string BlobPath(int layer) => $"/v2/x/blobs/{Digest.Of(Packed[layer])}";

    /// <summary>What a registry without faults answers: repository `x`, any tag.</summary>
    public Answer Answer(Asked asked) => asked.Path switch
    {
        "/v2/" => Registries.Answer.Text(200, "{}"),
        var p when p.StartsWith("/v2/x/manifests/", StringComparison.Ordinal) => new Answer(200, Manifest) { Headers = { ["Content-Type"] = "application/vnd.oci.image.manifest.v1+json" } },
        var p when blobs.TryGetValue(p[(p.LastIndexOf('/') + 1)..], out var blob) => asked.From == 0
            ? new Answer(200, blob) { Headers = { ["ETag"] = "\"tag\"" } }
            : new Answer(206, blob[asked.From..]) { Headers = { ["Content-Range"] = $"bytes {asked.From}-{blob.Length - 1}/{blob.Length}" } },
        _ => Registries.Answer.Text(404, """{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known to registry"}]}"""),
    };

    /// <summary>A layer of one file; its content does not shrink.</summary>
    public static byte[] Layer(string name, string content) => Stores.Tar(Stores.Entry(TarEntryType.RegularFile, name, 0x1a4, content: content));

    /// <summary>The same bytes each time, so that the layer is as large packed as it is plain.</summary>
    public static byte[] LargeLayer(int seed, int size)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return Layer("large", Convert.ToBase64String(bytes));
    }

    private string Descriptor(byte[] blob, string type)
    {
        blobs[Digest.Of(blob).ToString()] = blob;
        return $$"""{"mediaType":"{{type}}","digest":"{{Digest.Of(blob)}}","size":{{blob.Length}} }""";
    }

    private static byte[] Gzip(byte[] bytes)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }
        return packed.ToArray();
    }
}
