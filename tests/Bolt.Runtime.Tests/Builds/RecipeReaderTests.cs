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
        ["busybox", "caddy", "debian", "dotnet-base", "dotnet-runtime", "mariadb", "memcached", "mosquitto", "nats", "nginx", "node", "openjdk", "postgres",
            "python", "rabbitmq", "redis"], RecipeCatalog.Names);

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

    [Fact]
    public void A_hostile_recipe_is_refused_with_the_place_of_each_line()
    {
        var read = RecipeReader.Read("evil.capsule.toml", """
            name = "evil"
            packages = ["", "a | | b", " | "]
            version_of = "|"
            drops = [1]
            prune = ["/", "/usr/../.."]
            keep = "all"
            entrypoint = [["sh"]]
            ports = [99999999999999, -1, "80/udp"]
            workdir = "/srv/../../root"
            data = "/"
            ready = { listen = 4294967376 }
            template = 1
            env = { A = 1979-05-27 }

            [[users]]
            name = "root:x:0:0\nevil"
            uid = 4294967296
            home = "../.."

            [[folders]]
            path = "/data/./x"
            owner = "4294967295"
            mode = "77777"

            [[folders]]
            path = "/d"
            owner = "1:2:3"
            mode = 755

            [[files]]
            path = "/etc/../../../etc/shadow"
            content = "x"
            concat = "/etc/*"

            [[files]]
            path = "/"
            content = "x"

            [[links]]
            target = "/etc"
            paths = ["/usr/bin/ok", "../../up", "/a\u0000b"]
            """);
        Assert.False(read.Ok);
        Assert.All(read.Diagnostics, d => Assert.NotNull(d.At));
        Golden.Check("Builds/hostile-recipe", (string.Join("\n", read.Diagnostics.Select(d => $"{d.At?.Line}:{d.At?.Column} {d.Code} {d.Message}; fix: {d.Fix}")) + "\n").Replace("\0", "<NUL>", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\"notify\"", "Notify { }")]
    [InlineData("\"started\"", "Started { }")]
    [InlineData("{ listen = 80 }", "Listen { Port = 80 }")]
    [InlineData("{ http = 8080 }", "Http { Port = 8080 }")]
    [InlineData("{ log = \"up\" }", "LogLine { Text = up }")]
    public void Ways_to_say_ready(string text, string signal) =>
        Assert.Equal(signal, $"{RecipeReader.Read("mine.capsule.toml", "name = \"mine\"\npackages = [\"x\"]\nready = " + text).Value!.Ready}");

    [Fact]
    public void What_a_start_would_find_out_is_said_where_it_stands()
    {
        var read = RecipeReader.Read("mine.capsule.toml", """
            name = "mine"
            packages = ["x"]
            data = "/data"
            entrypoint = []
            command = ["", "x"]
            initialize = []
            user = "nobody-else"
            single_user = "mine:staff"
            ready = { log = "" }
            url = "http://{host}:{prot}/{version}"
            credential_env = { A = "{host}", B = "{user}" }
            env = { A = "a\u0000b" }

            [[users]]
            name = "mine"
            uid = 7
            """);
        Golden.Check("Builds/early-recipe", string.Join("\n", read.Diagnostics.Select(d => $"{d.At?.Line}:{d.At?.Column} {d.Code} {d.Message}; fix: {d.Fix}")) + "\n");
    }

    [Theory]
    [InlineData("name = 99999999999999999999999999")]
    [InlineData("name = \"x\"\npackages = [\"a\"")]
    [InlineData("name = 'x'\nname = 'y'\npackages = ['a']")]
    [InlineData("\ufffe\u0000")]
    [InlineData("files = 'x'\nusers = { name = 'y' }\nlinks = [1]\nfolders = 1")]
    public void A_recipe_that_is_no_recipe_is_refused_at_its_place(string text)
    {
        var read = RecipeReader.Read("evil.capsule.toml", text);
        Assert.False(read.Ok);
        Assert.All(read.Diagnostics, d => Assert.NotNull(d.At));
    }

    [Fact]
    public void Deep_nesting_is_refused_and_not_followed() =>
        Assert.False(RecipeReader.Read("evil.capsule.toml", "name = " + new string('[', 100_000)).Ok);

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
