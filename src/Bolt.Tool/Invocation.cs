using System.Collections.Immutable;
using System.CommandLine;
using Bolt.Boltfiles;
using Bolt.Diagnostics;
using Bolt.Surge;
using Bolt.Tool.Terminal;

namespace Bolt.Tool;

/// <summary>One verb being carried out: what was typed, where it speaks, and the runtime that it asks.</summary>
internal sealed class Invocation : IDisposable
{
    private readonly Lazy<BoltRuntime> _runtime = new(() => new BoltRuntime(Options()));

    private Invocation(ParseResult parsed, Screen screen)
    {
        Parsed = parsed;
        Screen = screen;
        Interruption = new Interruption(screen);
    }

    public ParseResult Parsed { get; }

    public Screen Screen { get; }

    public Interruption Interruption { get; }

    public CancellationToken Cancellation => Interruption.Token;

    public BoltRuntime Runtime => _runtime.Value;

    public T? Value<T>(Option<T> option) => Parsed.GetValue(option);

    public ImmutableArray<string> Values(Argument<string[]> argument) => [.. Parsed.GetValue(argument) ?? []];

    /// <summary>Makes <paramref name="body"/> the action of a verb; what it throws becomes words and an exit code.</summary>
    public static void Bind(Command command, Func<Invocation, Task<int>> body, int failed = ExitCode.Failed) =>
        command.SetAction(async (parsed, _) =>
        {
            var screen = Screen.OfThisProcess();
            using var invocation = new Invocation(parsed, screen);
            try
            {
                if (parsed.GetValue(Cli.Directory) is { } folder)
                {
                    if (!System.IO.Directory.Exists(folder))
                    {
                        throw new BoltException(ToolErrors.NoSuchFolder(folder));
                    }
                    Environment.CurrentDirectory = folder;
                }
                return await body(invocation);
            }
            catch (BoltException expected)
            {
                DiagnosticView.Show(screen, expected.Diagnostic);
                return failed;
            }
        });

    /// <summary>The Boltfile that was meant; null after its problems have been shown, which is exit code 2.</summary>
    public Boltfile? LoadBoltfile()
    {
        var found = BoltRuntime.Load(BoltfilePath(), Environment.GetEnvironmentVariable);
        DiagnosticView.Show(Screen, found.Diagnostics);
        return found.Ok ? found.Value : null;
    }

    /// <summary>True when a Boltfile was named or lies here or above.</summary>
    public bool HasBoltfile => Parsed.GetValue(Cli.File) is not null || File.Exists(BoltfilePath());

    /// <summary>The Boltfile that was meant, there or not.</summary>
    public string BoltfilePath() => Parsed.GetValue(Cli.File) ?? NearestBoltfile();

    /// <summary>The one in this folder or the nearest above; where it would be, when there is none.</summary>
    public static string NearestBoltfile()
    {
        var path = "Boltfile.toml";
        for (var folder = new DirectoryInfo(Environment.CurrentDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Boltfile.toml")))
            {
                return path;
            }
            path = "../" + path;
        }
        return "Boltfile.toml";
    }

    private static BoltOptions Options() =>
        BoltOptions.FromEnvironment(Environment.GetEnvironmentVariable, Environment.IsPrivilegedProcess) with
        {
            SuperviseCommand = OwnCommand("supervise"),
            DotnetPath = DotnetHost(),
        };

    // The host that runs this tool names itself; else the first in PATH.
    private static string? DotnetHost() =>
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host
            ? host
            : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Where(f => f.StartsWith('/')).Select(f => Path.Combine(f, "dotnet")).FirstOrDefault(File.Exists);

    // The portable package runs as `dotnet bolt.dll`, the native one as itself.
    private static string[] OwnCommand(string verb)
    {
        var program = Environment.ProcessPath!;
        return Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? [program, Path.Combine(AppContext.BaseDirectory, "bolt.dll"), verb]
            : [program, verb];
    }

    public void Dispose() => Interruption.Dispose();
}
