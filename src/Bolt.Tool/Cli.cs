using System.CommandLine;
using Bolt.Diagnostics;
using Bolt.Tool.Commands;
using Bolt.Tool.Terminal;

namespace Bolt.Tool;

/// <summary>The command tree, and what is done about everything that comes out of it.</summary>
internal static class Cli
{
    public static readonly Option<string?> Directory = new("--directory", "-C")
    {
        Description = "Work as if started in this folder",
        HelpName = "FOLDER",
        Recursive = true,
    };

    public static readonly Option<string?> File = new("--file", "-f")
    {
        Description = "The Boltfile; without it, Boltfile.toml here or in the nearest folder above",
        HelpName = "FILE",
        Recursive = true,
    };

    public static readonly Option<string?> Stack = new("--stack")
    {
        Description = "A stack by the id or project that `bolt ps --all` shows, instead of the Boltfile's",
        HelpName = "ID",
        Recursive = true,
    };

    public static async Task<int> RunAsync(string[] args)
    {
        var screen = Screen.OfThisProcess();
        try
        {
            var parsed = Tree().Parse(args);
            if (parsed.Errors.Count > 0 && !Help.IsAskedFor(parsed))
            {
                return Usage(parsed, screen);
            }
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                // Signals are Interruption's: the first stops in order, the second at once.
                ProcessTerminationTimeout = null,
                Output = screen.Out,
                Error = screen.Error,
            });
        }
        catch (Exception bug)
        {
            return Failure.Report(bug, screen);
        }
    }

    public static RootCommand Tree()
    {
        var root = new RootCommand("Stacks of isolated Linux services from one TOML file, with no Docker and no daemon.");
        root.Options.Clear();
        root.Options.Add(Help.Option());
        var version = new Option<bool>("--version") { Description = "Print the version" };
        root.Options.Add(version);
        root.Options.Add(Directory);
        root.Options.Add(File);
        root.Options.Add(Stack);
        root.SetAction(parsed => parsed.GetValue(version) ? VersionCommand.Print(parsed) : Help.Print(parsed));
        var up = UpCommand.Create();
        var down = DownCommand.Create();
        var status = PsCommand.Create("status", "Show the stack's services (the same as ps)");
        var logs = LogsCommand.Create();
        Command[] verbs =
        [
            up, down, PsCommand.Create("ps", "Show the stack's services"), status, logs,
            ExecCommand.Create(), StopCommand.Create(), StartCommand.Create(), RestartCommand.Create(),
            RunCommand.Create(), PullCommand.Create(), PushCommand.Create(), .. ImageCommands.Create(), .. ArchiveCommands.Create(),
            LoginCommand.Create(), LoginCommand.CreateLogout(),
            DoctorCommand.Create(), VersionCommand.Create(), SuperviseCommand.Create(),
        ];
        foreach (var verb in verbs)
        {
            root.Subcommands.Add(verb);
        }
        // The original Bolt's spelling.
        root.Subcommands.Add(new Command("surge", "The same verbs under their older spelling") { up, down, status, logs });
        return root;
    }

    private static int Usage(ParseResult parsed, Screen screen)
    {
        foreach (var error in parsed.Errors)
        {
            screen.Say($"error: {error.Message.TrimEnd('.').Replace('\'', '`')}");
        }
        var verb = Help.Path(parsed.CommandResult.Command);
        screen.Say($"fix: `{verb} --help` shows what it takes");
        return ExitCode.Usage;
    }
}
