using System.Globalization;
using System.Text;
using Bolt.Diagnostics;
using Bolt.Surge;

namespace Bolt.TestKit;

/// <summary>Events and logs of a stack, merged by time.</summary>
internal static class StackReport
{
    public static async Task<string> WriteAsync(EphemeralStack stack, CancellationToken cancellation)
    {
        var lines = stack.Events.Select(e => (e.At, Text: Line(e))).Where(l => l.Text is not null).ToList();
        await foreach (var line in stack.LogsAsync(new LogOptions([]), cancellation).ConfigureAwait(false))
            lines.Add((line.At, $"{line.Service} {(line.IsError ? "!" : "|")} {line.Text}"));
        var text = new StringBuilder($"stack {stack.Name}\n");
        foreach (var (at, line) in lines.OrderBy(l => l.At)) text.Append(CultureInfo.InvariantCulture, $"{at.UtcDateTime:HH:mm:ss.fff} {line}\n");
        return text.ToString();
    }

    private static string? Line(StackEvent happened) => happened switch
    {
        StackEvent.ServiceStarted it => $"{it.Service}: started, process {it.Pid}",
        StackEvent.ServiceReady it => string.Create(CultureInfo.InvariantCulture, $"{it.Service}: ready after {it.After.TotalMilliseconds:f0} ms"),
        StackEvent.ServiceExited it => $"{it.Service}: ended with {(it.Code is { } code ? $"code {code}" : $"signal {it.Signal}")}{(it.OutOfMemory ? ", out of memory" : "")}",
        StackEvent.ServiceRestarting it => $"{it.Service}: starts again",
        StackEvent.ServiceStopped it => $"{it.Service}: stopped",
        StackEvent.ServiceHealth it => $"{it.Service}: {(it.Healthy ? "healthy" : "unhealthy")}",
        StackEvent.ServiceMetLimit it => $"{it.Service}: met its limit ({it.Limit})",
        StackEvent.StepFailed it => $"{it.Step} failed: {DiagnosticText.Render(it.Diagnostic)}",
        StackEvent.Warned it => DiagnosticText.Render(it.Diagnostic),
        StackEvent.StackReady => "all services are ready",
        _ => null,
    };
}
