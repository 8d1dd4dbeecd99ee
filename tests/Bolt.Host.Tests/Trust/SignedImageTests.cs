using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Bolt.Boltfiles;
using Bolt.Builds;
using Bolt.Diagnostics;
using Bolt.Host.Tests.Registries;
using Bolt.Host.Tests.Storage;
using Bolt.Images;
using Bolt.Registries;
using Bolt.Storage;
using Bolt.Trust;

namespace Bolt.Host.Tests.Trust;

/// <summary>Images on Debian's registry, signed and judged.</summary>
public sealed class SignedImageTests : IAsyncDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly Stores stores = new();
    private readonly Stores reader = new();

    public async ValueTask DisposeAsync()
    {
        await stores.DisposeAsync();
        await reader.DisposeAsync();
    }

    [Fact]
    public async Task Only_what_the_named_key_has_signed_is_prepared()
    {
        await using var registry = await DebianRegistry.StartAsync();
        var app = $"{registry.Host}/team/app:1";
        await PushAsync("one", app);
        var policy = await PolicyAsync($"{registry.Host}/team/*");
        Assert.Equal("BOLT2502", await RefusalAsync(app, policy));

        using (var stranger = SigningKey.Create()) await Trust(stores, null).SignAsync(Ref(app), stranger, None);
        Assert.Equal("BOLT2503", await RefusalAsync(app, policy));

        await SignAsync(app);
        var prepared = await PrepareAsync(app, policy, offline: false);
        Assert.Empty(prepared.Warnings);
        Assert.Equal("one", File.ReadAllText(prepared.Layers[0] + "/word"));
        Assert.Equal([stores.Folder + "/team.pub"], (await Trust(reader, policy).VerifyAsync(Ref(app), [], None)).Good.Select(g => g.Key.Path));
        // Both ways to find a signature: its manifest refers to the image, and both signers' are there.
        Assert.NotEmpty(await stores.Registry().ReferrersAsync(Ref(app), None));

        // The tag moves to an image that nobody signed.
        await PushAsync("two", app);
        Assert.Equal("BOLT2502", (await Assert.ThrowsAsync<BoltException>(() => Trust(reader, policy).VerifyAsync(Ref(app), [], None))).Diagnostic.Code);
    }

    [Fact]
    public async Task What_was_verified_once_starts_without_the_registry_until_the_rule_changes()
    {
        var registry = await DebianRegistry.StartAsync();
        var app = $"{registry.Host}/team/app:1";
        var policy = await PolicyAsync($"{registry.Host}/team/*");
        await using (registry)
        {
            await PushAsync("one", app);
            await SignAsync(app);
            await PrepareAsync(app, policy, offline: false);
        }
        Assert.Empty((await PrepareAsync(app, policy, offline: true)).Warnings);
        using var other = SigningKey.Create();
        File.WriteAllText(stores.Folder + "/team.pub", other.PublicPem);
        Assert.Equal("BOLT2503", await RefusalAsync(app, policy, offline: true));
    }

    [Fact]
    public async Task A_signature_that_is_carried_to_another_repository_or_image_does_not_count()
    {
        await using var registry = await DebianRegistry.StartAsync();
        var (app, copy, altered) = ($"{registry.Host}/team/app:1", $"{registry.Host}/team/copy:1", $"{registry.Host}/team/app:2");
        var policy = await PolicyAsync($"{registry.Host}/team/*");
        var digest = await PushAsync("one", app);
        await SignAsync(app);
        // The same image elsewhere, with its signature: skopeo carries both.
        await registry.SkopeoAsync($"docker://{app}", $"docker://{copy}");
        await registry.SkopeoAsync($"docker://{registry.Host}/team/app:{Tag(digest)}", $"docker://{registry.Host}/team/copy:{Tag(digest)}");
        Assert.Equal("BOLT2505", await RefusalAsync(copy, policy));
        // Another image, and the signature of the first under the name that the second's would have.
        var second = await PushAsync("two", altered);
        await registry.SkopeoAsync($"docker://{registry.Host}/team/app:{Tag(digest)}", $"docker://{registry.Host}/team/app:{Tag(second)}");
        Assert.Equal("BOLT2504", await RefusalAsync(altered, policy));
    }

    // As sigstore's specification has it done by hand: the layer of the tag is the payload, its annotation the signature.
    [Fact]
    public async Task Openssl_verifies_what_lies_where_cosign_looks()
    {
        await using var registry = await DebianRegistry.StartAsync();
        var app = $"{registry.Host}/team/app:1";
        await PolicyAsync($"{registry.Host}/team/*");
        var digest = await PushAsync("one", app);
        await SignAsync(app);
        using var http = new HttpClient { BaseAddress = new Uri($"http://{registry.Host}/v2/team/app/") };
        http.DefaultRequestHeaders.Accept.ParseAdd("application/vnd.oci.image.manifest.v1+json");
        using var manifest = JsonDocument.Parse(await http.GetByteArrayAsync($"manifests/{Tag(digest)}", None));
        var layer = manifest.RootElement.GetProperty("layers")[0];
        Assert.Equal("application/vnd.dev.cosign.simplesigning.v1+json", layer.GetProperty("mediaType").GetString());
        var payload = await http.GetByteArrayAsync($"blobs/{layer.GetProperty("digest").GetString()}", None);
        var signature = layer.GetProperty("annotations").GetProperty("dev.cosignproject.cosign/signature").GetBytesFromBase64();
        Assert.Equal(
            $"{{\"critical\":{{\"identity\":{{\"docker-reference\":\"{registry.Host}/team/app\"}},\"image\":{{\"docker-manifest-digest\":\"{digest}\"}},\"type\":\"cosign container image signature\"}}}}",
            Encoding.UTF8.GetString(payload));
        Assert.Equal("Verified OK\n", await OpensslAsync(payload, signature));
        payload[^3] ^= 1;
        Assert.Equal("Verification failure\n", await OpensslAsync(payload, signature));
    }

    [Fact]
    public async Task A_rule_that_warns_lets_it_start_and_says_so()
    {
        await using var registry = await DebianRegistry.StartAsync();
        var app = $"{registry.Host}/team/app:1";
        await PushAsync("one", app);
        var policy = await PolicyAsync($"{registry.Host}/team/*", "mode = \"warn\"\n");
        var warning = Assert.Single((await PrepareAsync(app, policy, offline: false)).Warnings);
        Assert.Equal(("BOLT2502", Severity.Warning), (warning.Code, warning.Severity));
        Assert.Empty((await PrepareAsync(app, null, offline: false)).Warnings);
    }

    // What a registry may answer to the question for signatures, none of which is one.
    [Theory]
    [InlineData("""{"schemaVersion":2,"layers":[null]}""", 0, "BOLT2008")]
    [InlineData("""{"schemaVersion":2,"layers":[{"mediaType":"application/vnd.dev.cosign.simplesigning.v1+json","digest":"../../x","size":1}]}""", 0, "BOLT2008")]
    [InlineData("""{"schemaVersion":2,"layers":[{"mediaType":"application/vnd.dev.cosign.simplesigning.v1+json","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","size":99999999}]}""", 0, "BOLT2008")]
    [InlineData("[]", 0, "BOLT2008")]
    [InlineData("""{"schemaVersion":2,"layers":[]}""", 9, "BOLT2401")]
    [InlineData("""{"schemaVersion":2,"layers":[]}""", 0, "BOLT2502")]
    public async Task Answers_that_are_no_signatures_are_refused_with_their_reason(string signatures, int cut, string code)
    {
        var image = new ServedImage();
        await using var registry = new ScriptedRegistry(asked =>
            asked.Path.EndsWith(".sig", StringComparison.Ordinal) ? Answer.Text(200, signatures) with { CutAfter = cut == 0 ? null : cut }
            : asked.Path.Contains("/referrers/", StringComparison.Ordinal) || asked.Path.Contains("/manifests/sha256-", StringComparison.Ordinal) ? Answer.Text(404)
            : image.Answer(asked));
        var policy = await PolicyAsync($"{registry.Host}/*");
        Assert.Equal(code, (await Assert.ThrowsAsync<BoltException>(() => Trust(reader, policy).VerifyAsync(Ref($"{registry.Host}/x:1"), [], None))).Diagnostic.Code);
    }

    private async Task<string> PolicyAsync(string repository, string more = "")
    {
        await BoltRuntime.CreateKeyPairAsync(stores.Folder + "/team", "secret", None);
        var path = stores.Folder + "/trust.toml";
        await File.WriteAllTextAsync(path, $"[repositories.\"{repository}\"]\nkeys = [\"team.pub\"]\n{more}", None);
        return path;
    }

    private async Task<string> OpensslAsync(byte[] payload, byte[] signature)
    {
        await File.WriteAllBytesAsync(stores.Folder + "/payload", payload, None);
        await File.WriteAllBytesAsync(stores.Folder + "/signature", signature, None);
        using var openssl = Process.Start(new ProcessStartInfo(
            "openssl", ["dgst", "-sha256", "-verify", stores.Folder + "/team.pub", "-signature", stores.Folder + "/signature", stores.Folder + "/payload"])
        { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = await openssl.StandardOutput.ReadToEndAsync(None);
        await openssl.WaitForExitAsync(None);
        return said;
    }

    private async Task SignAsync(string image)
    {
        using var key = SigningKey.Read(stores.Folder + "/team.key", () => "secret");
        await Trust(stores, null).SignAsync(Ref(image), key, None);
    }

    private async Task<Digest> PushAsync(string word, string target)
    {
        var layer = await stores.Content.WriteAsync(new MemoryStream(ServedImage.Layer("word", word)), null, None);
        var images = new ImageStore(stores.Paths, stores.Content);
        var made = await images.SaveAsync($"docker.io/library/{word}:1", new OciConfig { Command = ["/word"], DiffIds = [layer] }, None);
        return await stores.Registry().PushAsync(made, Ref(target), null, None);
    }

    private async Task<PreparedImage> PrepareAsync(string image, string? policy, bool offline)
    {
        var tools = new BuildTools(reader.Paths, reader.Content, reader.Trees, reader.Files, reader.Files.Ids, reader.Shim, null, reader.Registry(), Trust(reader, policy));
        return await new ImageBuild(tools).PrepareAsync(
            new ServiceSource.Image(image), reader.Folder, LockSession.Of(reader.Folder + "/bolt.lock"), offline, null, None);
    }

    private async Task<string> RefusalAsync(string image, string policy, bool offline = false) =>
        (await Assert.ThrowsAsync<BoltException>(() => PrepareAsync(image, policy, offline))).Diagnostic.Code;

    private static ImageTrust Trust(Stores of, string? policy) => new(policy, of.Paths, of.Registry());

    private static string Tag(Digest digest) => $"sha256-{digest.Hex}.sig";

    private static ImageReference Ref(string text) => ImageReference.Parse(text).Value!;
}
