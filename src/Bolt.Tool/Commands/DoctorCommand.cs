using System.CommandLine;
using Bolt.Diagnostics;
using Bolt.Surge;
using Bolt.Tool.Terminal;

namespace Bolt.Tool.Commands;

/// <summary>`bolt doctor`: what Bolt needs from this machine, and the remedy for what is lacking.</summary>
internal static class DoctorCommand
{
    private static readonly Option<bool> Json = new("--json") { Description = "Print each check as one line of JSON" };

    public static Command Create()
    {
        var command = new Command("doctor", "Check what Bolt needs from this machine, with a fix for what is lacking") { Json };
        Invocation.Bind(command, RunAsync);
        return command.WithExamples("bolt doctor", "bolt doctor --json");
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var lacking = false;
        await foreach (var check in invocation.Runtime.DoctorAsync(invocation.Cancellation))
        {
            lacking |= check.Problem?.Severity == Severity.Error;
            if (invocation.Value(Json))
            {
                invocation.Screen.Data(StackJson.Write(check));
            }
            else
            {
                Show(invocation.Screen, check);
            }
        }
        return lacking ? ExitCode.Failed : ExitCode.Done;
    }

    private static void Show(Screen screen, HostCheck check)
    {
        var pen = screen.DataPen;
        var (word, color) = check.Problem?.Severity switch
        {
            null => ("ok", Pen.Green),
            Severity.Error => ("lacking", Pen.Red),
            Severity.Warning => ("limited", Pen.Yellow),
            _ => ("note", Pen.Cyan),
        };
        pen.Line($"{pen.Tint(word.PadRight(8), color)} {pen.Tint(check.Name.PadRight(20), Pen.Bold)} {check.Finding}");
        if (check.Problem is { } problem)
        {
            foreach (var line in DiagnosticText.Render(problem, pen.Color).Split('\n'))
            {
                pen.Line($"         {line}");
            }
        }
    }
}
