using System.CommandLine;
using Bolt.Diagnostics;
using Bolt.Surge;
using Bolt.Tool.Terminal;

namespace Bolt.Tool.Commands;

/// <summary>`bolt run`: an image in a stack of its own, without a Boltfile.</summary>
internal static class RunCommand
{
    private static readonly Option<string?> Name = new("--name") { Description = "Its name, for `bolt stop` and the like", HelpName = "NAME" };
    private static readonly Option<string[]> Publish = new("--publish", "-p") { Description = "Publish a port", HelpName = "[IP:][HOST:]PORT[/udp]" };
    private static readonly Option<string[]> Env = new("--env", "-e") { Description = "Set a variable; without a value it is taken from here", HelpName = "NAME[=VALUE]" };
    private static readonly Option<string[]> Volume = new("--volume", "-v") { Description = "Mount a folder of this machine (./x, /x) or a named volume", HelpName = "SOURCE:TARGET[:ro]" };
    private static readonly Option<bool> Detach = new("--detach", "-d") { Description = "Leave it running and print its id when it is ready" };
    private static readonly Option<bool> Remove = new("--rm") { Description = "Remove all of it at its end" };
    private static readonly Option<bool> Interactive = new("--interactive", "-i") { Description = "Pass standard input" };
    private static readonly Option<bool> Tty = new("--tty", "-t") { Description = "Give it a terminal" };
    private static readonly Argument<string> Image = new Argument<string>("IMAGE") { Description = "A recipe (postgres, nginx:1.22, ./mine.capsule.toml), an image of a registry, or an OCI layout folder" }.WithoutOptions();
    private static readonly Argument<string[]> Inner = new("CMD") { Description = "Replaces the image's arguments", Arity = ArgumentArity.ZeroOrMore, CaptureRemainingTokens = true };

    public static Command Create()
    {
        var command = new Command("run", "Run one image; its exit code is passed on")
        {
            Name, Publish, Env, Volume, Detach, Remove, Interactive, Tty, Image, Inner,
        };
        Invocation.Bind(command, RunAsync, failed: ExitCode.NotRun);
        return command.WithExamples(
            "bolt run --rm -it debian                       a shell in a fresh Debian",
            "bolt run --rm busybox echo hello               one command",
            "bolt run -d --name cache -p 6379:6379 redis    a server in the background; `bolt stop cache` ends it");
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var options = new RunOptions(
            invocation.Parsed.GetRequiredValue(Image),
            invocation.Values(Inner),
            invocation.Value(Name),
            [.. (invocation.Value(Publish) ?? []).SelectMany(w => Words.Ports(w))],
            Words.Env("--env", invocation.Value(Env)),
            [.. (invocation.Value(Volume) ?? []).Select(v => Words.Volume(v, Environment.CurrentDirectory))],
            invocation.Value(Tty),
            invocation.Value(Interactive),
            invocation.Value(Remove));
        if (invocation.Value(Detach))
        {
            return await DetachedAsync(invocation, options);
        }
        using var streams = TerminalStreams.Open(invocation, options.Interactive, options.Terminal);
        using var progress = new PreparationView(invocation.Screen);
        try
        {
            return await invocation.Runtime.RunAsync(options, streams.Streams, progress, invocation.Cancellation);
        }
        catch (BoltException failure)
        {
            DiagnosticView.Show(invocation.Screen, failure.Diagnostic);
            return ExitCode.OfRun(failure.Diagnostic);
        }
    }

    private static async Task<int> DetachedAsync(Invocation invocation, RunOptions options)
    {
        string? id = null;
        Diagnostic? failure = null;
        var view = EventView.For(invocation.Screen, json: false);
        var ok = await view.ShowAsync(invocation.Runtime.RunDetachedAsync(options, invocation.Cancellation), e =>
        {
            id ??= (e as StackEvent.Snapshot)?.Status.Id;
            failure ??= (e as StackEvent.StepFailed)?.Diagnostic;
        });
        if (ok && id is not null)
        {
            invocation.Screen.Data(id);
        }
        return ok ? ExitCode.Done : failure is null ? ExitCode.NotRun : ExitCode.OfRun(failure);
    }
}
