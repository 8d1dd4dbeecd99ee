using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Bolt.Builds;
using Bolt.Host.Tests.Registries;
using Bolt.Storage;

namespace Bolt.Host.Tests.Builds;

/// <summary>What is written of an image: what it is made of, and how it came to be.</summary>
public sealed class EvidenceTests : IAsyncDisposable
{
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch.AddDays(20_000);
    private readonly BuildRoom room = new();

    public ValueTask DisposeAsync() => room.DisposeAsync();

    [Fact]
    public async Task A_bill_of_materials_has_layers_files_and_the_packages_of_three_worlds()
    {
        room.Write("status", "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9+deb12u1\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\n");
        room.Write("installed", "P:musl\nV:1.2.5-r0\nA:x86_64\n\n");
        room.Write("os-release", "ID=debian\nVERSION_ID=\"12\"\n");
        room.Write("app.deps.json", """
            {"targets":{"net10.0":{"app/1.0.0":{"dependencies":{"Serilog":"4.0.0"}},"Serilog/4.0.0":{"dependencies":{"Other":"1.0.0"}},"Other/1.0.0":{}}},
             "libraries":{"app/1.0.0":{"type":"project"},"Serilog/4.0.0":{"type":"package"},"Other/1.0.0":{"type":"package"},"runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/10.0.0":{"type":"runtimepack"} } }
            """);
        room.Write("a", "first");
        room.Write("b", "second");
        await room.BuildAsync(BuildRoom.From + "COPY status /var/lib/dpkg/status\nCOPY installed /lib/apk/db/installed\nCOPY os-release /etc/os-release\nCOPY app.deps.json broken.deps.jso[n] /app/\nCOPY a b /x/\nRUN rm /x/b && echo third > /x/a\n");
        using var sbom = JsonDocument.Parse(await room.Runtime.DescribeImageAsync("built:1", At, CancellationToken.None));
        var root = sbom.RootElement;
        Assert.Equal(("SPDX-2.3", "2024-10-04T00:00:00Z"), (root.GetProperty("spdxVersion").GetString(), root.GetProperty("creationInfo").GetProperty("created").GetString()));
        Assert.Equal(
            ["pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64", "pkg:deb/debian/libc6@2.36-9%2Bdeb12u1?arch=amd64&distro=debian-12",
             "pkg:nuget/Microsoft.NETCore.App.Runtime.linux-x64@10.0.0", "pkg:nuget/Other@1.0.0", "pkg:nuget/Serilog@4.0.0"],
            Purls(root).Where(p => !p.StartsWith("pkg:oci/", StringComparison.Ordinal)));

        // The root as it is: what was deleted is not there, what was replaced is of the upper layer.
        var files = root.GetProperty("files").EnumerateArray().ToDictionary(f => f.GetProperty("fileName").GetString()!);
        Assert.DoesNotContain("./x/b", files.Keys);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("third\n"u8)), Checksum(files["./x/a"], "SHA256"));
        var layers = root.GetProperty("packages").EnumerateArray().Where(p => p.GetProperty("SPDXID").GetString()!.StartsWith("SPDXRef-Layer-", StringComparison.Ordinal)).ToArray();
        Assert.Equal("layerID: " + layers[^1].GetProperty("versionInfo").GetString(), files["./x/a"].GetProperty("comment").GetString());
        Assert.Contains(Relations(root), r => r == ($"{layers[^1].GetProperty("SPDXID")}", "CONTAINS", $"{files["./x/a"].GetProperty("SPDXID")}"));
        Assert.Contains(Relations(root), r => r.Kind == "DEPENDS_ON" && r.From == IdOf(root, "Serilog") && r.To == IdOf(root, "Other"));

        // SPDX's own sum over the layer's files, and ids that are unique and known.
        var own = files.Values.Where(f => f.GetProperty("comment").GetString() == "layerID: " + layers[^1].GetProperty("versionInfo").GetString()).Select(f => Checksum(f, "SHA1")).Order(StringComparer.Ordinal);
        Assert.Equal(Convert.ToHexStringLower(CryptographicOperations.HashData(HashAlgorithmName.SHA1, Encoding.ASCII.GetBytes(string.Concat(own)))), layers[^1].GetProperty("packageVerificationCode").GetProperty("packageVerificationCodeValue").GetString());
        string[] ids = [.. root.GetProperty("packages").EnumerateArray().Concat(files.Values).Select(e => e.GetProperty("SPDXID").GetString()!), "SPDXRef-DOCUMENT"];
        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.All(Relations(root), r => Assert.True(ids.Contains(r.From) && ids.Contains(r.To)));
        Assert.Equal(Encoding.UTF8.GetString(await room.Runtime.DescribeImageAsync("built:1", At, CancellationToken.None)), root.GetRawText());
    }

    [Fact]
    public async Task A_recipe_names_its_packages_with_their_hashes()
    {
        await using var locked = new LockRoom();
        var runtime = locked.Runtime("one");
        await locked.LockAsync();
        var image = await runtime.BuildAsync(new ImageBuildOptions { Context = locked.Project + "/tool.capsule.toml", Tags = ["tool:1"] }, null, CancellationToken.None);
        using var sbom = JsonDocument.Parse(await runtime.DescribeImageAsync(image, At, CancellationToken.None));
        var package = Assert.Single(sbom.RootElement.GetProperty("packages").EnumerateArray(), p => p.GetProperty("name").GetString() == "tool");
        Assert.Equal(BoltLock.Read(locked.Lock).Value!.Pins["tool/amd64"].Packages.Packages[0].Sha256, Checksum(package, "SHA256"));
        Assert.Contains("pkg:deb/debian/tool@1.0?arch=amd64&distro=trixie", Purls(sbom.RootElement));
    }

    [Fact]
    public async Task A_provenance_names_what_the_build_took_and_the_manifest_that_travels()
    {
        await using var registry = await DebianRegistry.StartAsync();
        await using var locked = new LockRoom();
        await locked.LockAsync();
        var runtime = locked.Runtime("one");
        locked.Write(".git/HEAD", "ref: refs/heads/main\n");
        locked.Write(".git/packed-refs", "# pack-refs\n0123456789abcdef0123456789abcdef01234567 refs/heads/main\n");
        locked.Write(".git/config", "[remote \"origin\"]\n\turl = https://user:word@example.org/shop.git\n");
        var options = new ImageBuildOptions { Context = locked.Project + "/app", Tags = [$"{registry.Host}/app:1"], Locked = true };
        options = options with { Arguments = options.Arguments.Add("PLACE", "there"), Secrets = options.Secrets.Add("token", [.. "hidden"u8]) };
        var image = await runtime.BuildAsync(options, null, CancellationToken.None);
        var text = Encoding.UTF8.GetString(await runtime.ProvenanceAsync(image, CancellationToken.None));
        using var statement = JsonDocument.Parse(text);
        var root = statement.RootElement;
        Assert.Equal(("https://in-toto.io/Statement/v1", "https://slsa.dev/provenance/v1"), (root.GetProperty("_type").GetString(), root.GetProperty("predicateType").GetString()));
        var definition = root.GetProperty("predicate").GetProperty("buildDefinition");
        Assert.Equal("there", definition.GetProperty("externalParameters").GetProperty("args").GetProperty("PLACE").GetString());
        Assert.Equal("token", definition.GetProperty("externalParameters").GetProperty("secrets")[0].GetString());
        Assert.DoesNotContain("hidden", text);
        Assert.DoesNotContain("word@", text);
        var taken = definition.GetProperty("resolvedDependencies").EnumerateArray().ToDictionary(d => d.GetProperty("uri").GetString()!, d => d.GetProperty("digest").EnumerateObject().Single());
        Assert.Equal("0123456789abcdef0123456789abcdef01234567", taken["git+https://example.org/shop.git"].Value.GetString());
        Assert.Equal(Digest.Of(locked.Image.Manifest).Hex, taken[$"pkg:docker/{locked.Host.Replace(":", "%3A")}/x@1?platform=linux%2Famd64"].Value.GetString());
        Assert.Equal(Digest.Of("one"u8).Hex, taken[$"http://{locked.Host}{LockRoom.Address}"].Value.GetString());
        Assert.Equal(Digest.Of(File.ReadAllBytes(locked.Project + "/app/Dockerfile")).Hex, taken["context:Dockerfile"].Value.GetString());

        // Attested and asked for again, by the digest that the registry has.
        var digest = await runtime.PushAsync($"{registry.Host}/app:1", null, null, CancellationToken.None);
        Assert.Equal(digest, "sha256:" + root.GetProperty("subject")[0].GetProperty("digest").GetProperty("sha256").GetString());
        await BoltRuntime.CreateKeyPairAsync(locked.Folder + "/team", "secret", CancellationToken.None);
        await File.WriteAllTextAsync(locked.Folder + "/app.slsa.json", text);
        Assert.Equal(digest, await runtime.AttestImageAsync($"{registry.Host}/app:1", locked.Folder + "/app.slsa.json", null, locked.Folder + "/team.key", () => "secret", CancellationToken.None));
        var said = await runtime.VerifyAttestationsAsync($"{registry.Host}/app:1", "slsaprovenance1", [locked.Folder + "/team.pub"], CancellationToken.None);
        using var again = JsonDocument.Parse(Assert.Single(said.Statements));
        Assert.Equal(JsonSerializer.Serialize(root.GetProperty("predicate")), JsonSerializer.Serialize(again.RootElement.GetProperty("predicate")));
    }

    private static IEnumerable<string> Purls(JsonElement root) => root.GetProperty("packages").EnumerateArray()
        .Where(p => p.TryGetProperty("externalRefs", out _)).Select(p => p.GetProperty("externalRefs")[0].GetProperty("referenceLocator").GetString()!).Order(StringComparer.Ordinal);

    private static (string From, string Kind, string To)[] Relations(JsonElement root) => [.. root.GetProperty("relationships").EnumerateArray()
        .Select(r => (r.GetProperty("spdxElementId").GetString()!, r.GetProperty("relationshipType").GetString()!, r.GetProperty("relatedSpdxElement").GetString()!))];

    private static string IdOf(JsonElement root, string name) => root.GetProperty("packages").EnumerateArray().Single(p => p.GetProperty("name").GetString() == name).GetProperty("SPDXID").GetString()!;

    private static string Checksum(JsonElement element, string algorithm) =>
        element.GetProperty("checksums").EnumerateArray().Single(c => c.GetProperty("algorithm").GetString() == algorithm).GetProperty("checksumValue").GetString()!;
}
