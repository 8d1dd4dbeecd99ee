using System.Collections.Immutable;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

internal static unsafe partial class Launcher
{
    /// <summary>
    /// Runs a command in a running capsule as its sheet's service steps say. <paramref name="user"/> and
    /// <paramref name="workingDirectory"/> null: those of the service.
    /// </summary>
    public static ExecutedProcess? Exec(
        CapsuleSheet sheet, LaunchedCapsule capsule, IReadOnlyList<string> command, IReadOnlyList<string> environment,
        string? user, string? workingDirectory, bool terminal, bool inputOpen, ushort columns, ushort rows, out LaunchFailure? failure)
    {
        var service = ServiceSteps(sheet, user, workingDirectory);
        using var memory = new LaunchMemory(sheet, service, command, environment);
        using var channel = new LaunchChannel(service);
        var state = memory.State;
        if (channel.Open(state, terminal, inputOpen) is var error and not Errno.None)
        {
            failure = new LaunchFailure("streams", "", error);
            return null;
        }

        state->HasTerminal = terminal;
        (state->Columns, state->Rows) = (columns, rows);
        state->NestedNamespace = capsule.Nested;
        state->NestedUid = capsule.NestedUid;
        var pid = ExecFork(sheet, state, channel, capsule);
        channel.CloseChildren();
        failure = pid < 0 && channel.Failure is null
            ? new LaunchFailure("join", "", pid.Error())
            : channel.AwaitExecution(sheet);
        if (failure is null)
            return channel.Executed((int)pid);
        if (pid > 0)
            End((int)pid);
        return null;
    }

    private static ImmutableArray<LaunchStep> ServiceSteps(CapsuleSheet sheet, string? user, string? workingDirectory) =>
    [
        .. sheet.Service.Select(step => step.Operation switch
        {
            LaunchOperation.User when user is not null => step with { A = user },
            LaunchOperation.WorkingFolder when workingDirectory is not null => step with { A = workingDirectory },
            _ => step,
        }),
    ];

    private static nint ExecFork(CapsuleSheet sheet, LaunchState* state, LaunchChannel channel, LaunchedCapsule capsule)
    {
        var namespaces = stackalloc int[LaunchState.NamespaceCount];
        for (var i = 0; i < LaunchState.NamespaceCount; i++)
            namespaces[i] = capsule.Namespaces[i];
        var opened = StepRunner.RunOnly(state, LaunchOperation.OpenGroup, state->Before);
        var forked = opened < 0 ? opened : Sys.Fork();
        if (forked == 0)
            ExecJoin(state, namespaces);
        CloseSlots(sheet, state);
        if (forked < 0)
            return forked;
        state->InitPid = (int)forked;
        var joined = StepRunner.RunOnly(state, LaunchOperation.JoinCgroup, state->Between);
        if (joined < 0)
        {
            End((int)forked);
            return joined;
        }

        channel.Go();
        int status;
        Sys.Wait((int)forked, &status, 0);
        return channel.AwaitInit(status);
    }

    private static void ExecJoin(LaunchState* state, int* namespaces)
    {
        LaunchState.LeaveShimEnd(state);
        byte go;
        if (Sys.Read(state->Control, &go, 1) != 1)
            Sys.Exit(125);
        state->Section = LaunchSection.Join;
        // Before anything inside can see it: /proc/PID/exe of this process is the shim, a file of the host.
        Sys.Prctl(Sys.PrSetDumpable, 0);
        var result = StepRunner.RunAll(state, LaunchSection.Entry, state->Entry);
        state->Section = LaunchSection.Join;
        for (var i = 0; i < LaunchState.NamespaceCount && result >= 0; i++)
        {
            result = Sys.SetNamespace(namespaces[i], 0);
            if (i == 0 && result >= 0)
                result = InitProcess.BecomeInnerRoot();
        }

        if (result < 0)
            LaunchState.Fail(state, result);
        Sys.Prctl(Sys.PrSetDumpable, 0);
        Sys.Umask(0x12);
        // A pid namespace is for the children of who joined it.
        result = Sys.Fork(Sys.CloneParent);
        if (result == 0)
            ExecRun(state);
        if (result < 0)
            LaunchState.Fail(state, result);
        LaunchState.Tell(state, LaunchWord.Init, (int)result);
        Sys.Exit(0);
    }

    private static void ExecRun(LaunchState* state)
    {
        if (state->HasTerminal)
        {
            var master = Sys.Open(Native.Literal("/dev/ptmx"u8), Sys.OReadWrite | Sys.ONoCtty | Sys.OCloseOnExec);
            var side = master < 0 ? master : StepRunner.OpenTerminalSide(state, (int)master);
            if (side < 0)
                LaunchState.Fail(state, side);
            var fd = (int)master;
            state->TerminalSide = (int)side;
            LaunchState.Tell(state, LaunchWord.Terminal, 0, &fd, 1);
        }

        ServiceProcess.Run(state);
    }
}
