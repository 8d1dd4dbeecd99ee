using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Bolt.Boltfiles;
using Bolt.Surge;

namespace Bolt.Host.Tests.Surge;

/// <summary>What goes wrong outside of a stack, and what the stack says and does then.</summary>
public class StackTroubleTests
{
    private const string Echo = """
        [services.echo]
        image = "IMAGE"
        command = ["nc", "-ll", "-p", "7000", "-e", "echo", "here"]
        healthcheck = { test = ["CMD", "true"], interval = "1h" }
        """;

    private static readonly UpOptions Everything = new([]);

    [Fact]
    public async Task A_port_in_use_is_named_with_its_holder_and_nothing_starts()
    {
        await using var room = new StackRoom();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var file = room.File(Echo.Replace("IMAGE", "./image", StringComparison.Ordinal) + $"\nports = [\"{port}:7000\"]");
        var events = await AllAsync(room, file);
        var failed = Assert.Single(events.OfType<StackEvent.StepFailed>());
        Assert.Equal("BOLT6005", failed.Diagnostic.Code);
        Assert.Contains($"127.0.0.1:{port}", failed.Diagnostic.Message, StringComparison.Ordinal);
        Assert.Contains($"(pid {Environment.ProcessId})", failed.Diagnostic.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(events, e => e is StackEvent.StepStarted or StackEvent.ServiceStarted);
        Assert.Empty(room.Left);
    }

    [Fact]
    public async Task A_port_that_never_listens_ends_the_start_with_what_it_waited_for()
    {
        await using var room = new StackRoom();
        var file = room.File("""
            [services.deaf]
            image = "./image"
            ports = ["7001"]
            command = ["sh", "-c", "trap 'exit 0' TERM; echo on another port; sleep 1000 & wait"]
            """);
        var events = await AllAsync(room, file, Everything with { ReadyTimeout = TimeSpan.FromMilliseconds(300) });
        var failed = Assert.Single(events.OfType<StackEvent.StepFailed>());
        Assert.Equal("BOLT6026", failed.Diagnostic.Code);
        Assert.Contains("port 7001 to listen", failed.Diagnostic.Message, StringComparison.Ordinal);
        Assert.Contains("on another port", failed.Diagnostic.Cause!.Message, StringComparison.Ordinal);
        Assert.IsType<StackEvent.StackStopped>(events[^1]);
        Assert.Empty(room.Left);
    }

    [Fact]
    public async Task A_killed_shim_is_told_and_its_service_comes_back()
    {
        await using var room = new StackRoom();
        var file = room.File(Echo.Replace("IMAGE", "./image", StringComparison.Ordinal) + "\nrestart = \"always\"");
        using var stop = new CancellationTokenSource();
        var events = new List<StackEvent>();
        var pids = new List<int>();
        ServiceStatus? again = null;
        await foreach (var happened in room.Runtime.UpAsync(file, Everything, stop.Token))
        {
            events.Add(happened);
            if (happened is StackEvent.ServiceStarted started) pids.Add(started.Pid);
            if (happened is StackEvent.StackReady)
            {
                using var shim = Process.GetProcessById(ParentOf(pids[0]));
                shim.Kill();
            }
            if (happened is not StackEvent.ServiceReady || pids.Count < 2) continue;
            again = (await room.Runtime.StatusAsync(file, CancellationToken.None))!.Services[0];
            await stop.CancelAsync();
        }
        Assert.Single(events.OfType<StackEvent.Warned>(), w => w.Diagnostic.Code == "BOLT6024");
        Assert.Equal(9, events.OfType<StackEvent.ServiceExited>().First().Signal);
        Assert.Single(events.OfType<StackEvent.ServiceRestarting>());
        Assert.Equal((ServiceState.Ready, 1, pids[1]), (again!.State, again.Restarts, again.Pid));
        Assert.Contains(StateOf(pids[0]), "ZX");
        Assert.Empty(events.OfType<StackEvent.StepFailed>());
        Assert.Empty(room.Left);
    }

    [Fact]
    public async Task A_volume_larger_than_the_disk_is_a_warning_and_the_stack_comes_up()
    {
        await using var room = new StackRoom();
        var file = room.File(Echo.Replace("IMAGE", "./image", StringComparison.Ordinal) + "\nvolumes = [\"data:/data\"]\n[volumes.data]\nsize = \"1000000Ti\"\n");
        using var stop = new CancellationTokenSource();
        var events = new List<StackEvent>();
        await foreach (var happened in room.Runtime.UpAsync(file, Everything, stop.Token))
        {
            events.Add(happened);
            if (happened is StackEvent.StackReady) await stop.CancelAsync();
        }
        Assert.Contains("data", Assert.Single(events.OfType<StackEvent.Warned>(), w => w.Diagnostic.Code == "BOLT3022").Diagnostic.Message, StringComparison.Ordinal);
        Assert.Empty(events.OfType<StackEvent.StepFailed>());
        Assert.Single(events.OfType<StackEvent.StackReady>());
        Assert.Equal(["data"], Assert.IsType<StackEvent.StackStopped>(events[^1]).KeptVolumes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_owner_that_is_being_killed_is_waited_for(bool stillListens)
    {
        await using var room = new StackRoom();
        var file = room.File(Echo.Replace("IMAGE", "./image", StringComparison.Ordinal));
        var folder = StackFolder.Of(room.Runtime.Options.RunFolder, file);
        folder.Create();
        // It has the lock, and says nothing any more.
        using var owner = Process.Start(new ProcessStartInfo("flock", ["--no-fork", folder.Path + "/owner.lock", "sh", "-c", "echo held; exec sleep 1000"]) { RedirectStandardOutput = true })!;
        Assert.Equal("held", await owner.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        StackFolder.Write(folder.Path + "/owner.json", new OwnerRecord(owner.Id), StackJsonShapes.Default.OwnerRecord);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        if (stillListens)
        {
            socket.Bind(new UnixDomainSocketEndPoint(folder.ControlSocket));
            socket.Listen();
        }
        using var stop = new CancellationTokenSource();
        await using var up = room.Runtime.UpAsync(file, Everything, stop.Token).GetAsyncEnumerator();
        var first = up.MoveNextAsync();
        var waited = !first.IsCompleted;
        if (stillListens) (await socket.AcceptAsync(TestContext.Current.CancellationToken)).Dispose();
        socket.Dispose();
        owner.Kill();
        Assert.True(await first);
        Assert.True(waited);
        await ReadyAsync(up);
        await stop.CancelAsync();
        await RestAsync(up);
        Assert.Empty(room.Left);
    }

    [Fact]
    public async Task Two_stacks_run_side_by_side_and_do_not_reach_each_other()
    {
        await using var room = new StackRoom();
        var files = new[] { "one", "two" }.Select(place => room.File(Echo.Replace("IMAGE", "../image", StringComparison.Ordinal), place)).ToArray();
        using var stop = new CancellationTokenSource();
        await using var one = room.Runtime.UpAsync(files[0], Everything, stop.Token).GetAsyncEnumerator();
        await using var two = room.Runtime.UpAsync(files[1], Everything, stop.Token).GetAsyncEnumerator();
        await ReadyAsync(one);
        await ReadyAsync(two);
        var addresses = await Task.WhenAll(files.Select(async f => (await room.Runtime.StatusAsync(f, CancellationToken.None))!.Services[0].Address!));
        Assert.NotEqual(addresses[0], addresses[1]);
        foreach (var (from, to) in new[] { (0, 0), (1, 1), (0, 1), (1, 0) })
        {
            Assert.Equal(from == to ? "here\n" : "", await TalkAsync(room, files[from], addresses[to]));
        }
        await stop.CancelAsync();
        await RestAsync(one);
        await RestAsync(two);
        Assert.Empty(room.Left);
    }

    private static async Task<string> TalkAsync(StackRoom room, Boltfile from, string to)
    {
        using var output = new MemoryStream();
        // -w: a network that drops a packet says nothing, and TCP would try for minutes.
        var options = new ExecOptions("echo", ["nc", "-w", "1", to, "7000"], ImmutableSortedDictionary<string, string>.Empty, null, null, Terminal: false);
        await room.Runtime.ExecAsync(from, options, new CallerStreams(null, output, Stream.Null), CancellationToken.None);
        return Encoding.UTF8.GetString(output.ToArray());
    }

    private static async Task<List<StackEvent>> AllAsync(StackRoom room, Boltfile file, UpOptions? options = null)
    {
        var events = new List<StackEvent>();
        await foreach (var happened in room.Runtime.UpAsync(file, options ?? Everything, CancellationToken.None)) events.Add(happened);
        return events;
    }

    private static async Task ReadyAsync(IAsyncEnumerator<StackEvent> events)
    {
        while (await events.MoveNextAsync())
        {
            if (events.Current is StackEvent.StackReady) return;
            if (events.Current is StackEvent.StepFailed failed) Assert.Fail(failed.Diagnostic.ToString());
        }
        Assert.Fail("it ended before it was ready");
    }

    private static async Task RestAsync(IAsyncEnumerator<StackEvent> events)
    {
        while (await events.MoveNextAsync()) { }
    }

    private static int ParentOf(int pid) => int.Parse(Stat(pid)[1], CultureInfo.InvariantCulture);

    // A dead child that no one has collected yet is a Z; X: not even that is left.
    private static string StateOf(int pid) => File.Exists($"/proc/{pid}/stat") ? Stat(pid)[0] : "X";

    private static string[] Stat(int pid)
    {
        var text = File.ReadAllText($"/proc/{pid}/stat");
        return text[(text.LastIndexOf(')') + 2)..].Split(' ');
    }
}
