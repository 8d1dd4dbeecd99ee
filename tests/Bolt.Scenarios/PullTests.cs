using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Bolt.Host.Tests.Registries;

namespace Bolt.Scenarios;

/// <summary>An image from a registry through the tool, one pull of it killed on the way.</summary>
public class PullTests(InstalledTool tool)
{
    [Fact]
    public async Task A_killed_pull_leaves_a_store_that_works_and_the_next_one_goes_on_where_it_was()
    {
        var layer = Layer();
        var blobs = new Dictionary<string, byte[]> { [Digest(layer)] = layer };
        var config = Encoding.UTF8.GetBytes($$"""{"architecture":"amd64","os":"linux","config":{"Cmd":["sh"],"Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":["{{Digest(layer)}}"] } }""");
        blobs[Digest(config)] = config;
        var manifest = Encoding.UTF8.GetBytes(
            $$"""{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{Digest(config)}}","size":{{config.Length}} },"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{{Digest(layer)}}","size":{{layer.Length}} }] }""");
        Answer Serve(Asked asked) => asked.Path switch
        {
            "/v2/" => Answer.Text(200, "{}"),
            "/v2/x/manifests/t" => new Answer(200, manifest) { Headers = { ["Content-Type"] = "application/vnd.oci.image.manifest.v1+json" } },
            var path when asked.From == 0 => new Answer(200, blobs[path[(path.LastIndexOf('/') + 1)..]]),
            _ => new Answer(206, layer[asked.From..]) { Headers = { ["Content-Range"] = $"bytes {asked.From}-{layer.Length - 1}/{layer.Length}" } },
        };
        var half = layer.Length / 2;
        var folder = tool.FreshFolder("pull");
        await using (var stalling = new ScriptedRegistry(asked => asked.Path.EndsWith(Digest(layer), StringComparison.Ordinal) ? Serve(asked) with { CutAfter = half, Stalls = true } : Serve(asked)))
        {
            using var bolt = tool.Start(folder, new Dictionary<string, string>(), ["bolt", "pull", "--json", $"{stalling.Host}/x:t"]);
            // Nearly all that the registry sends is here: the rest never comes.
            while (await bolt.StandardOutput.ReadLineAsync() is { } line && !(JsonDocument.Parse(line).RootElement is var e && e.GetProperty("event").GetString() == "layerMoved" && e.GetProperty("done").GetInt64() > half * 9L / 10))
            {
            }
            bolt.Kill(entireProcessTree: true);
            await bolt.WaitForExitAsync();
            Assert.DoesNotContain(stalling.Host, (await tool.BoltAsync(folder, "images", "--all", "--json")).Expect(0).Output, StringComparison.Ordinal);
        }
        await using var registry = new ScriptedRegistry(Serve);
        var image = $"{registry.Host}/x:t";
        (await tool.BoltAsync(folder, "pull", image)).Expect(0);
        Assert.InRange(registry.Log.Single(a => a.Path.EndsWith(Digest(layer), StringComparison.Ordinal)).From, half * 9 / 10, half);
        Assert.Equal("hi\n", (await tool.BoltAsync(folder, "run", "--rm", image, "echo", "hi")).Expect(0).Output);
        Assert.Contains(image, (await tool.BoltAsync(folder, "images")).Expect(0).Output, StringComparison.Ordinal);
        (await tool.BoltAsync(folder, "rmi", image)).Expect(0);
    }

    private static string Digest(byte[] bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static byte[] Layer()
    {
        var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, TarEntryFormat.Pax, leaveOpen: true))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.Directory, "bin") { Mode = (UnixFileMode)0b111_101_101 });
            using var program = File.OpenRead("/bin/busybox");
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "bin/busybox") { DataStream = program, Mode = (UnixFileMode)0b111_101_101 });
            foreach (var name in new[] { "sh", "echo" })
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "bin/" + name) { LinkName = "busybox" });
            }
        }
        return bytes.ToArray();
    }
}
