using System.Globalization;
using System.Text;
using Bolt.Diagnostics;
using Bolt.Host.Tests.Storage;
using Bolt.Images;
using Bolt.Registries;
using Bolt.Storage;

namespace Bolt.Host.Tests.Registries;

/// <summary>Registries that break off, lie, stall, send away and refuse.</summary>
public sealed class PullTroubleTests : IAsyncDisposable
{
    private readonly Stores stores = new();
    private readonly InstantClock clock = new();
    private readonly ServedImage image = new(ServedImage.LargeLayer(1, 300_000), ServedImage.Layer("hello", "world"));

    public ValueTask DisposeAsync() => stores.DisposeAsync();

    [Fact]
    public async Task A_body_that_breaks_off_is_continued_where_it_broke()
    {
        var breaks = 0;
        await using var registry = new ScriptedRegistry(asked => asked.Path == image.BlobPath(0) && Interlocked.Increment(ref breaks) <= 3
            ? image.Answer(asked) with { CutAfter = 50_000 }
            : image.Answer(asked));
        var pulled = await PullAsync(registry);
        AssertWhole(pulled);
        var asked = registry.Log.Where(a => a.Path == image.BlobPath(0)).ToArray();
        Assert.Equal([0, 50_000, 100_000, 150_000], asked.Select(a => a.From));
        Assert.Equal([null, "\"tag\""], asked.Take(2).Select(a => a.Header("If-Range")));
        Assert.Equal(3, clock.Waits.Count);
    }

    [Fact]
    public async Task A_registry_that_ignores_ranges_is_read_past_what_is_here()
    {
        var breaks = 0;
        await using var registry = new ScriptedRegistry(asked => asked.Path == image.BlobPath(0)
            ? image.Answer(asked with { Headers = new Dictionary<string, string>() }) with { CutAfter = Interlocked.Increment(ref breaks) == 1 ? 70_000 : null }
            : image.Answer(asked));
        AssertWhole(await PullAsync(registry));
        Assert.Equal(2, breaks);
    }

    [Fact]
    public async Task A_stalled_body_is_asked_for_again()
    {
        var tries = 0;
        await using var registry = new ScriptedRegistry(asked => asked.Path == image.BlobPath(0) && Interlocked.Increment(ref tries) == 1
            ? image.Answer(asked) with { CutAfter = 10_000, Stalls = true }
            : image.Answer(asked));
        AssertWhole(await PullAsync(registry, patience: new RegistryPatience { Silence = TimeSpan.FromMilliseconds(700) }));
        Assert.Equal(2, tries);
    }

    [Fact]
    public async Task Wrong_bytes_never_get_a_name()
    {
        await using var registry = new ScriptedRegistry(asked =>
        {
            var answer = image.Answer(asked);
            if (asked.Path == image.BlobPath(0))
            {
                // In the middle of the file's content: the archive still unpacks.
                answer = answer with { Body = [.. answer.Body] };
                answer.Body[200_000] ^= 1;
            }
            return answer;
        });
        var failure = await Assert.ThrowsAsync<BoltException>(() => PullAsync(registry));
        Assert.NotNull(failure.Diagnostic.Cause);
        Assert.Null(stores.Trees.Find(Digest.Of(image.Tars[0])));
        Assert.False(stores.Content.Contains(Digest.Of(image.Packed[0])));
        // What lied once is not built upon: an honest registry's bytes are fetched from the start.
        await using var honest = new ScriptedRegistry(image.Answer);
        AssertWhole(await PullAsync(honest));
    }

    [Fact]
    public async Task What_an_earlier_pull_left_is_not_fetched_again_and_not_believed_either()
    {
        await using (var dying = new ScriptedRegistry(asked => asked.Path == image.BlobPath(0) && asked.From > 0
            ? Answer.Text(404)
            : asked.Path == image.BlobPath(0) ? image.Answer(asked) with { CutAfter = 120_000 } : image.Answer(asked)))
        {
            await Assert.ThrowsAsync<BoltException>(() => PullAsync(dying));
        }
        var left = Assert.Single(Directory.GetFiles(stores.Paths.State + "/blobs/partial"), f => f.EndsWith(Digest.Of(image.Packed[0]).Hex, StringComparison.Ordinal));
        Assert.Equal(120_000, new FileInfo(left).Length);
        await using (var registry = new ScriptedRegistry(image.Answer))
        {
            AssertWhole(await PullAsync(registry));
            Assert.Equal(120_000, registry.Log.Single(a => a.Path == image.BlobPath(0)).From);
        }
        Assert.Empty(Directory.GetFiles(stores.Paths.State + "/blobs/partial"));
    }

    [Fact]
    public async Task A_torn_rest_of_an_earlier_pull_is_thrown_away()
    {
        Directory.CreateDirectory(stores.Paths.State + "/blobs/partial");
        File.WriteAllBytes($"{stores.Paths.State}/blobs/partial/{Digest.Of(image.Packed[0]).Hex}", new byte[5000]);
        await using var registry = new ScriptedRegistry(image.Answer);
        AssertWhole(await PullAsync(registry));
    }

