using System.CommandLine;
using Bolt.Boltfiles;
using Bolt.Surge;
using Bolt.Tool.Terminal;

namespace Bolt.Tool.Commands;

/// <summary>`bolt up`: brings the stack up and, in the foreground, stays with it.</summary>
internal static class UpCommand
{
    private static readonly Option<bool> Detach = new("--detach", "-d") { Description = "Leave the stack running and return when every service is ready" };
    private static readonly Option<bool> Wait = new("--wait") { Description = "The same as --detach: up always waits until every service is ready" };
    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Print what would be done, and why, and do nothing" };
    private static readonly Option<bool> Json = new("--json") { Description = "Print each event as one line of JSON" };
    private static readonly Option<bool> StrictPorts = new("--strict-ports") { Description = "A host port that the kernel denies is an error; it does not move up by 8000" };
    private static readonly Option<bool> ForceRecreate = new("--force-recreate") { Description = "Start services anew even when nothing changed" };
    private static readonly Option<bool> Locked = new("--locked") { Description = "Start exactly what bolt.lock pins; what it does not pin is an error, and it stays as it is" };
    private static readonly Option<int?> Timeout = new("--timeout") { HelpName = "SECONDS", Description = "How long a service may take to become ready (60; with a healthcheck, what that allows)" };
    private static readonly Argument<string[]> Services = Words.Services("Only these and what they depend on");

    public static Command Create()
    {
        var command = new Command("up", "Bring the stack up: fetch, build, start in order, wait until ready")
        {
            Detach, Wait, DryRun, Json, StrictPorts, ForceRecreate, Locked, Timeout, Services,
        };
        Invocation.Bind(command, RunAsync);
        return command.WithExamples(
            "bolt up                  stay with the stack and show its logs; Ctrl-C stops it",
            "bolt up -d               leave it running, return when all is ready",
            "bolt up -d web           only web and what it depends on",
            "bolt up --locked         exactly what bolt.lock pins",
            "bolt up --dry-run        what would be done, and why");
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        if (invocation.LoadBoltfile() is not { } boltfile)
        {
            return ExitCode.Usage;
        }
        if (invocation.Value(Timeout) is { } seconds and (< 1 or > 86_400))
        {
            DiagnosticView.Show(invocation.Screen, ToolErrors.BadWord("--timeout", $"{seconds}", "a number of seconds from 1 to 86400"));
            return ExitCode.Usage;
        }
        var detach = invocation.Value(Detach) || invocation.Value(Wait);
        var wishes = new UpOptions(
            invocation.Values(Services),
            DieWithOwner: !detach,
            StrictPorts: invocation.Value(StrictPorts),
            ForceRecreate: invocation.Value(ForceRecreate),
            ReadyTimeout: invocation.Value(Timeout) is { } limit ? TimeSpan.FromSeconds(limit) : null,
            Locked: invocation.Value(Locked));
        if (invocation.Value(DryRun))
        {
            var plan = await invocation.Runtime.PlanAsync(boltfile, wishes, invocation.Cancellation);
            DiagnosticView.Show(invocation.Screen, plan.Diagnostics);
            if (!plan.Ok)
            {
                return ExitCode.Usage;
            }
            PlanView.Show(invocation.Screen, plan.Value!, invocation.Value(Json));
            return ExitCode.Done;
        }
        return detach ? await DetachedAsync(invocation, boltfile, wishes) : await ForegroundAsync(invocation, boltfile, wishes);
    }

    private static async Task<int> DetachedAsync(Invocation invocation, Boltfile boltfile, UpOptions wishes)
    {
        var json = invocation.Value(Json);
        var view = EventView.For(invocation.Screen, json);
        var ok = await view.ShowAsync(invocation.Runtime.UpDetachedAsync(boltfile, wishes, invocation.Cancellation));
        if (ok && !json && await invocation.Runtime.StatusAsync(boltfile, invocation.Cancellation) is { } status)
        {
            StatusView.Show(invocation.Screen.Talk, status);
        }
        return invocation.Interruption.Happened ? ExitCode.Interrupted : ok ? ExitCode.Done : ExitCode.Failed;
    }

    private static async Task<int> ForegroundAsync(Invocation invocation, Boltfile boltfile, UpOptions wishes)
    {
        invocation.Interruption.Announcement = $"\nstopping `{boltfile.Project}` in order; volumes are kept (again: at once)";
        var view = EventView.For(invocation.Screen, invocation.Value(Json));
        if (!invocation.Value(Json))
        {
            view.WhenReady = _ => new ForegroundLogs(invocation, boltfile);
        }
        var ok = await view.ShowAsync(invocation.Runtime.UpAsync(boltfile, wishes, invocation.Cancellation), e =>
        {
            // Another process owns the stack already; this one looks on, and leaving it stops nothing.
            if (e is StackEvent.Snapshot { Status.OwnerPid: { } owner } && owner != Environment.ProcessId)
            {
                invocation.Interruption.Announcement = $"\nleaving `{boltfile.Project}`, which runs on; `bolt down` stops it";
            }
        });
        return invocation.Interruption.Happened ? ExitCode.Interrupted : ok ? ExitCode.Done : ExitCode.Failed;
    }
}
