using Bolt.Surge;

namespace Bolt.Tool.Terminal;

/// <summary>One event as one line of talk; events that say nothing new to a person have none.</summary>
internal static class EventLine
{
    public static void Show(Screen screen, StackEvent what)
    {
        switch (what)
        {
            case StackEvent.StepFailed failed:
                DiagnosticView.Show(screen, failed.Diagnostic);
                break;
            case StackEvent.Warned warned:
                DiagnosticView.Show(screen, warned.Diagnostic);
                break;
            default:
                if (Text(screen.Talk, what) is { } line)
                {
                    screen.Say(line);
                }
                break;
        }
    }

    private static string? Text(Pen pen, StackEvent what) => what switch
    {
        StackEvent.StepStarted e => $"{Doing(e.Step)} ({e.Text})",
        StackEvent.ServiceReady e => $"{e.Service}: {pen.Tint("ready", Pen.Green)} after {StatusView.Seconds(e.After)}",
        StackEvent.ServiceExited { Code: { } code } e => $"{e.Service}: {pen.Tint(OutOfMemory(e, $"exited with code {code}"), Pen.Yellow)}",
        StackEvent.ServiceExited e => $"{e.Service}: {pen.Tint(OutOfMemory(e, $"ended by signal {e.Signal}"), Pen.Yellow)}",
        StackEvent.ServiceRestarting e => $"{e.Service}: starting again (attempt {e.Attempt}) in {StatusView.Seconds(e.Delay)}",
        StackEvent.ServiceStopped e => $"{e.Service}: stopped",
        StackEvent.ServiceHealth e => $"{e.Service}: {(e.Healthy ? pen.Tint("healthy", Pen.Green) : pen.Tint("unhealthy", Pen.Red))}",
        StackEvent.ServiceMetLimit e => $"{e.Service}: {pen.Tint(Limit(e.Limit), e.Limit == LimitKind.OutOfMemory ? Pen.Red : Pen.Yellow)}",
        StackEvent.ServicePaused e => $"{e.Service}: paused",
        StackEvent.ServiceUnpaused e => $"{e.Service}: goes on",
        StackEvent.ServiceLimited e => $"{e.Service}: {Limits(e.Limits)}",
        StackEvent.StackReady e => $"{pen.Tint("ready", Pen.Green)} in {StatusView.Seconds(e.After)}",
        StackEvent.StackStopped { DeletedVolumes.IsEmpty: false } e => $"down; deleted {Plural(e.DeletedVolumes.Length)} {string.Join(", ", e.DeletedVolumes)}",
        StackEvent.StackStopped { KeptVolumes.IsEmpty: true } => "down",
        StackEvent.StackStopped e => $"down; kept {Plural(e.KeptVolumes.Length)} {string.Join(", ", e.KeptVolumes)} (`bolt down --volumes` deletes {(e.KeptVolumes.Length == 1 ? "it" : "them")})",
        _ => null,
    };

    private static string Limit(LimitKind limit) => limit switch
    {
        LimitKind.Cpu => "throttled: its `cpu_limit` is used up",
        LimitKind.MemoryHigh => "slowed down to give back memory",
        LimitKind.Memory => "at its `memory_limit`",
        LimitKind.OutOfMemory => "a process was killed: out of memory",
        _ => "at its `pids_limit`: it could not make another process",
    };

    /// <summary>"prepare web" under way: "preparing web".</summary>
    public static string Doing(string step)
    {
        var (verb, rest) = step.IndexOf(' ', StringComparison.Ordinal) is > 0 and var space ? (step[..space], step[space..]) : (step, "");
        return verb switch
        {
            "stop" => "stopping",
            "prepare" or "create" or "remove" => verb[..^1] + "ing",
            _ => verb + "ing",
        } + rest;
    }

    private static string Limits(LimitChange limits) => string.Join(", ", new[]
    {
        limits.MemoryBytes is { } memory ? $"memory {(memory < 0 ? "without limit" : Words.Memory(memory))}" : null,
        limits.Cpus is { } cpus ? cpus < 0 ? "cpus without limit" : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"cpus {cpus}") : null,
        limits.Pids is { } pids ? pids < 0 ? "pids without limit" : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"pids {pids}") : null,
    }.OfType<string>());

    private static string OutOfMemory(StackEvent.ServiceExited e, string text) => e.OutOfMemory ? text + ", out of memory" : text;

    private static string Plural(int count) => count == 1 ? "volume" : "volumes";
}
