using System.Text;
using Bolt.Boltfiles;
using Bolt.Diagnostics;
using Bolt.Surge;

namespace Bolt.Host.Tests.Surge;

/// <summary>Services that are watched, changed, paused and signalled while their stack is up.</summary>
public class LiveTests
{
    private const string Two = """
        [services.busy]
        image = "./image"
        command = ["sh", "-c", "while :; do echo x > /tmp/x; done"]
        [services.calm]
        image = "./image"
        command = ["sh", "-c", "trap 'exit 4' TERM; read line; echo got $line; while :; do sleep 1000 & wait; done"]
        stdin_open = true
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_paused_service_is_shown_so_and_its_stack_ends_in_order()
    {
        await using var room = new StackRoom();
        await using var up = await UpStack.OpenAsync(room, room.File(Two));
        Assert.Contains(await AllAsync(room.Runtime.PauseAsync(up.Name, ["calm"], Token)), e => e is StackEvent.ServicePaused { Service: "calm" });
        Assert.Equal([ServiceState.Ready, ServiceState.Paused], await StatesAsync(room, up.Name));
        // All that run: one of them stands still already.
        var rest = (await AllAsync(room.Runtime.PauseAsync(up.Name, [], Token))).OfType<StackEvent.ServicePaused>();
        Assert.Equal("busy", Assert.Single(rest).Service);
        var exec = await Assert.ThrowsAsync<BoltException>(() => room.Runtime.ExecAsync(
            up.Name, new ExecOptions("calm", ["true"], System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty, null, null, false), new CallerStreams(null, Stream.Null, Stream.Null), Token));
        Assert.Equal("BOLT5121", exec.Diagnostic.Code);
        Assert.Contains(await AllAsync(room.Runtime.UnpauseAsync(up.Name, ["busy"], Token)), e => e is StackEvent.ServiceUnpaused { Service: "busy" });
        Assert.Equal([ServiceState.Ready, ServiceState.Paused], await StatesAsync(room, up.Name));
        var events = await up.DownAsync();
        // It was asked, and answered as its own handler says.
        Assert.Contains(events, e => e is StackEvent.ServiceExited { Service: "calm", Code: 4 });
        Assert.Empty(room.Left);
    }

    [Fact]
    public async Task What_services_use_and_run_is_told_of_each()
    {
        await using var room = new StackRoom();
        await using var up = await UpStack.OpenAsync(room, room.File(Two));
        var top = room.Runtime.Top(up.Name, []);
        Assert.Contains(top, p => p is { Service: "busy", InnerPid: 2, User: "0" } && p.Command.StartsWith("sh -c while", StringComparison.Ordinal));
        Assert.All(top.Where(p => p.InnerPid == 1), p => Assert.Equal("[bolt-init]", p.Command));
        var samples = room.Runtime.StatsAsync(up.Name, ["busy"], TimeSpan.FromMilliseconds(200), Token);
        await foreach (var sample in samples)
        {
            var usage = Assert.Single(sample);
            Assert.True(usage.Memory > 0);
            Assert.True(usage.NetReceived > 0);
            if (usage.CpuShare > 0)
                break;
        }
        Assert.Throws<BoltException>(() => room.Runtime.Top(up.Name, ["nobody"]));
    }

    [Fact]
    public async Task A_signal_ends_a_service_and_its_end_is_waited_for()
    {
        await using var room = new StackRoom();
        await using var up = await UpStack.OpenAsync(room, room.File(Two + "\nrestart = \"no\""));
        var end = room.Runtime.WaitAsync(up.Name, "calm", Token);
        Assert.Equal(["calm"], await room.Runtime.KillAsync(up.Name, ["calm"], "SIGTERM", Token));
        Assert.Equal(4, await end);
        // One that has ended already.
        Assert.Equal(4, await room.Runtime.WaitAsync(up.Name, "calm", Token));
        var bad = await Assert.ThrowsAsync<BoltException>(() => room.Runtime.KillAsync(up.Name, [], "NONSENSE", Token));
        Assert.Equal("BOLT6050", bad.Diagnostic.Code);
    }

    [Fact]
    public async Task One_who_attaches_sees_what_was_written_and_writes_to_it_and_the_next_sees_that()
    {
        await using var room = new StackRoom();
        await using var up = await UpStack.OpenAsync(room, room.File("""
            [services.talk]
            image = "./image"
            command = ["sh", "-c", "echo hello; while read line; do echo got $line; done; exit 3"]
            stdin_open = true
            restart = "no"
            """));
        using (var leave = CancellationTokenSource.CreateLinkedTokenSource(Token))
        {
            var output = new Heard("got one\n", leave.Cancel);
            var input = new MemoryStream("one\n"u8.ToArray());
            // Its end would end the service's input, so this caller never lets it come.
            Assert.Null(await room.Runtime.AttachAsync(up.Name, "talk", new CallerStreams(new Endless(input), output, Stream.Null), 1 << 16, leave.Token));
            Assert.Equal("hello\ngot one\n", output.Text);
        }
        var second = new Heard("", () => { });
        Assert.Equal(3, await room.Runtime.AttachAsync(up.Name, "talk", new CallerStreams(new MemoryStream("two\n"u8.ToArray()), second, Stream.Null), 9, Token));
        Assert.Equal("got one\ngot two\n", second.Text);
    }

    [Fact]
    public async Task Other_limits_last_until_the_next_up()
    {
        await using var room = new StackRoom();
        var file = room.File(Two);
        await using var up = await UpStack.OpenAsync(room, file);
        var events = await AllAsync(room.Runtime.UpdateAsync(up.Name, ["calm"], new LimitChange(Pids: 30), Token));
        if (events.OfType<StackEvent.StepFailed>().FirstOrDefault() is { Diagnostic: { Code: "BOLT9501" } why })
        {
            Assert.Skip(why.Code + ": " + why.Message);
        }
        Assert.Contains(events, e => e is StackEvent.ServiceLimited { Service: "calm", Limits.Pids: 30 });
        await foreach (var sample in room.Runtime.StatsAsync(up.Name, ["calm"], TimeSpan.FromMilliseconds(1), Token))
        {
            Assert.Equal(30, sample[0].PidsLimit);
            break;
        }
        var plan = await room.Runtime.PlanAsync(file, new UpOptions([]), Token);
        Assert.Contains(plan.Value!.Steps, s => s is PlanStep.StartService { Service: "calm" });
        Assert.DoesNotContain(plan.Value.Steps, s => s is PlanStep.StartService { Service: "busy" });
    }

    private static async Task<ServiceState[]> StatesAsync(StackRoom room, StackName name) =>
        [.. (await room.Runtime.StatusAsync(name, Token))!.Services.OrderBy(s => s.Name, StringComparer.Ordinal).Select(s => s.State)];

    private static async Task<List<StackEvent>> AllAsync(IAsyncEnumerable<StackEvent> events)
    {
        var all = new List<StackEvent>();
        await foreach (var e in events) all.Add(e);
        return all;
    }

    /// <summary>A stack that this process owns from here to the end of the test.</summary>
    private sealed class UpStack(StackRoom room, StackName name, Task<List<StackEvent>> events, CancellationTokenSource stop) : IAsyncDisposable
    {
        public StackName Name { get; } = name;

        public static async Task<UpStack> OpenAsync(StackRoom room, Boltfile file)
        {
            var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
            var ready = new TaskCompletionSource();
            var events = Task.Run(async () =>
            {
                var all = new List<StackEvent>();
                await foreach (var e in room.Runtime.UpAsync(file, new UpOptions([]), stop.Token))
                {
                    all.Add(e);
                    if (e is StackEvent.StackReady)
                        ready.TrySetResult();
                }
                return all;
            });
            await Task.WhenAny(ready.Task, events);
            Assert.True(ready.Task.IsCompleted, events.IsCompleted ? string.Join('\n', await events) : "");
            return new UpStack(room, file, events, stop);
        }

        public async Task<List<StackEvent>> DownAsync()
        {
            await stop.CancelAsync();
            return await events;
        }

        public async ValueTask DisposeAsync()
        {
            await DownAsync();
            Assert.Empty(room.Left);
            stop.Dispose();
        }
    }

    /// <summary>Keeps what is written and tells when it has heard something.</summary>
    private sealed class Heard(string word, Action act) : MemoryStream
    {
        public string Text => Encoding.UTF8.GetString(ToArray());

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            if (word.Length > 0 && Text.EndsWith(word, StringComparison.Ordinal))
                act();
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>A stream that says nothing more after its last byte.</summary>
    private sealed class Endless(Stream inner) : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (await inner.ReadAsync(buffer, cancellationToken) is > 0 and var got)
                return got;
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }
}
