using System.Globalization;
using Bolt.Surge;

namespace Bolt.Tool.Terminal;

/// <summary>A stack's services as a table.</summary>
internal static class StatusView
{
    public static void Show(Pen pen, StackStatus stack)
    {
        var owner = stack.OwnerPid is { } pid ? $"supervised by process {pid}" : "no supervisor alive";
        pen.Line($"{pen.Tint(stack.Project, Pen.Bold)}  {pen.Tint($"{stack.Id}, {owner}", Pen.Dim)}");
        var table = new TextTable("SERVICE", "STATE", "PORTS", "ADDRESS", "PID", "RESTARTS", "IMAGE");
        foreach (var service in stack.Services)
        {
            table.Add(
                service.Name,
                State(service),
                string.Join(", ", service.Ports.Select(Port)),
                service.Address ?? "",
                service.Pid?.ToString(CultureInfo.InvariantCulture) ?? "",
                service.Restarts.ToString(CultureInfo.InvariantCulture),
                service.Image);
        }
        table.Write(pen);
    }

    public static Cell State(ServiceStatus service)
    {
        var text = service.State switch
        {
            ServiceState.Ready when service.ReadyAfter is { } after => $"ready ({Seconds(after)})",
            ServiceState.Exited or ServiceState.Failed or ServiceState.Restarting when service.ExitCode is { } code => $"{Word(service.State)} ({code})",
            _ => Word(service.State),
        };
        return new Cell(text, Color(service.State));
    }

    public static string Word(ServiceState state) => state switch
    {
        ServiceState.Absent => "absent",
        ServiceState.Waiting => "waiting",
        ServiceState.Starting => "starting",
        ServiceState.Ready => "ready",
        ServiceState.Unhealthy => "unhealthy",
        ServiceState.Restarting => "restarting",
        ServiceState.Exited => "exited",
        ServiceState.Stopped => "stopped",
        ServiceState.Paused => "paused",
        _ => "failed",
    };

    public static string Color(ServiceState state) => state switch
    {
        ServiceState.Ready => Pen.Green,
        ServiceState.Failed or ServiceState.Unhealthy => Pen.Red,
        ServiceState.Starting or ServiceState.Restarting or ServiceState.Paused => Pen.Yellow,
        _ => Pen.Dim,
    };

    /// <summary>"127.0.0.1:8080->80", and what was asked for when that is another.</summary>
    public static string Port(PortStatus port)
    {
        var address = port.HostAddress.Contains(':', StringComparison.Ordinal) ? $"[{port.HostAddress}]" : port.HostAddress;
        var protocol = port.Protocol is "udp" ? "/udp" : "";
        var moved = port.Asked != port.HostPort && port.Asked != 0 ? $" (asked {port.Asked})" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{address}:{port.HostPort}->{port.ContainerPort}{protocol}{moved}");
    }

    public static string Seconds(TimeSpan time) => time.TotalSeconds < 10
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.00} s")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");
}
