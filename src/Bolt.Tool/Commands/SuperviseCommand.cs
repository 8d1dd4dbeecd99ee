using System.CommandLine;

namespace Bolt.Tool.Commands;

/// <summary>`bolt supervise`: the owner process of a detached stack; started by `up -d`, not by people.</summary>
internal static class SuperviseCommand
{
    private static readonly Argument<string> Request = new("REQUEST") { Description = "The file with what is to be owned" };

    public static Command Create()
    {
        var command = new Command("supervise", "Own one detached stack until it is down") { Request };
        command.Hidden = true;
        Invocation.Bind(command, invocation =>
            BoltRuntime.SuperviseAsync(invocation.Parsed.GetRequiredValue(Request), invocation.Cancellation));
        return command;
    }
}
