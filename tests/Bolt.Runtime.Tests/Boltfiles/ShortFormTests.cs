using System.Collections.Immutable;
using Bolt.Boltfiles;

namespace Bolt.Runtime.Tests.Boltfiles;

public class ShortFormTests
{
    [Theory]
    [InlineData("80:80", "127.0.0.1:80:80/Tcp")]
    [InlineData("8080", "127.0.0.1:0:8080/Tcp")]
    [InlineData("127.0.0.1:8080:80/tcp", "127.0.0.1:8080:80/Tcp")]
    [InlineData("0.0.0.0:8080:80", "0.0.0.0:8080:80/Tcp")]
    [InlineData("127.0.0.1::80", "127.0.0.1:0:80/Tcp")]
    [InlineData("53:53/udp", "127.0.0.1:53:53/Udp")]
    [InlineData("[::1]:53:53/UDP", "::1:53:53/Udp")]
    [InlineData("8000-8002:9000-9002", "127.0.0.1:8000:9000/Tcp 127.0.0.1:8001:9001/Tcp 127.0.0.1:8002:9002/Tcp")]
    public void Ports(string text, string expected)
    {
        Assert.Null(ShortForms.ReadPorts(text, out var ports));
        Assert.Equal(expected, string.Join(' ', ports.Select(p => $"{p.HostIp}:{p.HostPort}:{p.ContainerPort}/{p.Protocol}")));
    }

    [Theory]
    [InlineData("./site:/html", "Bind { Target = /html, ReadOnly = False, Source = ./site }")]
    [InlineData("~/x:/html:ro,z", "Bind { Target = /html, ReadOnly = True, Source = ~/x }")]
    [InlineData("data:/var/lib", "Named { Target = /var/lib, ReadOnly = False, Volume = data }")]
    public void Volumes(string text, string expected)
    {
        Assert.Null(ShortForms.ReadVolume(text, out var mount));
        Assert.Equal(expected, mount.ToString());
    }

    [Theory]
    [InlineData("5Gi", 5L << 30)]
    [InlineData("512M", 512L << 20)]
    [InlineData("1.5kb", 1536L)]
    [InlineData("2TiB", 2L << 40)]
    [InlineData("17", 17L)]
    [InlineData("8 GB", 8L << 30)]
    public void Sizes(string text, long expected)
    {
        Assert.Null(ShortForms.ReadSize(text, out var bytes));
        Assert.Equal(expected, bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-5G")]
    [InlineData("1e9")]
    [InlineData("5X")]
    [InlineData("5Gib2")]
    [InlineData("99999999999999999999T")]
    [InlineData(".")]
    public void Bad_sizes(string text) => Assert.NotNull(ShortForms.ReadSize(text, out _));

    [Theory]
    [InlineData("30s", 30_000)]
    [InlineData("1m30s", 90_000)]
    [InlineData("500ms", 500)]
    [InlineData("1.5h", 5_400_000)]
    [InlineData("0s", 0)]
    public void Durations(string text, int milliseconds)
    {
        Assert.Null(ShortForms.ReadDuration(text, out var duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("0.5", 0.5)]
    [InlineData("2", 2)]
    [InlineData("500m", 0.5)]
    public void Cpus(string text, double expected)
    {
        Assert.Null(ShortForms.ReadCpu(text, out var cores));
        Assert.Equal(expected, cores);
    }

    [Theory]
    [InlineData("image_name", "image")]
    [InlineData("enviroment", "environment")]
    [InlineData("port", "ports")]
    [InlineData("dependsOn", "depends_on")]
    [InlineData("xyzzy", null)]
    public void Spelling_finds_what_was_meant(string word, string? expected) =>
        Assert.Equal(expected, Spelling.Nearest(word, ["image", "environment", "env", "ports", "depends_on", "volumes"]));
}
