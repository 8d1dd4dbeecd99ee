using System.Net.Http.Json;
using System.Text.Json;

namespace Bolt.Scenarios;

/// <summary>The demo stack, as its users meet it: from the packed tool, over the wire.</summary>
public class DemoTests(InstalledTool tool)
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false });

    [Fact]
    public async Task The_demo_comes_up_as_written_and_a_second_up_needs_no_network()
    {
        await using var demo = tool.Demo();
        (await demo.BoltAsync("up", "-d")).Expect(0);
        var stack = await demo.NeedPsAsync();
        Assert.Equal(["ready", "ready", "ready"], stack.Services.Select(s => s.State));
        await PageAsync(demo);
        Assert.Contains("start number 1 ", (await demo.BoltAsync("logs", "api")).Expect(0).Output + " ", StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(demo.Folder, "bolt.lock")));

        (await demo.BoltAsync("down")).Expect(0);
        Assert.Null(await demo.PsAsync());
        (await demo.BoltAsync(Unreachable(), "up", "-d")).Expect(0);
        await PageAsync(demo);
        Assert.Contains("start number 2", (await demo.BoltAsync("logs", "api")).Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_the_kernel_denies_moves_up_by_8000_and_says_so()
    {
        var first = int.Parse(await File.ReadAllTextAsync("/proc/sys/net/ipv4/ip_unprivileged_port_start"));
        var moved = first > 80 && !Environment.IsPrivilegedProcess;
        await using var demo = tool.Stack("project = \"ports\"\n[services.web]\nimage = \"bolt://nginx\"\nports = [\"80:80\"]\n");
        var up = (await demo.BoltAsync("up", "-d")).Expect(0);
        var port = (await demo.NeedPsAsync()).Service("web").Port(80);
        Assert.Equal(moved ? 8080 : 80, port.GetProperty("hostPort").GetInt32());
        Assert.Equal(80, port.GetProperty("asked").GetInt32());
        Assert.Equal(moved, up.Error.Contains("ip_unprivileged_port_start", StringComparison.Ordinal));
        (await demo.BoltAsync("down")).Expect(0);
        (await demo.BoltAsync("up", "-d", "--strict-ports")).Expect(moved ? 1 : 0);
    }

    [Fact]
    public async Task Data_survives_down_and_goes_with_volumes()
    {
        await using var demo = tool.Demo(DemoFolder.AllPublished);
        (await demo.BoltAsync("up", "-d")).Expect(0);
        var posted = await Http.PostAsJsonAsync(await ApiAsync(demo, "/notes"), new { id = 0, text = "kept" });
        posted.EnsureSuccessStatusCode();

        Assert.Contains("kept volume", (await demo.BoltAsync("down")).Expect(0).Error, StringComparison.Ordinal);
        (await demo.BoltAsync("up", "-d")).Expect(0);
        Assert.Equal(["kept"], await NotesAsync(demo));

        Assert.Contains("deleted volume", (await demo.BoltAsync("down", "--volumes")).Expect(0).Error, StringComparison.Ordinal);
        (await demo.BoltAsync("up", "-d")).Expect(0);
        Assert.Empty(await NotesAsync(demo));
    }

    [Fact]
    public async Task Two_copies_run_side_by_side()
    {
        await using var one = tool.Demo(DemoFolder.AllPublished);
        await using var two = tool.Demo(DemoFolder.AllPublished);
        (await one.BoltAsync("up", "-d")).Expect(0);
        (await two.BoltAsync("surge", "up", "-d")).Expect(0);
        (await Http.PostAsJsonAsync(await ApiAsync(one, "/notes"), new { id = 0, text = "of one" })).EnsureSuccessStatusCode();
        Assert.Equal(["of one"], await NotesAsync(one));
        Assert.Empty(await NotesAsync(two));
        var all = (await one.BoltAsync("ps", "--all", "--json")).Expect(0).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(all.Length >= 2);
    }

    private static async Task PageAsync(DemoFolder demo) => Assert.Contains(
        "<h1>It runs</h1>",
        await Http.GetStringAsync($"http://127.0.0.1:{await demo.PortAsync("web", 80)}/"),
        StringComparison.Ordinal);

    private static async Task<Uri> ApiAsync(DemoFolder demo, string path) => new($"http://127.0.0.1:{await demo.PortAsync("api", 8080)}{path}");

    private static async Task<string[]> NotesAsync(DemoFolder demo)
    {
        var notes = await Http.GetFromJsonAsync<JsonElement>(await ApiAsync(demo, "/notes"));
        return [.. notes.EnumerateArray().Select(n => n.GetProperty("text").GetString()!)];
    }

    // Every way out leads to a port that no one listens on (the discard service's).
    private static Dictionary<string, string> Unreachable() => new()
    {
        ["http_proxy"] = "http://127.0.0.1:9",
        ["https_proxy"] = "http://127.0.0.1:9",
        ["all_proxy"] = "http://127.0.0.1:9",
        ["no_proxy"] = "",
    };
}
