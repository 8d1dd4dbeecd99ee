using System.Collections.Immutable;
using System.Text;
using Bolt.Boltfiles;
using Bolt.Surge;

namespace Bolt.Host.Tests.Surge;

public class StackLifeTests
{
    private const string Two = """
        [services.front]
        image = "./image"
        depends_on = ["back"]
        command = ["sh", "-c", "nc back 7000; trap 'exit 0' TERM; sleep 1000 & wait"]
        [services.back]
        image = "./image"
        ports = ["7000"]
        command = ["sh", "-c", "trap 'exit 0' TERM; nc -ll -p 7000 -e echo here & wait"]
        """;

    private static readonly UpOptions Everything = new([]);

    [Fact]
    public async Task A_stack_comes_up_in_order_and_goes_down_whole()
    {
        await using var room = new StackRoom();
        var file = room.File(Two);
        using var stop = new CancellationTokenSource();
        var events = new List<StackEvent>();
        Plan? again = null;
        StackStatus? status = null;
        var lines = new List<LogLine>();
        await foreach (var happened in room.Runtime.UpAsync(file, Everything, stop.Token))
        {
            events.Add(happened);
            if (happened is not StackEvent.StackReady) continue;
            again = (await room.Runtime.PlanAsync(file, Everything, CancellationToken.None)).Value;
            status = await room.Runtime.StatusAsync(file, CancellationToken.None);
            // The connection is made after the start; its line is waited for, not slept for.
            await foreach (var line in room.Runtime.LogsAsync(file, new LogOptions(["front"], Follow: true), CancellationToken.None))
            {
                lines.Add(line);
                break;
            }
            await stop.CancelAsync();
        }
        Assert.Empty(events.OfType<StackEvent.StepFailed>());
        Assert.Equal(["back", "front"], events.OfType<StackEvent.ServiceReady>().Select(e => e.Service));
        Assert.Equal(["front", "back"], events.OfType<StackEvent.ServiceStopped>().Select(e => e.Service));
        Assert.True(again!.IsEmpty, again.ToString());
        Assert.All(status!.Services, s => Assert.Equal(ServiceState.Ready, s.State));
        Assert.Equal("here", Assert.Single(lines).Text);
        Assert.IsType<StackEvent.StackStopped>(events[^1]);
        Assert.Empty(room.Left);
    }

