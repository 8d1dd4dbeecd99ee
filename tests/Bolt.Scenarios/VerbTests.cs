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

    [Fact]
    public async Task A_running_service_is_watched_paused_signalled_and_joined()
    {
        await using var stack = tool.Stack("project = \"live\"\n[services.talk]\nimage = \"bolt://busybox\"\nstdin_open = true\nrestart = \"no\"\n"
            + "command = [\"sh\", \"-c\", \"echo hello; while read line; do echo got $line; done; sleep 1000000\"]\n");
        (await stack.BoltAsync("up", "-d")).Expect(0);
        Assert.Equal("", (await stack.BoltAsync("pause")).Expect(0).Output);
        Assert.Equal("paused", (await stack.NeedPsAsync()).Service("talk").State);
        (await stack.BoltAsync("exec", "talk", "true")).Expect(125);
        (await stack.BoltAsync("unpause", "talk")).Expect(0);
        Assert.Equal("ready", (await stack.NeedPsAsync()).Service("talk").State);
        Assert.Contains("\"innerPid\":2", (await stack.BoltAsync("top", "--json")).Expect(0).Output, StringComparison.Ordinal);
        Assert.Contains("\"memoryFrom\":", (await stack.BoltAsync("stats", "--no-stream", "--json", "talk")).Expect(0).Output, StringComparison.Ordinal);
        (await stack.BoltAsync("update", "talk")).Expect(1);
        (await stack.BoltAsync("kill", "-s", "NONSENSE")).Expect(1);
        // Its input ends with this one's; it runs on, and ends by the signal that ends whoever is attached, too.
        var attached = stack.FeedAsync("one\n", "attach", "talk");
        var waiting = stack.BoltAsync("wait", "talk");
        while (!(await stack.BoltAsync("logs", "talk")).Expect(0).Output.Contains("got one", StringComparison.Ordinal)) { }
        Assert.Equal("talk\n", (await stack.BoltAsync("kill", "-s", "TERM", "talk")).Expect(0).Output);
        Assert.Equal("143\n", (await waiting).Expect(143).Output);
        Assert.Equal("hello\ngot one\n", (await attached).Expect(143).Output);
        Assert.Equal("143\n", (await stack.BoltAsync("wait", "talk")).Expect(143).Output);
    }
}
