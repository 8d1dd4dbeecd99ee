using System.Net;
using System.Net.Http.Headers;
using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Registries;

namespace Bolt.Runtime.Tests.Registries;

/// <summary>What registries and their users write, as values.</summary>
public class RegistryTextTests
{
    [Theory]
    [InlineData("""Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/x:pull,push" """,
        "Bearer realm=https://auth.docker.io/token scope=repository:library/x:pull,push service=registry.docker.io")]
    [InlineData("""Basic realm="Registry Realm" """, "Basic realm=Registry Realm")]
    [InlineData("""bearer realm=https://a/t, service=s , Basic realm="r" """, "bearer realm=https://a/t service=s|Basic realm=r")]
    [InlineData("""Negotiate, Basic realm="a\"b\\c" """, """Negotiate|Basic realm=a"b\c""")]
    [InlineData("""Bearer realm="never closed""", "Bearer realm=never closed")]
    [InlineData("Bearer", "Bearer")]
    [InlineData("", "")]
    [InlineData("=,=\"\",,", "")]
    public void A_challenge_is_read(string header, string expected) =>
        Assert.Equal(expected, string.Join('|', AuthChallenge.Parse([header]).Select(c => string.Join(' ', c.Parameters.OrderBy(p => p.Key).Select(p => $"{p.Key}={p.Value}").Prepend(c.Scheme)))));

    [Fact]
    public void A_wait_doubles_and_a_registry_may_ask_for_its_own()
    {
        var patience = new RegistryPatience { Attempts = 5, First = TimeSpan.FromSeconds(1), Longest = TimeSpan.FromSeconds(3) };
        var now = DateTimeOffset.UnixEpoch;
        TimeSpan? Wait(int failed, RetryConditionHeaderValue? asked = null) => patience.Wait(failed, asked, now, 1);
        Assert.Equal([1, 2, 3, 3], new[] { 1, 2, 3, 4 }.Select(n => Wait(n)!.Value.TotalSeconds));
        Assert.Null(Wait(5));
        Assert.Equal(0.5, patience.Wait(1, null, now, 0)!.Value.TotalSeconds);
        Assert.Equal(21, Wait(1, new RetryConditionHeaderValue(TimeSpan.FromSeconds(20)))!.Value.TotalSeconds);
        Assert.Equal(31, Wait(1, new RetryConditionHeaderValue(now.AddSeconds(30)))!.Value.TotalSeconds);
        // A date that has passed asks for nothing; an hour is a no.
        Assert.Equal(1, Wait(1, new RetryConditionHeaderValue(now.AddSeconds(-30)))!.Value.TotalSeconds);
        Assert.Null(Wait(1, new RetryConditionHeaderValue(TimeSpan.FromHours(1))));
    }

    [Theory]
    [InlineData("https://r.example/v2/x", "https://cdn.example/y?sig=1", "https://cdn.example/y?sig=1", false)]
    [InlineData("https://r.example/v2/x", "/other", "https://r.example/other", true)]
    [InlineData("https://r.example/v2/x", "https://r.example:444/x", "https://r.example:444/x", false)]
    [InlineData("http://127.0.0.1:5000/v2/x", "http://127.0.0.1:5001/x", "http://127.0.0.1:5001/x", false)]
    [InlineData("https://r.example/v2/x", "http://r.example/x", null, false)]
    [InlineData("https://r.example/v2/x", "http://127.0.0.1:80/x", null, false)]
    [InlineData("http://127.0.0.1:5000/v2/x", "http://10.0.0.1/x", null, false)]
    [InlineData("http://127.0.0.1:5000/v2/x", "file:///etc/passwd", null, false)]
    public void A_redirect_never_loses_encryption_nor_carries_credentials_away(string from, string location, string? to, bool keeps)
    {
        Uri Next() => Redirection.Next(new Uri(from), new Uri(location, UriKind.RelativeOrAbsolute), RegistrySettings.Empty);
        if (to is null)
        {
            Assert.Equal("BOLT2406", Assert.Throws<BoltException>(Next).Diagnostic.Code);
            return;
        }
        Assert.Equal(to, Next().ToString());
        using var request = new HttpRequestMessage(HttpMethod.Get, from);
        request.Headers.TryAddWithoutValidation("Authorization", "Basic c2VjcmV0");
        request.Headers.TryAddWithoutValidation("Range", "bytes=5-");
        using var followed = Redirection.Follow(request, Next());
        Assert.Equal(keeps, followed.Headers.Contains("Authorization"));
        Assert.True(followed.Headers.Contains("Range"));
    }

    [Theory]
    [InlineData("amd64", 3, "linux/amd64/v3")]
    [InlineData("amd64", 2, "linux/amd64/v2")]
    [InlineData("amd64", 1, "linux/amd64")]
    [InlineData("arm64", 1, "linux/arm64/v8")]
    [InlineData("s390x", 1, null)]
    public void The_platform_is_the_highest_that_runs(string architecture, int level, string? expected)
    {
        Descriptor[] manifests =
        [
            Of("unknown", "unknown", null), Of("windows", "amd64", null), Of("linux", "arm64", "v8"), Of("linux", "amd64", null),
            Of("linux", "amd64", "v4"), Of("linux", "amd64", "v3"), Of("linux", "amd64", "v2"), Of("linux", "arm64", "v9"),
        ];
        Assert.Equal(expected, PlatformChoice.Choose(manifests, architecture, level) is { } chosen ? PlatformChoice.Text(chosen) : null);
    }

    [Fact]
    public void Settings_are_read_strictly()
    {
        var read = RegistrySettings.Read("/etc/bolt/registries.toml", """
            [registries."docker.io"]
            mirrors = ["127.0.0.1:5000/hub", "mirror.example"]
            [registries."10.0.0.5:5000"]
            insecure = true
            [registries."127.0.0.1:5443"]
            ca = "ca.pem"
            """);
        Assert.Empty(read.Diagnostics);
        Assert.Equal([new RegistryMirror("127.0.0.1:5000", "hub"), new RegistryMirror("mirror.example", "")], read.Value!.Of("docker.io").Mirrors);
        Assert.True(read.Value.Of("10.0.0.5:5000").Insecure);
        Assert.Equal("/etc/bolt/ca.pem", read.Value.Of("127.0.0.1:5443").CertificateAuthority);
        Assert.False(read.Value.Of("other.example").Insecure);
        foreach (var wrong in new[] { "[registries.a]\nunsafe = true", "[registries.a]\nmirrors = [\"https://x.example\"]", "[registries.a]\nmirrors = [\"X\"]", "registries = 5", "[other]" })
        {
            Assert.False(RegistrySettings.Read("r.toml", wrong).Ok, wrong);
        }
    }

    [Fact]
    public void Settings_without_an_end_are_refused_at_once()
    {
        Assert.False(RegistrySettings.ReadFile("/dev/zero").Ok);
        Assert.Same(RegistrySettings.Empty, RegistrySettings.ReadFile("/nowhere/registries.toml").Value);
    }

    private static Descriptor Of(string os, string architecture, string? variant) =>
        new(MediaTypes.Manifest, $"sha256:{new string('0', 64)}", 1, new PlatformDocument(architecture, os, variant), null);
}