    [Fact]
    public async Task A_start_that_fails_leaves_nothing()
    {
        await using var room = new StackRoom();
        var file = room.File(Two.Replace("nc -ll -p 7000 -e echo here & wait", "echo last words; exit 3", StringComparison.Ordinal));
        var events = new List<StackEvent>();
        await foreach (var happened in room.Runtime.UpAsync(file, Everything, CancellationToken.None)) events.Add(happened);
        var failed = Assert.Single(events.OfType<StackEvent.StepFailed>());
        Assert.Equal("start back", failed.Step);
        Assert.Equal("BOLT6008", failed.Diagnostic.Code);
        Assert.Contains("last words", failed.Diagnostic.Cause!.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(events, e => e is StackEvent.ServiceStarted { Service: "front" });
        Assert.IsType<StackEvent.StackStopped>(events[^1]);
        Assert.Empty(room.Left);
    }

    [Theory]
    [InlineData("echo no such setting >&2; exit 3", "restart = \"always\"", "code 3", null)]
    [InlineData("kill -9 $$", "restart = \"no\"", "code 137", null)]
    [InlineData("exit 0", "", "code 0", "write `restart = \"no\"` if it is a job that ends")]
    public async Task A_silent_service_that_ends_at_once_fails_the_start(string script, string more, string code, string? fix)
    {
        await using var room = new StackRoom();
        var file = room.File($"[services.mute]\nimage = \"./image\"\ncommand = [\"sh\", \"-c\", \"{script}\"]\n{more}\n");
        var events = new List<StackEvent>();
        await foreach (var happened in room.Runtime.UpAsync(file, Everything, CancellationToken.None)) events.Add(happened);
        var failed = Assert.Single(events.OfType<StackEvent.StepFailed>()).Diagnostic;
        Assert.Equal(("BOLT6008", fix), (failed.Code, failed.Fix));
        Assert.Contains(code, failed.Message, StringComparison.Ordinal);
        if (script.StartsWith("echo", StringComparison.Ordinal)) Assert.Contains("no such setting", failed.Cause!.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(events, e => e is StackEvent.ServiceReady or StackEvent.ServiceRestarting or StackEvent.StackReady);
        Assert.IsType<StackEvent.StackStopped>(events[^1]);
        Assert.Empty(room.Left);
    }

    [Fact]
    public async Task A_job_that_is_done_is_no_failure_and_what_needs_it_starts()
    {
        await using var room = new StackRoom();
        var file = room.File("""
            [services.job]
            image = "./image"
            command = ["true"]
            restart = "no"
            [services.next]
            image = "./image"
            depends_on = ["job"]
            command = ["sh", "-c", "trap 'exit 0' TERM; sleep 1000 & wait"]
            """);
        using var stop = new CancellationTokenSource();
        var events = new List<StackEvent>();
        StackStatus? status = null;
        await foreach (var happened in room.Runtime.UpAsync(file, Everything, stop.Token))
        {
            events.Add(happened);
            if (happened is not StackEvent.StackReady) continue;
            status = await room.Runtime.StatusAsync(file, CancellationToken.None);
            await stop.CancelAsync();
        }
        Assert.Empty(events.OfType<StackEvent.StepFailed>());
        Assert.Equal((ServiceState.Exited, 0), (status!.Services[0].State, status.Services[0].ExitCode));
        Assert.Equal(ServiceState.Ready, status.Services[1].State);
        Assert.Empty(room.Left);
    }

    [Fact]
    public async Task A_run_passes_output_and_code()
    {
        await using var room = new StackRoom();
        using var output = new MemoryStream();
        var options = new RunOptions(room.Folder + "/image", ["sh", "-c", "echo out; exit 7"], null, [],
            ImmutableSortedDictionary<string, string>.Empty, [], Terminal: false, Interactive: false, Remove: true);
        var code = await room.Runtime.RunAsync(options, new CallerStreams(null, output, Stream.Null), null, CancellationToken.None);
        Assert.Equal(7, code);
        Assert.Equal("out\n", Encoding.UTF8.GetString(output.ToArray()));
        Assert.Empty(room.Left);
    }

    [Fact]
    public async Task Fifty_short_runs_lose_nothing()
    {
        await using var room = new StackRoom();
        for (var i = 0; i < 50; i++)
        {
            using var output = new MemoryStream();
            using var error = new MemoryStream();
            // Lines, a last word without a line end, and both streams; every second one reads input that is not waited for.
            var options = new RunOptions(room.Folder + "/image", ["sh", "-c", $"echo out {i}; echo err {i} >&2; echo -n end; exit {i}"], null, [],
                ImmutableSortedDictionary<string, string>.Empty, [], Terminal: false, Interactive: i % 2 == 1, Remove: true);
            using var input = new MemoryStream(new byte[100_000]);
            var code = await room.Runtime.RunAsync(options, new CallerStreams(i % 2 == 1 ? input : null, output, error), null, CancellationToken.None);
            Assert.Equal(i, code);
            Assert.Equal($"out {i}\nend", Encoding.UTF8.GetString(output.ToArray()));
            Assert.Equal($"err {i}\n", Encoding.UTF8.GetString(error.ToArray()));
        }
        Assert.Empty(room.Left);
    }

    [Fact]
    public async Task A_run_whose_output_no_one_takes_ends()
    {
        await using var room = new StackRoom();
        var options = new RunOptions(room.Folder + "/image", ["sh", "-c", "while echo more; do :; done"], null, [],
            ImmutableSortedDictionary<string, string>.Empty, [], Terminal: false, Interactive: false, Remove: true);
        using var closed = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        await Assert.ThrowsAsync<IOException>(() => room.Runtime.RunAsync(options, new CallerStreams(null, closed, Stream.Null), null, CancellationToken.None));
        Assert.Empty(room.Left);
    }
}
