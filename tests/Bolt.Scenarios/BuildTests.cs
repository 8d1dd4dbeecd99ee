using System.Text.Json;

namespace Bolt.Scenarios;

/// <summary>Dockerfiles through the packed tool.</summary>
public class BuildTests(InstalledTool tool)
{
    [Fact]
    public async Task A_Dockerfile_is_built_run_saved_and_brought_up()
    {
        await using var stack = tool.Stack("project = \"built\"\n[services.app]\nbuild = \"./app\"\n");
        var app = Path.Combine(stack.Folder, "app");
        Write(app, "Dockerfile", "# syntax=docker/dockerfile:1\nFROM busybox AS made\nARG WHO\nCOPY word /word\nRUN echo \"$WHO $(cat /word)\" > /said\n\nFROM busybox\nCOPY --from=made /said /said\nCMD [\"sh\", \"-c\", \"cat /said; exec sleep 1000000\"]\n");
        Write(app, "word", "world");
        var first = (await stack.BoltAsync("build", "-t", "said:1", "--build-arg", "WHO=hello", "app")).Expect(0);
        Assert.StartsWith("sha256:", first.Output, StringComparison.Ordinal);
        Assert.Contains("RUN echo", first.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', first.Output + first.Error);
        Assert.Equal("hello world\n", (await stack.BoltAsync("run", "--rm", "said:1", "cat", "/said")).Expect(0).Output);

        var events = Lines((await stack.BoltAsync("build", "--json", "-t", "said:1", "--build-arg", "WHO=hello", "app")).Expect(0).Output);
        Assert.Equal(first.Output.Trim(), events[^1].GetProperty("id").GetString());
        Assert.All(events.Where(e => e.GetProperty("event").GetString() == "stepDone"), e => Assert.True(e.GetProperty("cached").GetBoolean()));

        (await stack.BoltAsync("build", "-o", "type=docker,dest=said.tar", "-t", "said:1", "app")).Expect(0);
        Assert.Equal("docker.io/library/said:1\n", (await stack.BoltAsync("load", "-i", "said.tar")).Expect(0).Output);
        (await stack.BoltAsync("build", "-o", "files", "--target", "made", "app")).Expect(0);
        Assert.Equal("world", await File.ReadAllTextAsync(Path.Combine(stack.Folder, "files/word")));

        (await stack.BoltAsync("up", "-d")).Expect(0);
        Assert.Contains("world", (await stack.BoltAsync("logs")).Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mistake_is_2_and_a_failing_step_is_1_with_its_line_and_output()
    {
        var folder = tool.FreshFolder("build");
        Write(folder, "Dockerfile", "FORM busybox\nRUN --mount=type=cash,target=/x true\n");
        var wrong = (await tool.BoltAsync(folder, "build")).Expect(2);
        Assert.Contains("fix: write `FROM`", wrong.Error, StringComparison.Ordinal);
        Assert.Contains("BOLT2614", wrong.Error, StringComparison.Ordinal);
        Assert.Empty(wrong.Output);
        Write(folder, "Dockerfile", "FROM busybox\nRUN true\nRUN echo to see >&2; exit 7\n");
        var failed = (await tool.BoltAsync(folder, "build", "--progress", "quiet")).Expect(1);
        Assert.Contains("./Dockerfile:3:1", failed.Error, StringComparison.Ordinal);
        Assert.Contains("ended with code 7", failed.Error, StringComparison.Ordinal);
        Assert.Contains("to see", failed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_killed_build_the_collection_leaves_nothing()
    {
        var folder = tool.FreshFolder("killed");
        Write(folder, "Dockerfile", "FROM busybox\nRUN echo kept > /kept\nRUN echo started; exec sleep 1000000\n");
        using var build = tool.Start(folder, new Dictionary<string, string>(), ["bolt", "build", "--json", "."]);
        while (await build.StandardOutput.ReadLineAsync() is { } line && !line.Contains("\"started\"", StringComparison.Ordinal))
        {
        }
        build.Kill(entireProcessTree: true);
        await build.WaitForExitAsync();
        (await tool.BoltAsync(folder, "gc")).Expect(0);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(tool.RunFolder, "builds")));
        // What was done before is still of use.
        Write(folder, "Dockerfile", "FROM busybox\nRUN echo kept > /kept\n");
        var events = Lines((await tool.BoltAsync(folder, "build", "--json", ".")).Expect(0).Output);
        Assert.All(events.Where(e => e.GetProperty("event").GetString() == "stepDone"), e => Assert.True(e.GetProperty("cached").GetBoolean()));
    }

    private static void Write(string folder, string name, string text)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, name), text);
    }

    private static JsonElement[] Lines(string output) =>
        [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];
}
