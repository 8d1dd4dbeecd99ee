using System.CommandLine;
using System.Globalization;

namespace Bolt.Tool.Commands;

/// <summary>`bolt wait`: until services have ended.</summary>
internal static class WaitCommand
{
    private static readonly Argument<string[]> Services = new Argument<string[]>("SERVICE") { Description = "Which", Arity = ArgumentArity.OneOrMore }.WithoutOptions();

    public static Command Create()
    {
        var command = new Command("wait", "Wait until services have ended, print their exit codes, and end with the first that is not 0") { Services };
        Invocation.Bind(command, RunAsync, failed: ExitCode.NotRun);
        return command.WithExamples(
            "bolt wait migrate            the code of a job, also when it has ended already",
            "bolt wait one two            a line for each, in this order");
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        if (await Target.FindAsync(invocation, invocation.Values(Services)) is not { } target)
        {
            return ExitCode.Usage;
        }
        // All at once: each is told of the run that it has now, and not of one that a restart made in between.
        var ends = target.Services.Select(s => invocation.Runtime.WaitAsync(target.Stack, s, invocation.Cancellation)).ToArray();
        var first = 0;
        foreach (var end in ends)
        {
            var code = await end;
            first = first == 0 ? code : first;
            invocation.Screen.Data(code.ToString(CultureInfo.InvariantCulture));
        }
        return first;
    }
}
