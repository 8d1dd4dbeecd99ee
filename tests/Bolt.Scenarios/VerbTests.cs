namespace Bolt.Scenarios;

/// <summary>The verbs beside up and down, through the packed tool.</summary>
public class VerbTests(InstalledTool tool)
{
    private const string Shell = "project = \"verbs\"\n[services.sh]\nimage = \"bolt://busybox\"\ncommand = [\"sleep\", \"1000000\"]\n";

    [Fact]
    public async Task Exec_passes_streams_and_the_inner_code()
    {
        await using var stack = tool.Stack(Shell);
        (await stack.BoltAsync("up", "-d")).Expect(0);
        Assert.Equal("in\n", (await stack.FeedAsync("in\n", "exec", "-i", "sh", "cat")).Expect(0).Output);
        Assert.Equal("hello there\n", (await stack.BoltAsync("exec", "-e", "WHO=there", "sh", "sh", "-c", "echo hello $WHO")).Expect(0).Output);
        Assert.Equal("/tmp\n", (await stack.BoltAsync("exec", "-w", "/tmp", "sh", "pwd")).Expect(0).Output);
        (await stack.BoltAsync("exec", "sh", "sh", "-c", "exit 7")).Expect(7);
        (await stack.BoltAsync("exec", "sh", "/no/such/program")).Expect(127);
        (await stack.BoltAsync("exec", "nobody", "true")).Expect(125);
    }

    [Fact]
    public async Task Stop_start_and_restart_do_what_they_say()
    {
        await using var stack = tool.Stack(Shell);
        (await stack.BoltAsync("up", "-d")).Expect(0);
        var first = (await stack.NeedPsAsync()).Service("sh").Pid;
        (await stack.BoltAsync("stop", "sh")).Expect(0);
        Assert.Equal("stopped", (await stack.NeedPsAsync()).Service("sh").State);
        (await stack.BoltAsync("start", "sh")).Expect(0);
        var second = (await stack.NeedPsAsync()).Service("sh");
        Assert.Equal("ready", second.State);
        Assert.NotEqual(first, second.Pid);
        (await stack.BoltAsync("restart")).Expect(0);
        Assert.NotEqual(second.Pid, (await stack.NeedPsAsync()).Service("sh").Pid);
    }

    [Fact]
    public async Task Run_passes_output_and_the_inner_code()
    {
        var folder = tool.FreshFolder("run");
        Assert.Equal("hello\n", (await tool.BoltAsync(folder, "run", "--rm", "busybox", "echo", "hello")).Expect(0).Output);
        (await tool.BoltAsync(folder, "run", "--rm", "busybox", "sh", "-c", "exit 9")).Expect(9);
        (await tool.BoltAsync(folder, "run", "--rm", "busybox", "no-such-program")).Expect(127);
        var registry = (await tool.BoltAsync(folder, "run", "--rm", "docker.io/library/nginx:1.27")).Expect(125);
        Assert.Contains("error BOLT2", registry.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_detached_run_is_stopped_by_its_name()
    {
        var folder = tool.FreshFolder("run");
        var id = (await tool.BoltAsync(folder, "run", "-d", "--name", "napper", "busybox", "sh", "-c", "echo up; exec sleep 1000000")).Expect(0).Output.Trim();
        Assert.Contains(id, (await tool.BoltAsync(folder, "ps", "--all")).Expect(0).Output, StringComparison.Ordinal);
        Assert.Contains("up", (await tool.BoltAsync(folder, "logs", "napper")).Expect(0).Output, StringComparison.Ordinal);
        (await tool.BoltAsync(folder, "exec", "napper", "true")).Expect(0);
        (await tool.BoltAsync(folder, "stop", "napper")).Expect(0);
        (await tool.BoltAsync(folder, "down", "--stack", id)).Expect(0);
        Assert.DoesNotContain(id, (await tool.BoltAsync(folder, "ps", "--all")).Expect(0).Output, StringComparison.Ordinal);
    }
}
