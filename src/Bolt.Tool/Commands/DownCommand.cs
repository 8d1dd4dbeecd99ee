using System.CommandLine;
using Bolt.Tool.Terminal;

namespace Bolt.Tool.Commands;

/// <summary>`bolt down`: stops the stack and removes all of it but its volumes.</summary>
internal static class DownCommand
{
    private static readonly Option<bool> Volumes = new("--volumes", "-v") { Description = "Delete its volumes and their data too" };
    private static readonly Option<bool> Json = new("--json") { Description = "Print each event as one line of JSON" };

    public static Command Create()
    {
        var command = new Command("down", "Stop the stack in order and remove it; volumes are kept") { Volumes, Json };
        Invocation.Bind(command, RunAsync);
        return command.WithExamples(
            "bolt down                data in volumes is kept",
            "bolt down --volumes      data in volumes is deleted",
            "bolt down --stack demo   a stack of another folder");
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        if (await Target.FindAsync(invocation, []) is not { } target)
        {
            return ExitCode.Usage;
        }
        var view = EventView.For(invocation.Screen, invocation.Value(Json), live: false);
        var any = false;
        var ok = await view.ShowAsync(invocation.Runtime.DownAsync(target.Stack, invocation.Value(Volumes), invocation.Cancellation), _ => any = true);
        if (!any)
        {
            invocation.Screen.Say($"nothing to stop: `{target.Project}` is not up");
        }
        return invocation.Interruption.Happened ? ExitCode.Interrupted : ok ? ExitCode.Done : ExitCode.Failed;
    }
}
