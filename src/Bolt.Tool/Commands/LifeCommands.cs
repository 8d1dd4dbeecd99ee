using System.Collections.Immutable;
using System.CommandLine;
using Bolt.Surge;
using Bolt.Tool.Terminal;

namespace Bolt.Tool.Commands;

/// <summary>`bolt stop`.</summary>
internal static class StopCommand
{
    public static Command Create() => Life.Create("stop", "Stop services; they stay stopped until started again",
        (runtime, stack, services, cancellation) => runtime.StopAsync(stack, services, cancellation));
}

/// <summary>`bolt start`.</summary>
internal static class StartCommand
{
    public static Command Create() => Life.Create("start", "Start stopped services and wait until they are ready",
        (runtime, stack, services, cancellation) => runtime.StartAsync(stack, services, cancellation));
}

/// <summary>`bolt restart`.</summary>
internal static class RestartCommand
{
    public static Command Create() => Life.Create("restart", "Stop and start services and wait until they are ready",
        (runtime, stack, services, cancellation) => runtime.RestartAsync(stack, services, cancellation));
}

/// <summary>`bolt pause` and `bolt unpause`.</summary>
internal static class PauseCommand
{
    public static Command Create() => Life.Create("pause", "Stand all processes of services still; they keep memory, ports and connections",
        (runtime, stack, services, cancellation) => runtime.PauseAsync(stack, services, cancellation));

    public static Command CreateUnpause() => Life.Create("unpause", "Let paused services go on",
        (runtime, stack, services, cancellation) => runtime.UnpauseAsync(stack, services, cancellation));
}

/// <summary>What verbs that change services and tell of it have in common.</summary>
internal static class Life
{
    public static Command Create(string name, string description, Func<BoltRuntime, StackName, ImmutableArray<string>, CancellationToken, IAsyncEnumerable<StackEvent>> verb)
    {
        var services = Words.Services("Only these");
        var json = new Option<bool>("--json") { Description = "Print each event as one line of JSON" };
        var command = new Command(name, description) { json, services };
        Invocation.Bind(command, async invocation =>
        {
            if (await Target.FindAsync(invocation, invocation.Values(services)) is not { } target)
            {
                return ExitCode.Usage;
            }
            var view = EventView.For(invocation.Screen, invocation.Value(json), live: false);
            var ok = await view.ShowAsync(verb(invocation.Runtime, target.Stack, target.Services, invocation.Cancellation));
            return invocation.Interruption.Happened ? ExitCode.Interrupted : ok ? ExitCode.Done : ExitCode.Failed;
        });
        return command.WithExamples($"bolt {name} api", $"bolt {name}");
    }
}
