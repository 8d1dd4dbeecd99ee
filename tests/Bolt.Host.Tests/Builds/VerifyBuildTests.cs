using Bolt.Builds;
using Bolt.Images;
using Bolt.Kernel;

namespace Bolt.Host.Tests.Builds;

/// <summary>Builds that give the same bits again, and builds that do not.</summary>
public sealed class VerifyBuildTests : IAsyncDisposable
{
    private readonly BuildRoom room = new();

    public ValueTask DisposeAsync() => room.DisposeAsync();

    [Fact]
    public async Task Copied_files_and_commands_that_say_nothing_of_time_and_place_are_the_same()
    {
        room.Write("b/two.txt", "two", (UnixFileMode)0b111_101_101);
        room.Write("a.txt", "one");
        room.Write("private/secret", "3", (UnixFileMode)0b110_000_000);
        File.CreateSymbolicLink(room.Context + "/link", "a.txt");
        room.Write(".dockerignore", "Dockerfile\n");
        var verified = await VerifyAsync(BuildRoom.From + "WORKDIR /srv\nCOPY . .\nADD a.txt b /more/\nRUN echo $SOURCE_DATE_EPOCH > /made && touch /made /srv/new && sort /srv/a.txt > /sorted\n");
        Assert.Empty(verified.Differences);
        Assert.Contains("time", verified.Varied);
        Assert.Equal(Sys.EffectiveUid() == 0, verified.Varied.Contains("owner"));
        Assert.Equal("644 0:0 315532800", (await room.FilesAsync(below: "made"))["made"]);
        Assert.Equal("600 0:0 3", (await room.FilesAsync(below: "srv/private"))["srv/private/secret"]);
        Assert.Empty(room.Left);
    }

    [Fact]
    public async Task A_command_that_writes_chance_time_or_the_machine_is_found_with_file_and_field()
    {
        var verified = await VerifyAsync(BuildRoom.From
            + "RUN head -c 8 /dev/urandom | od -An -tx1 > /chance && echo same > /same\n"
            + "RUN mkdir /t && date +%s > /t/clock\n"
            + "RUN grep -c ^Cpus_allowed_list:.*[-,] /proc/self/status > /cores || true\n"
            + "RUN if [ $(cat /proc/sys/kernel/random/uuid | head -c 1) = x ]; then true; fi; touch /file-$(head -c 6 /dev/urandom | od -An -tx1 | tr -d ' \\n')\n");
        var found = verified.Differences.Where(d => d.Layer > 0).ToArray();
        var chance = Assert.Single(found, d => d.Path == "/chance");
        Assert.StartsWith("content at byte ", chance.Field, StringComparison.Ordinal);
        Assert.Contains("urandom", chance.Step, StringComparison.Ordinal);
        Assert.NotEqual(chance.First, chance.Second);
        Assert.Equal(3, chance.Layer);
        Assert.Single(found, d => d.Path == "/t/clock" && d.Field.StartsWith("content", StringComparison.Ordinal));
        // One processor instead of several; on a machine with one there is nothing to tell apart.
        Assert.Equal(System.Environment.ProcessorCount > 1 ? 1 : 0, found.Count(d => d.Path == "/cores"));
        Assert.Equal(["is missing in the first", "is missing in the second"], found.Where(d => d.Path.StartsWith("/file-", StringComparison.Ordinal)).Select(d => d.Field).Order());
        Assert.DoesNotContain(found, d => d.Path is "/same" or "/t");
        Assert.All(verified.Differences, d => Assert.NotEqual(0, d.Layer));
    }

    [Fact]
    public async Task A_recipe_gives_the_same_layer_by_either_decoder()
    {
        await using var locked = new LockRoom();
        var verified = await locked.Runtime("one").VerifyBuildAsync(new ImageBuildOptions { Context = locked.Project + "/tool.capsule.toml" }, null, CancellationToken.None);
        Assert.Empty(verified.Differences);
        Assert.Equal("bolt://" + locked.Project + "/tool.capsule.toml", Assert.Single(verified.Image.Tags));
    }

    // The projects' own determinism, in all that Bolt adds to it: paths, order of files, locale, processors, the commit.
    [Fact]
    public async Task A_project_with_another_beside_it_is_built_the_same_elsewhere()
    {
        await using var locked = new LockRoom();
        locked.Archive.Publish();
        foreach (var name in new[] { "Zebra", "alpha", "Middle", "éclair", "i" })
        {
            locked.Write($"api/{name}.cs", $"namespace Api {{ public static class {name.ToUpperInvariant()} {{ public static string Here([System.Runtime.CompilerServices.CallerFilePath] string path = \"\") => path; }} }}\n");
        }
        locked.Write("api/Program.cs", "System.Console.WriteLine(Lib.Where() + Api.I.Here());\n");
        locked.Write("lib/Lib.cs", "public static class Lib { public static string Where([System.Runtime.CompilerServices.CallerFilePath] string path = \"\") => path; public static string Own() => Where(); }\n");
        locked.Write("lib/lib.csproj", "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>\n");
        locked.Write("api/api.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><SelfContained>false</SelfContained><ContainerBaseImage>{locked.Host}/x:1</ContainerBaseImage></PropertyGroup>
              <ItemGroup><ProjectReference Include="../lib/lib.csproj" /></ItemGroup>
            </Project>
            """);
        locked.Write(".git/HEAD", "ref: refs/heads/main\n");
        locked.Write(".git/config", "[core]\n\trepositoryformatversion = 0\n");
        locked.Write(".git/refs/heads/main", "0123456789abcdef0123456789abcdef01234567\n");
        Directory.CreateDirectory(locked.Project + "/.git/objects");
        var verified = await locked.Runtime("one").VerifyBuildAsync(new ImageBuildOptions { Context = locked.Project + "/api", Tags = ["api:1"] }, null, CancellationToken.None);
        Assert.Equal([], verified.Differences.Select(d => $"{d.Layer} {d.Path} {d.Field} `{d.First}` `{d.Second}`"));
        Assert.Contains("path", verified.Varied);
        Assert.False(Directory.Exists(locked.Project + "/api/obj"));
        Assert.Empty(Directory.GetDirectories(locked.Folder + "/one/state/builds/work"));
    }

    private async Task<VerifiedBuild> VerifyAsync(string dockerfile)
    {
        room.Write("Dockerfile", dockerfile);
        return await room.Runtime.VerifyBuildAsync(room.Options, null, CancellationToken.None);
    }
}
