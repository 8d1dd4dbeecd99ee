using System.Diagnostics;
using System.Reflection;
using Bolt.Scenarios;

[assembly: AssemblyFixture(typeof(InstalledTool))]
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace Bolt.Scenarios;

/// <summary>
/// The packed tool, installed from the packed files through a tool manifest into a folder that was empty. State, caches
/// and NuGet's folders are the suite's own, so nothing of the developer's is used or touched.
/// </summary>
public sealed class InstalledTool : IAsyncLifetime
{
    private static readonly string Repository = typeof(InstalledTool).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(a => a.Key == "RepositoryRoot").Value!;

    private readonly string _root = Path.Combine("/var/tmp", $"bolt-scenarios-{Guid.NewGuid():n}"[..23]);
    private int _count;

    public static string Packages => Environment.GetEnvironmentVariable("BOLT_PACKAGES") ?? Path.Combine(Repository, "artifacts/packages");

    public static string Templates => Environment.GetEnvironmentVariable("BOLT_TEMPLATES") ?? Path.Combine(Repository, "templates");

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_root);
        await NeedAsync("new", "tool-manifest");
        await NeedAsync("tool", "install", "Bolt.Tool", "--source", Packages);
    }

    public async ValueTask DisposeAsync()
    {
        // What a failed test left up; then the state, whose files belong to mapped ids, through a capsule's own root.
        var all = await BoltAsync(_root, "ps", "--all", "--json");
        foreach (var line in all.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var id = System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("id").GetString()!;
            await BoltAsync(_root, "down", "--volumes", "--stack", id);
        }
        await RemoveAsync(_root);
    }

    /// <summary>A new folder with the demo in it, as `dotnet new bolt` makes it.</summary>
    public DemoFolder Demo(Func<string, string>? edit = null)
    {
        var folder = Folder("demo");
        Copy(Path.Combine(Templates, "bolt-demo"), folder);
        return new DemoFolder(this, folder, edit);
    }

    /// <summary>A new folder with this Boltfile in it.</summary>
    public DemoFolder Stack(string boltfile)
    {
        var folder = Folder("stack");
        File.WriteAllText(Path.Combine(folder, "Boltfile.toml"), boltfile);
        return new DemoFolder(this, folder, null);
    }

    /// <summary>While the packed templates are installed.</summary>
    public async Task WithTemplatesAsync(string folder, Func<Task> work)
    {
        var packed = Assert.Single(Directory.GetFiles(Packages, "Bolt.Templates.*.nupkg"));
        (await RunAsync(folder, new Dictionary<string, string>(), ["new", "install", packed])).Expect(0);
        try
        {
            await work();
        }
        finally
        {
            await RunAsync(folder, new Dictionary<string, string>(), ["new", "uninstall", "Bolt.Templates"]);
        }
    }

    /// <summary>`dotnet bolt …` in a folder, to its end.</summary>
    public Task<ToolResult> BoltAsync(string folder, params string[] arguments) => RunAsync(folder, new Dictionary<string, string>(), ["bolt", .. arguments]);

    public async Task<ToolResult> RunAsync(string folder, IReadOnlyDictionary<string, string> environment, IEnumerable<string> arguments, string? input = null, string program = "dotnet")
    {
        using var process = Start(folder, environment, arguments, program);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (input is not null)
        {
            await process.StandardInput.WriteAsync(input);
        }
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return new ToolResult(process.ExitCode, await output, await error);
    }

    public Process Start(string folder, IReadOnlyDictionary<string, string> environment, IEnumerable<string> arguments, string program = "dotnet")
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in Own().Concat(environment))
        {
            start.Environment[name] = value;
        }
        return Process.Start(start)!;
    }

    private Dictionary<string, string> Own() => new()
    {
        ["NUGET_PACKAGES"] = NuGetFolder,
        ["DOTNET_CLI_HOME"] = Path.Combine(_root, "home"),
        ["DOTNET_NOLOGO"] = "1",
        ["DOTNET_SKIP_FIRST_TIME_EXPERIENCE"] = "1",
        ["BOLT_STATE"] = Path.Combine(_root, "state"),
        ["BOLT_RUN"] = RunFolder,
        ["BOLT_CACHE"] = Path.Combine(_root, "cache"),
    };

    /// <summary>Where NuGet unpacks what the suite's projects refer to.</summary>
    public string NuGetFolder => Path.Combine(_root, "nuget");

    /// <summary>What BOLT_RUN names.</summary>
    public string RunFolder => Path.Combine(_root, "run");

    public string FreshFolder(string name) => Folder(name);

    private string Folder(string name)
    {
        var folder = Path.Combine(_root, $"{name}-{Interlocked.Increment(ref _count)}");
        Directory.CreateDirectory(folder);
        return folder;
    }

    private async Task NeedAsync(params string[] arguments)
    {
        var result = await RunAsync(_root, new Dictionary<string, string>(), arguments);
        Assert.True(result.Code == 0, $"dotnet {string.Join(' ', arguments)}: {result.Output}{result.Error}");
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var name = Path.GetRelativePath(from, file);
            if (name.Split('/') is [".template.config", ..] or [_, "bin" or "obj", ..])
            {
                continue;
            }
            var target = Path.Combine(to, name);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    // An ordinary user cannot delete files of his subordinate ids; util-linux's unshare maps them as newuidmap allows.
    private static async Task RemoveAsync(string folder)
    {
        string[] command = Environment.IsPrivilegedProcess
            ? ["rm", "-rf", folder]
            : ["unshare", "--user", "--map-root-user", "--map-auto", "rm", "-rf", folder];
        using var process = Process.Start(command[0], command[1..]);
        await process.WaitForExitAsync();
    }
}

/// <summary>How `dotnet bolt …` ended and what it said.</summary>
public sealed record ToolResult(int Code, string Output, string Error)
{
    public ToolResult Expect(int code)
    {
        Assert.True(Code == code, $"exit code {Code}, expected {code}\n{Error}\n{Output}");
        return this;
    }
}
