using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Bolt.Diagnostics;
using Bolt.Host.Tests.Registries;
using Bolt.Host.Tests.Storage;
using Bolt.Images;
using Bolt.Storage;
using Bolt.Trust;

namespace Bolt.Host.Tests.Trust;

/// <summary>Statements about images on Debian's registry, signed and judged.</summary>
public sealed class AttestationTests : IAsyncDisposable
{
    private const string Type = "https://example.org/said/v1";
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly Stores stores = new();

    public ValueTask DisposeAsync() => stores.DisposeAsync();

    [Fact]
    public async Task Only_what_the_named_key_has_said_of_this_image_here_counts()
    {
        await using var registry = await DebianRegistry.StartAsync();
        var (app, copy, other) = ($"{registry.Host}/team/app:1", $"{registry.Host}/team/copy:1", $"{registry.Host}/team/app:2");
        await BoltRuntime.CreateKeyPairAsync(stores.Folder + "/team", "secret", None);
        var digest = await PushAsync("one", app);
        Assert.Equal("BOLT2530", await RefusalAsync(app));

        using (var stranger = SigningKey.Create()) await SayAsync(app, stranger, Type);
        Assert.Equal("BOLT2531", await RefusalAsync(app));
        using var key = SigningKey.Read(stores.Folder + "/team.key", () => "secret");
        await SayAsync(app, key, Type + "/else");
        Assert.Equal("BOLT2531", await RefusalAsync(app));
        await SayAsync(app, key, Type);
        var (named, good) = await Trust.VerifyAttestationsAsync(Ref(app), Type, [stores.Folder + "/team.pub"], None);
        Assert.Equal((digest, 1), (named, good.Length));
        // Beside the signature, under a tag of its own, and it refers to the image.
        Assert.NotEmpty(await stores.Registry().ReferrersAsync(Ref(app), None));

        // The same image elsewhere, and another image under the first one's statements.
        await registry.SkopeoAsync($"docker://{app}", $"docker://{copy}");
        await registry.SkopeoAsync($"docker://{registry.Host}/team/app:{Tag(digest)}", $"docker://{registry.Host}/team/copy:{Tag(digest)}");
        Assert.Equal("BOLT2532", await RefusalAsync(copy));
        var second = await PushAsync("two", other);
        await registry.SkopeoAsync($"docker://{registry.Host}/team/app:{Tag(digest)}", $"docker://{registry.Host}/team/app:{Tag(second)}");
        Assert.Equal("BOLT2532", await RefusalAsync(other));
    }

    // As DSSE's protocol.md has it done by hand, on what lies where cosign looks.
    [Fact]
    public async Task Openssl_verifies_the_envelope()
    {
        await using var registry = await DebianRegistry.StartAsync();
        var app = $"{registry.Host}/team/app:1";
        await BoltRuntime.CreateKeyPairAsync(stores.Folder + "/team", "secret", None);
        var digest = await PushAsync("one", app);
        using (var key = SigningKey.Read(stores.Folder + "/team.key", () => "secret")) await SayAsync(app, key, Type);
        using var http = new HttpClient { BaseAddress = new Uri($"http://{registry.Host}/v2/team/app/") };
        http.DefaultRequestHeaders.Accept.ParseAdd("application/vnd.oci.image.manifest.v1+json");
        using var manifest = JsonDocument.Parse(await http.GetByteArrayAsync($"manifests/{Tag(digest)}", None));
        var layer = manifest.RootElement.GetProperty("layers")[0];
        Assert.Equal("application/vnd.dsse.envelope.v1+json", layer.GetProperty("mediaType").GetString());
        Assert.Equal(Type, layer.GetProperty("annotations").GetProperty("predicateType").GetString());
        using var envelope = JsonDocument.Parse(await http.GetByteArrayAsync($"blobs/{layer.GetProperty("digest").GetString()}", None));
        var (type, payload) = (envelope.RootElement.GetProperty("payloadType").GetString()!, envelope.RootElement.GetProperty("payload").GetBytesFromBase64());
        Assert.Equal(
            $"{{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{{\"name\":\"{registry.Host}/team/app\",\"digest\":{{\"sha256\":\"{digest.Hex}\"}}}}],\"predicateType\":\"{Type}\",\"predicate\":{{\"word\":\"yes\"}}}}",
            Encoding.UTF8.GetString(payload));
        byte[] signed = [.. Encoding.ASCII.GetBytes($"DSSEv1 {type.Length} {type} {payload.Length} "), .. payload];
        var signature = envelope.RootElement.GetProperty("signatures")[0].GetProperty("sig").GetBytesFromBase64();
        Assert.Equal("Verified OK\n", await OpensslAsync(signed, signature));
        signed[^3] ^= 1;
        Assert.Equal("Verification failure\n", await OpensslAsync(signed, signature));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""{"payloadType":"x","payload":"e30=","signatures":[null,{"sig":null}]}""")]
    [InlineData("""{"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[]}""")]
    [InlineData("""{"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6NX0=","signatures":[{"sig":"AAAA"}]}""")]
    public void What_is_no_statement_says_nothing(string envelope)
    {
        var read = Attestation.Read(Encoding.UTF8.GetBytes(envelope));
        Assert.Null(read?.Claim());
    }

    private ImageTrust Trust => new(null, stores.Paths, stores.Registry());

    private async Task SayAsync(string image, SigningKey key, string type)
    {
        using var predicate = JsonDocument.Parse("""{"word":"yes"}""");
        await Trust.AttestAsync(Ref(image), type, predicate.RootElement, key, None);
    }

    private async Task<string> RefusalAsync(string image) =>
        (await Assert.ThrowsAsync<BoltException>(() => Trust.VerifyAttestationsAsync(Ref(image), Type, [stores.Folder + "/team.pub"], None))).Diagnostic.Code;

    private async Task<Digest> PushAsync(string word, string target)
    {
        var layer = await stores.Content.WriteAsync(new MemoryStream(ServedImage.Layer("word", word)), null, None);
        var made = await new ImageStore(stores.Paths, stores.Content).SaveAsync($"docker.io/library/{word}:1", new OciConfig { Command = ["/word"], DiffIds = [layer] }, None);
        return await stores.Registry().PushAsync(made, Ref(target), null, None);
    }

    private async Task<string> OpensslAsync(byte[] signed, byte[] signature)
    {
        await File.WriteAllBytesAsync(stores.Folder + "/signed", signed, None);
        await File.WriteAllBytesAsync(stores.Folder + "/signature", signature, None);
        using var openssl = Process.Start(new ProcessStartInfo(
            "openssl", ["dgst", "-sha256", "-verify", stores.Folder + "/team.pub", "-signature", stores.Folder + "/signature", stores.Folder + "/signed"])
        { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = await openssl.StandardOutput.ReadToEndAsync(None);
        await openssl.WaitForExitAsync(None);
        return said;
    }

    private static string Tag(Digest digest) => $"sha256-{digest.Hex}.att";

    private static ImageReference Ref(string text) => ImageReference.Parse(text).Value!;
}
