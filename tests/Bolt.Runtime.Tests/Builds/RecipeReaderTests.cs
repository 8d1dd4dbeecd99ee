using Bolt.Builds;
using Bolt.Diagnostics;

namespace Bolt.Runtime.Tests.Builds;

public sealed class RecipeReaderTests
{
    public static TheoryData<string> Embedded() => [.. RecipeCatalog.Names];

    [Theory]
    [MemberData(nameof(Embedded))]
    public void Each_recipe_of_the_library_is_well(string name)
    {
        var read = RecipeReader.Read(name, RecipeCatalog.Read(name)!, "15");
        Assert.Empty(read.Diagnostics);
        Assert.Equal(name, read.Value!.Name);
    }

    [Fact]
    public void The_library_has_these() => Assert.Equal(
        ["busybox", "caddy", "debian", "dotnet-base", "nats", "nginx", "postgres", "redis"], RecipeCatalog.Names);

    [Fact]
    public void Every_problem_of_a_recipe_is_found_in_one_go()
    {
        var read = RecipeReader.Read("mine.capsule.toml", """
            nam = "mine"
            packages = "redis-server"
            ports = [70000]
            stop_signal = "SIGNAL"
            ready = "perhaps"
            data = "data"
            initialize = ["x"]

            [[users]]
            name = "a b"
            uid = 1

            [[folders]]
            path = "/data/../etc"
            owner = "nobody-else"
            mode = "rwx"

            [[files]]
            path = "/etc/x"

            [[links]]
            path = "/usr/bin/x"
            """);
        Assert.False(read.Ok);
        Golden.Check("Builds/bad-recipe", string.Join("\n", read.Diagnostics.Select(d => $"{d.At?.Line}:{d.At?.Column} {d.Code} {d.Message}; fix: {d.Fix}")) + "\n");
    }

    [Theory]
    [InlineData("bolt://nginx:latest", "nginx", null)]
    [InlineData("bolt://nginx", "nginx", null)]
    [InlineData("postgres:15", "postgres", "15")]
    [InlineData("./mine.capsule.toml", "mine", null)]
    public void References_of_recipes(string text, string name, string? tag)
    {
        var reference = RecipeReference.Parse(text, "/srv/stack");
        Assert.Equal((name, tag), (reference!.Name, reference.Tag));
    }

    [Theory]
    [InlineData("docker.io/library/nginx")]
    [InlineData("Nginx")]
    [InlineData("nginx:")]
    [InlineData("bolt://")]
    [InlineData("a b")]
    public void Other_texts_are_none(string text) => Assert.Null(RecipeReference.Parse(text, "/srv/stack"));
}
