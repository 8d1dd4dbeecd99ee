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
        Assert.Null(await stack.PsAsync());
        using var socket = new TcpClient();
        await Assert.ThrowsAsync<SocketException>(() => socket.ConnectAsync("127.0.0.1", port));
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
