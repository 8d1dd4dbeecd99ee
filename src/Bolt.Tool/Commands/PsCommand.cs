using System.Collections.Immutable;
using System.CommandLine;
using Bolt.Surge;
using Bolt.Tool.Terminal;

namespace Bolt.Tool.Commands;

/// <summary>`bolt ps` and `bolt status`: the services as they stand.</summary>
internal static class PsCommand
{
    private static readonly Option<bool> All = new("--all", "-a") { Description = "All stacks of this user, `bolt run` ones included" };
    private static readonly Option<bool> Json = new("--json") { Description = "Print each stack as one line of JSON" };

    public static Command Create(string name, string description)
    {
        var command = new Command(name, description) { All, Json };
        Invocation.Bind(command, RunAsync);
        return command.WithExamples(
            $"bolt {name}                  the stack of the Boltfile here; without one, all stacks",
            $"bolt {name} --all            all stacks of this user",
            $"bolt {name} --json           for programs");
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var screen = invocation.Screen;
        var json = invocation.Value(Json);
        if (invocation.Value(All) || (!invocation.HasBoltfile && invocation.Value(Cli.Stack) is null))
        {
            Show(invocation, await invocation.Runtime.ListAsync(invocation.Cancellation), json);
            return ExitCode.Done;
        }
        if (await Target.FindAsync(invocation, []) is not { } target)
        {
            return ExitCode.Usage;
        }
        var status = await invocation.Runtime.StatusAsync(target.Stack, invocation.Cancellation);
        if (status is null)
        {
            screen.Say($"the stack `{target.Project}` is not up; `bolt up -d` starts it");
            return ExitCode.Done;
        }
        Show(invocation, [status], json);
        return ExitCode.Done;
    }

    private static void Show(Invocation invocation, ImmutableArray<StackStatus> stacks, bool json)
    {
        var first = true;
        foreach (var stack in stacks)
        {
            if (json)
            {
                invocation.Screen.Data(StackJson.Write(stack));
                continue;
            }
            if (!first)
            {
                invocation.Screen.Data("");
            }
            StatusView.Show(invocation.Screen.DataPen, stack);
            first = false;
        }
        if (stacks.IsEmpty)
        {
            invocation.Screen.Say("no stack is up");
        }
    }
}
