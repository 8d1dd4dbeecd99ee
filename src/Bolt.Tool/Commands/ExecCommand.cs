using System.CommandLine;
using Bolt.Surge;
using Bolt.Tool.Terminal;

namespace Bolt.Tool.Commands;

/// <summary>`bolt exec`: a command in a running service.</summary>
internal static class ExecCommand
{
    private static readonly Option<bool> Interactive = new("--interactive", "-i") { Description = "Pass standard input" };
    private static readonly Option<bool> Tty = new("--tty", "-t") { Description = "Give it a terminal" };
    private static readonly Option<string[]> Env = new("--env", "-e") { Description = "Set a variable; without a value it is taken from here", HelpName = "NAME[=VALUE]" };
    private static readonly Option<string?> User = new("--user", "-u") { Description = "Run as this user of the service", HelpName = "USER[:GROUP]" };
    private static readonly Option<string?> WorkDir = new("--workdir", "-w") { Description = "Working folder inside", HelpName = "FOLDER" };
    private static readonly Argument<string> Service = new Argument<string>("SERVICE") { Description = "A running service" }.WithoutOptions();
    private static readonly Argument<string[]> Inner = new("CMD") { Description = "The command and its arguments", Arity = ArgumentArity.OneOrMore, CaptureRemainingTokens = true };

    public static Command Create()
    {
        var command = new Command("exec", "Run a command in a running service; its exit code is passed on")
        {
            Interactive, Tty, Env, User, WorkDir, Service, Inner,
        };
        Invocation.Bind(command, RunAsync, failed: ExitCode.NotRun);
        return command.WithExamples(
            "bolt exec -it web sh                          a shell",
            "bolt exec db psql -U demo -c 'select 1'       one command",
            "bolt exec -i db psql -U demo < dump.sql       with input");
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var service = invocation.Parsed.GetRequiredValue(Service);
        if (await Target.FindAsync(invocation, [service]) is not { } target)
        {
            return ExitCode.Usage;
        }
        var options = new ExecOptions(
            target.Services[0],
            invocation.Values(Inner),
            Words.Env("--env", invocation.Value(Env)),
            invocation.Value(User),
            invocation.Value(WorkDir),
            invocation.Value(Tty));
        using var streams = TerminalStreams.Open(invocation, invocation.Value(Interactive), options.Terminal);
        return await invocation.Runtime.ExecAsync(target.Stack, options, streams.Streams, invocation.Cancellation);
    }
}
