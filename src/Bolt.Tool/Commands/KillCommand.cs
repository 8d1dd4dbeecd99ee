using System.CommandLine;

namespace Bolt.Tool.Commands;

/// <summary>`bolt kill`: a signal to services.</summary>
internal static class KillCommand
{
    private static readonly Option<string> Signal = new("--signal", "-s")
    {
        Description = "Which signal, by name or number",
        HelpName = "SIGNAL",
        DefaultValueFactory = _ => "KILL",
    };
    private static readonly Argument<string[]> Services = Words.Services("Only these");

    public static Command Create()
    {
        var command = new Command("kill", "Send a signal to services; their restart policy says what follows (`bolt stop` keeps them down)") { Signal, Services };
        Invocation.Bind(command, RunAsync);
        return command.WithExamples(
            "bolt kill -s HUP web     nginx reads its configuration anew",
            "bolt kill api            as if it had crashed");
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        if (await Target.FindAsync(invocation, invocation.Values(Services)) is not { } target)
        {
            return ExitCode.Usage;
        }
        foreach (var service in await invocation.Runtime.KillAsync(target.Stack, target.Services, invocation.Value(Signal)!, invocation.Cancellation))
        {
            invocation.Screen.Data(service);
        }
        return ExitCode.Done;
    }
}
