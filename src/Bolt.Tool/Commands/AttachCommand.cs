using System.CommandLine;
using Bolt.Tool.Terminal;

namespace Bolt.Tool.Commands;

/// <summary>`bolt attach`: the standard streams of a running service.</summary>
internal static class AttachCommand
{
    // A few screens of a large terminal.
    private const int ReplayBytes = 64 << 10;

    private static readonly Option<string> DetachKeys = new("--detach-keys")
    {
        Description = "Keys that leave a service with a terminal: letters and ctrl-LETTER, with commas",
        HelpName = "KEYS",
        DefaultValueFactory = _ => "ctrl-p,ctrl-q",
    };
    private static readonly Option<bool> NoStdin = new("--no-stdin") { Description = "Only look on" };
    private static readonly Option<bool> NoReplay = new("--no-replay") { Description = "Without what it has written before" };
    private static readonly Argument<string> Service = new Argument<string>("SERVICE") { Description = "A running service" }.WithoutOptions();

    public static Command Create()
    {
        var command = new Command("attach", "Join the streams of a running service; leaving it does not end it. Its exit code is passed on") { DetachKeys, NoStdin, NoReplay, Service };
        Invocation.Bind(command, RunAsync, failed: ExitCode.NotRun);
        return command.WithExamples(
            "bolt run -d -it --name box debian         a shell that no one looks at yet",
            "bolt attach box                           ctrl-p, ctrl-q leave it; what it writes then is shown to the next",
            "bolt attach --detach-keys ctrl-x box      other keys");
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var keys = DetachableInput.Keys(invocation.Value(DetachKeys)!)
            ?? throw new Diagnostics.BoltException(ToolErrors.BadWord("--detach-keys", invocation.Value(DetachKeys)!, "letters and `ctrl-LETTER`, with commas, such as `ctrl-p,ctrl-q`"));
        if (await Target.FindAsync(invocation, [invocation.Parsed.GetRequiredValue(Service)]) is not { } target)
        {
            return ExitCode.Usage;
        }
        var service = target.Services[0];
        var input = !invocation.Value(NoStdin);
        // Keys are the service's own only where both sides are terminals; a pipe may feed a terminal, too.
        var terminal = invocation.Runtime.HasTerminal(target.Stack, service) && (!input || !Console.IsInputRedirected);
        using var streams = TerminalStreams.Open(invocation, input, terminal);
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(invocation.Cancellation);
        using var detachable = terminal && streams.Streams.Input is { } typed ? new DetachableInput(typed, keys, leave.Cancel) : null;
        var code = await invocation.Runtime.AttachAsync(
            target.Stack, service, detachable is null ? streams.Streams : streams.Streams with { Input = detachable },
            invocation.Value(NoReplay) ? 0 : ReplayBytes, leave.Token);
        if (code is null)
        {
            streams.Dispose();
            invocation.Screen.Say($"left {service}, which runs on");
        }
        return code ?? (invocation.Interruption.Happened ? ExitCode.Interrupted : ExitCode.Done);
    }
}
