using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;

namespace Bolt.Scenarios;

/// <summary>The owner process dies by kill -9: a detached stack serves on, a foreground one is gone.</summary>
public class OwnerTests(InstalledTool tool)
{
    private const string Web = "project = \"owned\"\n[services.web]\nimage = \"bolt://nginx\"\nports = [\"80\"]\n";
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero });

    [Fact]
    public async Task A_detached_stack_serves_on_and_is_adopted()
    {
        await using var stack = tool.Stack(Web);
        (await stack.BoltAsync("up", "-d")).Expect(0);
        var before = await stack.NeedPsAsync();
        var port = before.Service("web").HostPort(80);
        using var owner = Process.GetProcessById(before.Owner!.Value);
        owner.Kill();
        await owner.WaitForExitAsync();

        Assert.Contains("nginx", await Http.GetStringAsync($"http://127.0.0.1:{port}/"), StringComparison.OrdinalIgnoreCase);
        var found = await stack.NeedPsAsync();
        Assert.Equal(before.Service("web").Pid, found.Service("web").Pid);
        Assert.Equal("ready", found.Service("web").State);

        (await stack.BoltAsync("up", "-d")).Expect(0);
        var adopted = await stack.NeedPsAsync();
        Assert.Equal(before.Service("web").Pid, adopted.Service("web").Pid);
        Assert.NotNull(adopted.Owner);
        Assert.NotEqual(before.Owner, adopted.Owner);
        (await stack.BoltAsync("down")).Expect(0);
        Assert.False(Directory.Exists($"/proc/{before.Service("web").Pid}") && IsAlive(before.Service("web").Pid));
    }

    [Fact]
    public async Task A_foreground_stack_ends_with_its_owner()
    {
        await using var stack = tool.Stack(Web);
        using var front = stack.Start("up", "--json");
        await ReadyAsync(front);
        var seen = await stack.NeedPsAsync();
        var pid = seen.Service("web").Pid;
        var port = seen.Service("web").HostPort(80);
        using (var owner = Process.GetProcessById(seen.Owner!.Value))
        using (var service = Process.GetProcessById(pid))
        {
            owner.Kill();
            await service.WaitForExitAsync();
        }
        await front.WaitForExitAsync();
        // Without a command that would clear away what is left.
        await GoneAsync(seen.Id);
        Assert.Null(await stack.PsAsync());
        using var socket = new TcpClient();
        await Assert.ThrowsAsync<SocketException>(() => socket.ConnectAsync("127.0.0.1", port));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Owner_and_monitor_killed_at_once_leave_nothing(bool detached)
    {
        await using var stack = tool.Stack(Web.Replace("[services.web]", "[services.web]\nmemory_limit = \"256M\"\nbest_effort = true", StringComparison.Ordinal));
        var mounts = await File.ReadAllLinesAsync("/proc/self/mountinfo");
        using var front = detached ? null : stack.Start("up", "--json");
        if (front is null)
        {
            (await stack.BoltAsync("up", "-d")).Expect(0);
        }
        else
        {
            await ReadyAsync(front);
        }
        var seen = await stack.NeedPsAsync();
        var note = Path.Combine(tool.RunFolder, "stacks", seen.Id, "capsules/web.1/cgroups");
        // A user to whom no group is delegated has none.
        var cgroups = File.Exists(note) ? await File.ReadAllLinesAsync(note) : [];
        Assert.All(cgroups, c => Assert.True(Directory.Exists(c)));
        using (var service = Process.GetProcessById(seen.Service("web").Pid))
        using (var kill = Process.Start("kill", ["-KILL", $"{seen.Owner}", $"{ParentOf(seen.Service("web").Pid)}"]))
        {
            await kill.WaitForExitAsync();
            await service.WaitForExitAsync();
        }
        if (front is not null)
        {
            await front.WaitForExitAsync();
            await GoneAsync(seen.Id);
        }
        else
        {
            var (code, output, error) = await stack.BoltAsync("up", "-d");
            Assert.True(code == 0, output + error);
            Assert.NotEqual(seen.Service("web").Pid, (await stack.NeedPsAsync()).Service("web").Pid);
            // Those of the new run have other names.
            Assert.All(cgroups, c => Assert.False(Directory.Exists(c), c));
            (await stack.BoltAsync("down")).Expect(0);
        }
        Assert.All(cgroups, c => Assert.False(Directory.Exists(c), c));
        Assert.Equal(mounts, await File.ReadAllLinesAsync("/proc/self/mountinfo"));
    }

    [Fact]
    public async Task Ctrl_C_stops_a_foreground_stack_in_order_and_says_what_is_kept()
    {
        await using var stack = tool.Stack(Web.Replace("[services.web]", "[services.web]\nvolumes = [\"pages:/data\"]", StringComparison.Ordinal));
        using var front = stack.Start("up", "--json");
        await ReadyAsync(front);
        var seen = await stack.NeedPsAsync();
        using (var kill = Process.Start("kill", ["-INT", $"{seen.Owner}"]))
        {
            await kill.WaitForExitAsync();
        }
        var rest = await front.StandardOutput.ReadToEndAsync();
        await front.WaitForExitAsync();
        Assert.Equal(130, front.ExitCode);
        var last = JsonDocument.Parse(rest.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]).RootElement;
        Assert.Equal("stackStopped", last.GetProperty("event").GetString());
        Assert.Equal("pages", last.GetProperty("keptVolumes")[0].GetString());
        Assert.False(IsAlive(seen.Service("web").Pid));
    }

    // The stack's network is the last to go, and takes the folder along.
    private async Task GoneAsync(string id)
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watcher = new FileSystemWatcher(Path.Combine(tool.RunFolder, "stacks")) { NotifyFilter = NotifyFilters.DirectoryName };
        watcher.Deleted += (_, _) => Look();
        watcher.Renamed += (_, _) => Look();
        watcher.EnableRaisingEvents = true;
        Look();
        await gone.Task.WaitAsync(TimeSpan.FromMinutes(1));

        void Look()
        {
            if (!Directory.EnumerateFileSystemEntries(watcher.Path, $"*{id}*").Any())
            {
                gone.TrySetResult();
            }
        }
    }

    private static int ParentOf(int pid)
    {
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static async Task ReadyAsync(Process front)
    {
        while (await front.StandardOutput.ReadLineAsync() is { } line)
        {
            if (JsonDocument.Parse(line).RootElement.GetProperty("event").GetString() == "stackReady")
            {
                return;
            }
        }
        Assert.Fail($"it never got ready: {await front.StandardError.ReadToEndAsync()}");
    }

    // A dead orphan stays a zombie until pid 1 looks at it.
    private static bool IsAlive(int pid)
    {
        try
        {
            // "123 (nginx) S 1 …": the state follows the last bracket.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }
}
