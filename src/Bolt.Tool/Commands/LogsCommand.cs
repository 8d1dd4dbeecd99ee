using System.CommandLine;
using Bolt.Surge;
using Bolt.Tool.Terminal;

namespace Bolt.Tool.Commands;

/// <summary>`bolt logs`: what the services wrote.</summary>
internal static class LogsCommand
{
    private static readonly Option<bool> Follow = new("--follow", "-f") { Description = "Wait for more until Ctrl-C" };
    private static readonly Option<int?> Tail = new("--tail", "-n") { Description = "Only the last N lines of each service", HelpName = "N" };
    private static readonly Option<string?> Since = new("--since") { Description = "Only lines at or after T: a time, or an age such as 10m, 2h, 1d", HelpName = "T" };
    private static readonly Option<bool> Json = new("--json") { Description = "Print each line as one line of JSON" };
    private static readonly Argument<string[]> Services = Words.Services("Only these");

    public static Command Create()
    {
        var command = new Command("logs", "Show what the services wrote") { Follow, Tail, Since, Json, Services };
        Invocation.Bind(command, RunAsync);
        return command.WithExamples(
            "bolt logs                    all of it",
            "bolt logs -f --tail 20 api   the last 20 lines of api, and what follows",
            "bolt logs --since 10m        the last ten minutes");
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        DateTimeOffset? since = invocation.Value(Since) is { } age ? Words.Time("--since", age, DateTimeOffset.UtcNow) : null;
        if (await Target.FindAsync(invocation, invocation.Values(Services)) is not { } target)
        {
            return ExitCode.Usage;
        }
        var status = await invocation.Runtime.StatusAsync(target.Stack, invocation.Cancellation)
            ?? throw new Bolt.Diagnostics.BoltException(ToolErrors.NotUp(target.Project));
        var names = target.Services.IsEmpty ? status.Services.Select(s => s.Name) : target.Services;
        var view = new LogView(invocation.Screen, names, invocation.Value(Json));
        var options = new LogOptions(target.Services, invocation.Value(Follow), invocation.Value(Tail), since);
        await foreach (var line in invocation.Runtime.LogsAsync(target.Stack, options, invocation.Cancellation))
        {
            view.Show(line);
        }
        return invocation.Interruption.Happened ? ExitCode.Interrupted : ExitCode.Done;
    }
}