    [Theory]
    [InlineData(429, "7", 7)]
    [InlineData(503, "11", 11)]
    [InlineData(500, null, 0)]
    [InlineData(502, null, 0)]
    public async Task A_passing_refusal_is_waited_out_as_long_as_it_asks(int status, string? retryAfter, int seconds)
    {
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<string, int>();
        await using var registry = new ScriptedRegistry(asked => asked.Path != "/v2/" && seen.AddOrUpdate(asked.Path, 1, (_, n) => n + 1) == 1
            ? Answer.Text(status) with { Headers = retryAfter is null ? [] : new() { ["Retry-After"] = retryAfter } }
            : image.Answer(asked));
        AssertWhole(await PullAsync(registry));
        // Manifest, config and two layers were refused once each.
        Assert.Equal(4, clock.Waits.Count);
        Assert.All(clock.Waits, w => Assert.InRange(w.TotalSeconds, seconds, seconds + 1));
    }

    [Theory]
    [InlineData("loop", "BOLT2406")]
    [InlineData("away", "BOLT2406")]
    [InlineData("huge", "BOLT2408")]
    [InlineData("schema1", "BOLT2010")]
    [InlineData("both", "BOLT2008")]
    [InlineData("artifact", "BOLT2011")]
    [InlineData("foreign", "BOLT2012")]
    [InlineData("platform", "BOLT2413")]
    [InlineData("down", "BOLT2404")]
    [InlineData("hour", "BOLT2407")]
    [InlineData("denied", "BOLT2403")]
    [InlineData("login", "BOLT2403")]
    [InlineData("none", "BOLT2402")]
    [InlineData("digest", "BOLT2409")]
    [InlineData("size", "BOLT2405")]
    [InlineData("html", "BOLT2008")]
    public async Task What_cannot_be_used_is_refused_with_its_reason(string fault, string code)
    {
        await using var registry = new ScriptedRegistry(asked => asked.Path.StartsWith("/v2/x/", StringComparison.Ordinal) ? Faulty(asked, fault) : image.Answer(asked));
        var failure = await Assert.ThrowsAsync<BoltException>(() => PullAsync(registry));
        Assert.Equal("BOLT2400", failure.Diagnostic.Code);
        Assert.Equal(code, failure.Diagnostic.Cause!.Code);
        Assert.False(Directory.Exists(stores.Paths.State + "/images"));
    }

    private Answer Faulty(Asked asked, string fault)
    {
        var index = Encoding.UTF8.GetBytes("""{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","size":9,"platform":{"os":"linux","architecture":"s390x"} }]}""");
        Answer Document(string text, string type = "application/vnd.oci.image.manifest.v1+json") => Answer.Text(200, text) with { Headers = new() { ["Content-Type"] = type } };
        return fault switch
        {
            "loop" => Answer.Text(307) with { Headers = new() { ["Location"] = asked.Path + "0" } },
            "away" => Answer.Text(307) with { Headers = new() { ["Location"] = "http://192.0.2.1/x" } },
            "huge" => new Answer(200, []) { Headers = new() { ["Content-Length"] = (5L << 20).ToString(CultureInfo.InvariantCulture) } },
            "schema1" => Document("""{"schemaVersion":1,"fsLayers":[]}""", "application/vnd.docker.distribution.manifest.v1+prettyjws"),
            "both" => Document("""{"schemaVersion":2,"manifests":[],"layers":[],"config":{"digest":"x","size":1}}"""),
            "artifact" => Document("""{"schemaVersion":2,"config":{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","size":1},"layers":[]}"""),
            "foreign" => Document(Encoding.UTF8.GetString(image.Manifest).Replace("layer.v1.tar+gzip", "layer.nondistributable.v1.tar+gzip", StringComparison.Ordinal)),
            "platform" => new Answer(200, index) { Headers = new() { ["Content-Type"] = "application/vnd.oci.image.index.v1+json" } },
            "down" => Answer.Text(503),
            "hour" => Answer.Text(429) with { Headers = new() { ["Retry-After"] = "3600" } },
            "denied" => Answer.Text(403, """{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}"""),
            "login" => Answer.Text(401) with { Headers = new() { ["WWW-Authenticate"] = "Basic realm=\"x\"" } },
            "none" => Answer.Text(404),
            "digest" => image.Answer(asked) with { Headers = new() { ["Docker-Content-Digest"] = "sha256:" + new string('0', 64), ["Content-Type"] = "application/vnd.oci.image.manifest.v1+json" } },
            "size" => asked.Path == image.BlobPath(0) ? new Answer(200, new byte[image.Packed[0].Length + 1]) : image.Answer(asked),
            "html" => Answer.Text(200, "<html>a proxy wants you to log in</html>"),
            _ => throw new ArgumentOutOfRangeException(nameof(fault)),
        };
    }

