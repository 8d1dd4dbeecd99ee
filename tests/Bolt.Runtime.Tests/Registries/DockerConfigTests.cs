using Bolt.Diagnostics;
using Bolt.Registries;
using Bolt.Runtime.Tests.Storage;

namespace Bolt.Runtime.Tests.Registries;

public sealed class DockerConfigTests : IDisposable
{
    private readonly TemporaryFolder temporary = new();

    public void Dispose() => temporary.Dispose();

    // "me:s:3cret" in base64: a password may hold a colon.
    [Theory]
    [InlineData("""{"auths":{"r.example":{"auth":"bWU6czozY3JldA=="}}}""", "r.example", "x", "me s:3cret")]
    [InlineData("""{"auths":{"https://index.docker.io/v1/":{"auth":"bWU6czozY3JldA=="}}}""", "docker.io", "library/x", "me s:3cret")]
    [InlineData("""{"auths":{"https://r.example/v2/":{"username":"u","password":"p"}}}""", "r.example", "x", "u p")]
    [InlineData("""{"auths":{"r.example":{"username":"u","password":"p"},"r.example/team":{"username":"t","password":"q"}}}""", "r.example", "team/app", "t q")]
    [InlineData("""{"auths":{"r.example":{"username":"u","password":"p"},"r.example/team":{"username":"t","password":"q"}}}""", "r.example", "other", "u p")]
    [InlineData("""{"auths":{"r.example":{"identitytoken":"tok","auth":"bWU6"}}}""", "r.example", "x", "identity tok")]
    [InlineData("""{"auths":{"r.example":{"registrytoken":"tok"}}}""", "r.example", "x", "bearer tok")]
    [InlineData("""{"auths":{"r.example":{}}}""", "r.example", "x", null)]
    [InlineData("""{"auths":{"r.example":{"auth":"bWU6cA=="}}}""", "r.example:5000", "x", null)]
    [InlineData("{}", "r.example", "x", null)]
    public async Task Credentials_are_found_by_host_and_path(string config, string host, string repository, string? expected) =>
        Assert.Equal(expected, Text(await Read(config).FindAsync(host, repository, CancellationToken.None)));

    [Fact]
    public async Task No_file_knows_no_one() =>
        Assert.Null(await DockerConfig.Read(temporary.At("none.json")).FindAsync("r.example", "x", CancellationToken.None));

    [Theory]
    [InlineData("not json")]
    [InlineData("""{"auths":{"r.example":{"auth":"not base64!"}}}""")]
    [InlineData("""{"auths":{"r.example":{"auth":"bm9jb2xvbg=="}}}""")]
    [InlineData("""{"credsStore":"../../bin/sh"}""")]
    [InlineData("""{"credsStore":"bolt-test-that-does-not-exist"}""")]
    public async Task What_cannot_be_read_or_asked_is_said(string config) =>
        await Assert.ThrowsAsync<BoltException>(async () => await Read(config).FindAsync("r.example", "x", CancellationToken.None));

    [Fact]
    public async Task A_login_is_written_and_taken_out_and_other_members_stay()
    {
        var path = temporary.At("docker/config.json");
        Directory.CreateDirectory(temporary.At("docker"));
        File.WriteAllText(path, """{"HttpHeaders":{"X":"y"},"auths":{"a.example":{"auth":"bWU6cA==","email":"me@a.example"}}}""");
        await DockerConfig.Read(path).WriteAsync("r.example", new Credentials.Password("u", "p"), CancellationToken.None);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal("u p", Text(await DockerConfig.Read(path).FindAsync("r.example", "x", CancellationToken.None)));
        await DockerConfig.Read(path).WriteAsync("r.example", null, CancellationToken.None);
        Assert.Null(await DockerConfig.Read(path).FindAsync("r.example", "x", CancellationToken.None));
        var left = File.ReadAllText(path);
        Assert.Contains("HttpHeaders", left, StringComparison.Ordinal);
        Assert.Contains("me@a.example", left, StringComparison.Ordinal);
    }

    private DockerConfig Read(string text)
    {
        File.WriteAllText(temporary.At("config.json"), text);
        return DockerConfig.Read(temporary.At("config.json"));
    }

    private static string? Text(Credentials? credentials) => credentials switch
    {
        null => null,
        Credentials.Password p => $"{p.User} {p.Secret}",
        Credentials.Identity i => $"identity {i.Token}",
        Credentials.Bearer b => $"bearer {b.Token}",
        _ => throw new ArgumentOutOfRangeException(nameof(credentials)),
    };
}
