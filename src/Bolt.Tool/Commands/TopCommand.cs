using System.CommandLine;
using System.Globalization;
using Bolt.Surge;
using Bolt.Tool.Terminal;

namespace Bolt.Tool.Commands;

/// <summary>`bolt top`: the processes of services.</summary>
internal static class TopCommand
{
    private static readonly Option<bool> Json = new("--json") { Description = "Print each process as one line of JSON" };
    private static readonly Argument<string[]> Services = Words.Services("Only these");

    public static Command Create()
    {
        var command = new Command("top", "Show the processes of services, with their numbers here and inside") { Json, Services };
        Invocation.Bind(command, RunAsync);
        return command.WithExamples(
            "bolt top db              processes of one service",
            "bolt top --json          of all, for programs");
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        if (await Target.FindAsync(invocation, invocation.Values(Services)) is not { } target)
        {
            return ExitCode.Usage;
        }
        var processes = invocation.Runtime.Top(target.Stack, target.Services);
        if (invocation.Value(Json))
        {
            foreach (var process in processes)
            {
                invocation.Screen.Data(StackJson.Write(process));
            }
            return ExitCode.Done;
        }
        var table = new TextTable("SERVICE", "PID", "INSIDE", "USER", "STATE", "CPU", "TIME", "MEMORY", "COMMAND");
        foreach (var p in processes)
        {
            table.Add(
                p.Service, Number(p.Pid), Number(p.InnerPid), p.User ?? "?", p.State.ToString(),
                string.Create(CultureInfo.InvariantCulture, $"{p.CpuShare * 100:0.0} %"), Time(p.Cpu), Words.Memory(p.Memory), p.Command);
        }
        table.Write(invocation.Screen.DataPen);
        return ExitCode.Done;
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Time(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes}:{time.Seconds:00}.{time.Milliseconds / 10:00}");
}
