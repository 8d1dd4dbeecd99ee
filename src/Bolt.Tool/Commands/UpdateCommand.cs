using System.CommandLine;
using Bolt.Boltfiles;
using Bolt.Surge;
using Bolt.Tool.Terminal;

namespace Bolt.Tool.Commands;

/// <summary>`bolt update`: other limits for services that run.</summary>
internal static class UpdateCommand
{
    private static readonly Option<string?> Memory = new("--memory", "-m") { Description = "Most memory; 0 takes the limit away", HelpName = "SIZE" };
    private static readonly Option<string?> Cpus = new("--cpus") { Description = "Most processor cores; 0 takes the limit away", HelpName = "N" };
    private static readonly Option<string?> Pids = new("--pids-limit") { Description = "Most processes and threads; -1 takes the limit away", HelpName = "N" };
    private static readonly Option<bool> Json = new("--json") { Description = "Print each event as one line of JSON" };
    private static readonly Argument<string[]> Services = new Argument<string[]>("SERVICE") { Description = "Which", Arity = ArgumentArity.OneOrMore }.WithoutOptions();

    public static Command Create()
    {
        var command = new Command("update", "Change limits of services while they run; the next `bolt up` makes them the Boltfile's again") { Memory, Cpus, Pids, Json, Services };
        Invocation.Bind(command, RunAsync);
        return command.WithExamples(
            "bolt update --memory 512m --cpus 1.5 api   at most 512 MiB and one and a half cores",
            "bolt update --pids-limit -1 api            as many processes as it likes");
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var change = new LimitChange(
            Words.Limit<long>("--memory", invocation.Value(Memory), ShortForms.ReadSize, -1),
            Words.Limit<double>("--cpus", invocation.Value(Cpus), ShortForms.ReadCpu, -1),
            Words.Limit<long>("--pids-limit", invocation.Value(Pids), ShortForms.ReadPids, -1));
        if (change == new LimitChange())
        {
            throw new Diagnostics.BoltException(ToolErrors.NothingToUpdate());
        }
        if (await Target.FindAsync(invocation, invocation.Values(Services)) is not { } target)
        {
            return ExitCode.Usage;
        }
        var view = EventView.For(invocation.Screen, invocation.Value(Json), live: false);
        var ok = await view.ShowAsync(invocation.Runtime.UpdateAsync(target.Stack, target.Services, change, invocation.Cancellation));
        return invocation.Interruption.Happened ? ExitCode.Interrupted : ok ? ExitCode.Done : ExitCode.Failed;
    }
}
