using Bolt.Images;

namespace Bolt.Runtime.Tests.Images;

public class ImageReferenceTests
{
    private const string Hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [Theory]
    [InlineData("nginx", "docker.io/library/nginx:latest")]
    [InlineData("nginx:1.27", "docker.io/library/nginx:1.27")]
    [InlineData("org/app", "docker.io/org/app:latest")]
    [InlineData("ghcr.io/org/app:v1", "ghcr.io/org/app:v1")]
    [InlineData("127.0.0.1:5000/app", "127.0.0.1:5000/app:latest")]
    [InlineData("localhost/app:x", "localhost/app:x")]
    [InlineData("index.docker.io/library/a_b", "docker.io/library/a_b:latest")]
    [InlineData("a@sha256:" + Hex, "docker.io/library/a@sha256:" + Hex)]
    [InlineData("a:1@sha256:" + Hex, "docker.io/library/a:1@sha256:" + Hex)]
    public void A_reference_is_filled_in(string text, string whole) => Assert.Equal(whole, ImageReference.Parse(text).Value?.ToString());

    [Theory]
    [InlineData("Nginx", "write `nginx`")]
    [InlineData("nginx:", "a tag has")]
    [InlineData("nginx:-x", "a tag has")]
    [InlineData("a//b", "write `[HOST")]
    [InlineData("", "write `[HOST")]
    [InlineData("a b", "write `[HOST")]
    [InlineData("-a", "write `[HOST")]
    [InlineData("a@sha256:12", "write `@sha256:`")]
    [InlineData("ghcr.io/", "write `[HOST")]
    public void A_bad_one_is_explained(string text, string fix)
    {
        var parsed = ImageReference.Parse(text);
        Assert.False(parsed.Ok);
        var diagnostic = Assert.Single(parsed.Diagnostics);
        Assert.Equal("BOLT2001", diagnostic.Code);
        Assert.StartsWith(fix, diagnostic.Fix, StringComparison.Ordinal);
    }
}
