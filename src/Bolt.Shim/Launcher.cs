using System.Collections.Immutable;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>
/// Makes a capsule from its sheet. To be called from the shim's first thread, which must outlive the capsule: the init
/// asks the kernel for death with the thread that made it.
/// </summary>
internal static unsafe partial class Launcher
{
    /// <summary>Returns once the service's execve has succeeded; else null, and nothing is left.</summary>
    public static LaunchedCapsule? Launch(CapsuleSheet sheet, out LaunchFailure? failure)
    {
        using var memory = new LaunchMemory(sheet, sheet.Service, sheet.Command, sheet.Environment);
        using var channel = new LaunchChannel(sheet.Service);
        var state = memory.State;
        failure = Prepare(sheet, state, channel);
        if (failure is null)
            failure = Start(sheet, state, channel);
        var init = state->InitPid;
        if (failure is null)
        {
            channel.CloseChildren();
            failure = channel.AwaitExecution(sheet);
        }

        if (failure is null)
            return channel.Launched(init) with { Skipped = [.. Skipped(sheet.Before, state->Before), .. Skipped(sheet.Between, state->Between)] };
        if (init > 0)
            End(init);
        CloseSlots(sheet, state);
        CleanUp(sheet);
        return null;
    }

    private static List<(string Argument, Errno Errno)> Skipped(ImmutableArray<LaunchStep> steps, NativeSteps native)
    {
        const int told = 2;
        var skipped = new List<(string, Errno)>();
        for (var i = 0; i < steps.Length; i++)
            if (steps[i] is { X: told, Operation: LaunchOperation.WriteFile or LaunchOperation.JoinCgroup } && native.First[i].Y < 0)
                skipped.Add((steps[i].A, ((nint)native.First[i].Y).Error()));
        return skipped;
    }

    /// <summary>Removes the cgroups that were made for the capsule; after its end.</summary>
    public static void CleanUp(CapsuleSheet sheet)
    {
        foreach (var folder in sheet.Cgroups)
            CgroupNote.Remove(folder);
    }

    private static LaunchFailure? Prepare(CapsuleSheet sheet, LaunchState* state, LaunchChannel channel)
    {
        state->HasTerminal = sheet.Terminal;
        ProcessTitle.Find(state);
        // The usual size, until someone attaches.
        (state->Columns, state->Rows) = (80, 24);
        var result = StepRunner.RunAll(state, LaunchSection.Before, state->Before);
        if (result < 0)
            return FailureOf(sheet, sheet.Service, LaunchSection.Before, state->Index, result.Error());
        state->Section = LaunchSection.Start;
        return channel.Open(state, sheet.Terminal, sheet.StdinOpen) is var error and not Errno.None
            ? new LaunchFailure("streams", "", error)
            : null;
    }

    private static LaunchFailure? Start(CapsuleSheet sheet, LaunchState* state, LaunchChannel channel)
    {
        var forked = sheet.SandboxPid == 0 ? ForkInit(state) : SandboxFork.Run(state, channel);
        if (forked < 0)
            return channel.Failure is { } told
                ? FailureOf(sheet, sheet.Service, told.Section, told.Index, (Errno)told.Value)
                : new LaunchFailure(sheet.SandboxPid == 0 ? "fork" : "join", "", forked.Error());
        state->InitPid = (int)forked;
        if (IdMapWriter.Write(sheet, state->InitPid) is { } unmapped)
            return unmapped;
        var result = StepRunner.RunAll(state, LaunchSection.Between, state->Between);
        if (result < 0)
            return FailureOf(sheet, sheet.Service, LaunchSection.Between, state->Index, result.Error());
        // The init has its copies of what was opened for it.
        CloseSlots(sheet, state);
        return channel.Go() ? null : new LaunchFailure("fork", "", Errno.EPIPE);
    }

    private static nint ForkInit(LaunchState* state)
    {
        var pid = Sys.Fork(state->Namespaces & ~Sys.CloneNewCgroup);
        if (pid == 0)
            InitProcess.Run(state);
        return pid;
    }

    private static void CloseSlots(CapsuleSheet sheet, LaunchState* state)
    {
        for (var i = 0; i < sheet.Slots; i++)
        {
            if (state->Slots[i] >= 0)
                Sys.Close(state->Slots[i]);
            state->Slots[i] = LaunchState.NoDescriptor;
        }
    }

    private static void End(int pid)
    {
        int status;
        Sys.Kill(pid, Sys.SigKill);
        Sys.Wait(pid, &status, 0);
    }

    internal static LaunchFailure FailureOf(
        CapsuleSheet sheet, ImmutableArray<LaunchStep> service, LaunchSection section, int index, Errno errno)
    {
        var steps = section switch
        {
            LaunchSection.Before => sheet.Before,
            LaunchSection.Between => sheet.Between,
            LaunchSection.Beside => sheet.Beside,
            LaunchSection.Entry => sheet.Entry,
            LaunchSection.Inside => sheet.Inside,
            LaunchSection.Service => service,
            _ => [],
        };
        if (index >= steps.Length)
            return new LaunchFailure(section == LaunchSection.Join ? "join" : "start", "", errno);
        var step = steps[index];
        var argument = step.Operation switch
        {
            LaunchOperation.Execute => sheet.Command.IsEmpty ? "" : sheet.Command[0],
            LaunchOperation.Mount or LaunchOperation.MountHost or LaunchOperation.BindDevice or LaunchOperation.Link => step.B,
            _ => step.A,
        };
        return new LaunchFailure(step.Operation.ToString(), argument, errno);
    }
}
