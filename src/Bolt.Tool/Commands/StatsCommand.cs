using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Bolt.Surge;
using Bolt.Tool.Terminal;

namespace Bolt.Tool.Commands;

/// <summary>`bolt stats`: what services use.</summary>
internal static class StatsCommand
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly Option<bool> Once = new("--no-stream") { Description = "One sample, over one second, and no more" };
    private static readonly Option<bool> Json = new("--json") { Description = "Print each service of each sample as one line of JSON" };
    private static readonly Argument<string[]> Services = Words.Services("Only these");

    public static Command Create()
    {
        var command = new Command("stats", "Show what services use of processors, memory, disks and network, each second until Ctrl-C") { Once, Json, Services };
        Invocation.Bind(command, RunAsync);
        return command.WithExamples(
            "bolt stats                    a table that renews itself",
            "bolt stats --no-stream db     one look at one service",
            "bolt stats --json             for programs; `memoryFrom` and `cpuFrom` say who counted");
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        if (await Target.FindAsync(invocation, invocation.Values(Services)) is not { } target)
        {
            return ExitCode.Usage;
        }
        var live = invocation.Screen.DataIsLive && !invocation.Value(Once);
        var lines = 0;
        try
        {
            await foreach (var sample in invocation.Runtime.StatsAsync(target.Stack, target.Services, Period, invocation.Cancellation))
            {
                if (invocation.Value(Json))
                {
                    Print(invocation.Screen, sample);
                }
                else
                {
                    // Over the sample before: up so many lines, and clear to the end of the screen.
                    invocation.Screen.Out.Write(live && lines > 0 ? $"\e[{lines}A\e[J" : "");
                    Show(invocation.Screen, sample);
                    lines = sample.Length + 1;
                }
                if (invocation.Value(Once))
                {
                    return ExitCode.Done;
                }
            }
        }
        catch (OperationCanceledException) when (invocation.Interruption.Happened)
        {
            return ExitCode.Interrupted;
        }
        return ExitCode.Done;
    }

    private static void Print(Screen screen, ImmutableArray<ServiceUsage> sample)
    {
        foreach (var usage in sample)
        {
            screen.Data(StackJson.Write(usage));
        }
    }

    private static void Show(Screen screen, ImmutableArray<ServiceUsage> sample)
    {
        var table = new TextTable("SERVICE", "CPU", "MEMORY / LIMIT", "DISK READ / WRITTEN", "NET IN / OUT", "PIDS", "COUNTED BY");
        foreach (var u in sample)
        {
            table.Add(
                u.Service,
                string.Create(CultureInfo.InvariantCulture, $"{u.CpuShare * 100:0.0} %"),
                $"{Words.Memory(u.Memory)} / {(u.MemoryLimit is { } limit ? Words.Memory(limit) : "none")}",
                Pair(u.DiskRead, u.DiskWritten),
                Pair(u.NetReceived, u.NetSent),
                u.PidsLimit is { } most ? string.Create(CultureInfo.InvariantCulture, $"{u.Pids} / {most}") : u.Pids.ToString(CultureInfo.InvariantCulture),
                u.CpuFrom == u.MemoryFrom ? u.CpuFrom : $"cpu {u.CpuFrom}, memory {u.MemoryFrom}");
        }
        table.Write(screen.DataPen);
    }

    private static string Pair(long? one, long? other) => one is { } a && other is { } b ? $"{Words.Size(a)} / {Words.Size(b)}" : "not known";
}
