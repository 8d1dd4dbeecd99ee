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
            var parsed = Tree(args.FirstOrDefault()).Parse(args);
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

    /// <summary>The whole tree, or its root with the one verb that was named first: the others would be made to no use.</summary>
    public static RootCommand Tree(string? named = null)
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
        var whole = !Verbs.Any(v => v.Names.Contains(named));
        foreach (var (names, create) in Verbs)
        {
            if (!whole && !names.Contains(named))
            {
                continue;
            }
            foreach (var verb in create())
            {
                root.Subcommands.Add(verb);
            }
        }
        return root;
    }

    /// <summary>A verb of the whole tree; its root when none is named, null when there is none of that name.</summary>
    public static Command? Find(string? name) =>
        Tree() is var root && name is null ? root : root.Subcommands.FirstOrDefault(c => c.Name == name && !c.Hidden);

    public static Command Root(Command command) => command.Parents.OfType<Command>().FirstOrDefault() is { } above ? Root(above) : command;

    // In the order of the help.
    private static readonly (string[] Names, Func<IEnumerable<Command>> Create)[] Verbs =
    [
        (["up"], () => [UpCommand.Create()]),
        (["down"], () => [DownCommand.Create()]),
        (["ps"], () => [PsCommand.Create("ps", "Show the stack's services")]),
        (["status"], () => [Status()]),
        (["logs"], () => [LogsCommand.Create()]),
        (["exec"], () => [ExecCommand.Create()]),
        (["stop"], () => [StopCommand.Create()]),
        (["start"], () => [StartCommand.Create()]),
        (["restart"], () => [RestartCommand.Create()]),
        (["pause", "unpause"], () => [PauseCommand.Create(), PauseCommand.CreateUnpause()]),
        (["kill"], () => [KillCommand.Create()]),
        (["wait"], () => [WaitCommand.Create()]),
        (["update"], () => [UpdateCommand.Create()]),
        (["top"], () => [TopCommand.Create()]),
        (["stats"], () => [StatsCommand.Create()]),
        (["attach"], () => [AttachCommand.Create()]),
        (["run"], () => [RunCommand.Create()]),
        (["replay"], () => [ReplayCommand.Create()]),
        (["build"], () => [BuildCommand.Create()]),
        (["lock"], () => [LockCommand.Create()]),
        (["vendor"], () => [VendorCommand.Create()]),
        (["pull"], () => [PullCommand.Create()]),
        (["push"], () => [PushCommand.Create()]),
        (["images", "inspect", "history", "tag", "rmi", "gc"], ImageCommands.Create),
        (["save", "load", "export", "import"], ArchiveCommands.Create),
        (["login"], () => [LoginCommand.Create()]),
        (["logout"], () => [LoginCommand.CreateLogout()]),
        (["sign", "attest", "verify"], SignCommands.Create),
        (["trust"], () => [TrustCommand.Create()]),
        (["sbom"], () => [SbomCommand.Create()]),
        (["doctor"], () => [DoctorCommand.Create()]),
        (["completion", "complete"], () => [CompletionCommand.Create(), CompletionCommand.CreateHidden()]),
        (["man"], () => [ManCommand.Create()]),
        (["help"], () => [HelpCommand.Create()]),
        (["version"], () => [VersionCommand.Create()]),
        (["supervise"], () => [SuperviseCommand.Create()]),
        // The original Bolt's spelling.
        (["surge"], () => [new Command("surge", "The same verbs under their older spelling") { UpCommand.Create(), DownCommand.Create(), Status(), LogsCommand.Create() }]),
    ];

    private static Command Status() => PsCommand.Create("status", "Show the stack's services (the same as ps)");

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