    [Fact]
    public async Task A_token_is_fetched_with_the_credentials_and_does_not_follow_a_redirect()
    {
        await using var cdn = new ScriptedRegistry(image.Answer);
        string? host = null;
        await using var registry = new ScriptedRegistry(asked =>
        {
            if (asked.Path.StartsWith("/token?", StringComparison.Ordinal))
            {
                return asked.Header("Authorization") == "Basic bWU6c2VjcmV0" && asked.Path.Contains("scope=repository%3Ax%3Apull", StringComparison.Ordinal)
                    ? Answer.Text(200, """{"token":"T1"}""") : Answer.Text(401);
            }
            if (asked.Header("Authorization") != "Bearer T1" && asked.Path != "/v2/")
            {
                return Answer.Text(401) with { Headers = new() { ["WWW-Authenticate"] = $"Bearer realm=\"http://{host}/token\",service=\"s\",scope=\"repository:x:pull\"" } };
            }
            return asked.Path == image.BlobPath(0) ? Answer.Text(307) with { Headers = new() { ["Location"] = $"http://{cdn.Host}{asked.Path}" } } : image.Answer(asked);
        });
        host = registry.Host;
        File.WriteAllText(stores.Folder + "/config.json", $$"""{"auths":{"{{host}}":{"auth":"bWU6c2VjcmV0"} } }""");
        AssertWhole(await PullAsync(registry, logins: stores.Folder + "/config.json"));
        Assert.All(cdn.Log, a => Assert.Null(a.Header("Authorization")));
        Assert.Contains(cdn.Log, a => a.Path == image.BlobPath(0));
    }

    [Fact]
    public async Task A_mirror_is_asked_first_and_the_registry_when_it_fails()
    {
        await using var registry = new ScriptedRegistry(image.Answer);
        await using var broken = new ScriptedRegistry(_ => Answer.Text(404));
        await using var mirror = new ScriptedRegistry(asked => image.Answer(asked with { Path = asked.Path.Replace("/hub/", "/", StringComparison.Ordinal) }));
        File.WriteAllText(stores.Folder + "/registries.toml", $"[registries.\"{registry.Host}\"]\nmirrors = [\"{broken.Host}\", \"{mirror.Host}/hub\"]\n");
        var pulled = await PullAsync(registry, settings: stores.Folder + "/registries.toml");
        AssertWhole(pulled);
        Assert.Equal($"{registry.Host}/x:t", pulled.Reference);
        Assert.NotEmpty(broken.Log);
        Assert.Contains(mirror.Log, a => a.Path.StartsWith("/v2/hub/x/", StringComparison.Ordinal));
        Assert.Empty(registry.Log);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_refers_to_an_image_is_listed_page_by_page_or_from_the_fallback_tag(bool api)
    {
        var subject = Digest.Of(image.Manifest);
        string Entry(char c) => $$"""{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:{{new string(c, 64)}}","size":7,"artifactType":"application/x.{{c}}" }""";
        Answer Index(string entries, string? next = null) => Answer.Text(200, $$"""{"schemaVersion":2,"manifests":[{{entries}}] }""") with
        {
            Headers = new(next is null ? [] : [new("Link", $"<{next}>; rel=\"next\"")]) { ["Content-Type"] = "application/vnd.oci.image.index.v1+json" },
        };
        await using var registry = new ScriptedRegistry(asked => asked.Path switch
        {
            var p when api && p == $"/v2/x/referrers/{subject}" => Index(Entry('a'), $"/v2/x/referrers/{subject}?last=a"),
            var p when api && p == $"/v2/x/referrers/{subject}?last=a" => Index(Entry('b')),
            var p when !api && p == $"/v2/x/manifests/sha256-{subject.Hex}" => Index(Entry('a') + "," + Entry('b')),
            var p when p.StartsWith("/v2/x/referrers/", StringComparison.Ordinal) => Answer.Text(404),
            _ => image.Answer(asked),
        });
        var found = await stores.Registry().ReferrersAsync(ImageReference.Parse($"{registry.Host}/x:t").Value!, CancellationToken.None);
        Assert.Equal(["application/x.a", "application/x.b"], found.Select(d => d.ArtifactType));
    }

    private void AssertWhole(LocalImage pulled)
    {
        Assert.Equal(Digest.Of(image.Manifest), pulled.Manifest);
        Assert.All(image.Tars, t => Assert.NotNull(stores.Trees.Find(Digest.Of(t))));
        Assert.Equal("world", File.ReadAllText(stores.Trees.Find(Digest.Of(image.Tars[1])) + "/hello"));
        Assert.Equal(pulled.Id, new ImageStore(stores.Paths, stores.Content).Find(pulled.Reference)!.Id);
    }

    private Task<LocalImage> PullAsync(ScriptedRegistry registry, string? settings = null, string? logins = null, RegistryPatience? patience = null) =>
        new Registry(settings, logins, stores.Paths, stores.Content, stores.Trees, new ImageStore(stores.Paths, stores.Content)) { Clock = clock, Patience = patience ?? RegistryPatience.Default }
            .PullAsync(ImageReference.Parse($"{registry.Host}/x:t").Value!, null, CancellationToken.None);
}
