using System.Diagnostics;
using System.Text.Json;

namespace Bolt.Scenarios;

/// <summary>A folder with a Boltfile, and the stack that comes from it. The stack is down when this ends.</summary>
public sealed class DemoFolder : IAsyncDisposable
{
    private readonly InstalledTool _tool;

    internal DemoFolder(InstalledTool tool, string folder, Func<string, string>? edit)
    {
        _tool = tool;
        Folder = folder;
        if (edit is not null)
        {
            File.WriteAllText(Boltfile, edit(File.ReadAllText(Boltfile)));
        }
    }

    public string Folder { get; }

    public string Boltfile => Path.Combine(Folder, "Boltfile.toml");

    /// <summary>The demo with free host ports, api's and db's too.</summary>
    public static string AllPublished(string boltfile) => boltfile
        .Replace("ports = [\"80:80\"]", "ports = [\"80\"]", StringComparison.Ordinal)
        .Replace("build = \"./api\"", "build = \"./api\"\nports = [\"8080\"]", StringComparison.Ordinal);

    public Task<ToolResult> BoltAsync(params string[] arguments) => _tool.BoltAsync(Folder, arguments);

    public Task<ToolResult> BoltAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        _tool.RunAsync(Folder, environment, ["bolt", .. arguments]);

    public Task<ToolResult> FeedAsync(string input, params string[] arguments) =>
        _tool.RunAsync(Folder, new Dictionary<string, string>(), ["bolt", .. arguments], input);

    public Process Start(params string[] arguments) => _tool.Start(Folder, new Dictionary<string, string>(), ["bolt", .. arguments]);

    /// <summary>The stack as `ps --json` tells it; null when it says nothing.</summary>
    public async Task<StackView?> PsAsync()
    {
        var result = (await BoltAsync("ps", "--json")).Expect(0);
        return result.Output.Trim() is { Length: > 0 } line ? new StackView(JsonDocument.Parse(line).RootElement) : null;
    }

    public async Task<StackView> NeedPsAsync() => await PsAsync() ?? throw new InvalidOperationException("the stack is not there");

    /// <summary>The port of the host that leads to a service's.</summary>
    public async Task<int> PortAsync(string service, int inner) => (await NeedPsAsync()).Service(service).HostPort(inner);

    public async ValueTask DisposeAsync() => await BoltAsync("down", "--volumes");
}

/// <summary>One line of `ps --json`.</summary>
public sealed record StackView(JsonElement Json)
{
    public string Id => Json.GetProperty("id").GetString()!;

    public int? Owner => Json.TryGetProperty("ownerPid", out var pid) ? pid.GetInt32() : null;

    public IEnumerable<ServiceView> Services => Json.GetProperty("services").EnumerateArray().Select(s => new ServiceView(s));

    public ServiceView Service(string name) => Services.Single(s => s.Name == name);
}

/// <summary>One service of it.</summary>
public sealed record ServiceView(JsonElement Json)
{
    public string Name => Json.GetProperty("name").GetString()!;

    public string State => Json.GetProperty("state").GetString()!;

    public int Pid => Json.GetProperty("pid").GetInt32();

    public int HostPort(int inner) => Port(inner).GetProperty("hostPort").GetInt32();

    public JsonElement Port(int inner) => Json.GetProperty("ports").EnumerateArray().Single(p => p.GetProperty("containerPort").GetInt32() == inner);
}
