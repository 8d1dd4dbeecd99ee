using Bolt.Kernel;

namespace Bolt.Shim;

/// <summary>
/// A process between shim and init: only one with a single thread can join the sandbox's user namespace, and the shim has
/// more. It forks the init as the shim's own child, plugs in its network cable, and ends.
/// </summary>
internal static unsafe class SandboxFork
{
    /// <summary>The init's pid, or a negative errno; the channel may know more.</summary>
    public static nint Run(LaunchState* state, LaunchChannel channel)
    {
        var forked = Sys.Fork();
        if (forked == 0)
            JoinAndFork(state);
        if (forked < 0)
            return forked;
        int status;
        Sys.Wait((int)forked, &status, 0);
        return channel.AwaitInit(status);
    }

    private static void JoinAndFork(LaunchState* state)
    {
        LaunchState.LeaveShimEnd(state);
        state->Section = LaunchSection.Join;
        var sandbox = Sys.PidFdOpen(state->SandboxPid);
        var result = sandbox < 0 ? sandbox : Sys.SetNamespace((int)sandbox, Sys.CloneNewUser | Sys.CloneNewNet);
        if (result >= 0)
            result = InitProcess.BecomeInnerRoot();
        if (result < 0)
            LaunchState.Fail(state, result);
        Sys.Close((int)sandbox);
        // Changed credentials made it undumpable, and its /proc files the host root's: the init could not write its own.
        Sys.Prctl(Sys.PrSetDumpable, 1);
        result = Sys.Fork(Sys.CloneParent | (state->Namespaces & ~Sys.CloneNewCgroup));
        state->Section = LaunchSection.Start;
        if (result == 0)
            InitProcess.Run(state);
        if (result < 0)
            LaunchState.Fail(state, result);
        state->InitPid = (int)result;
        result = StepRunner.RunAll(state, LaunchSection.Beside, state->Beside);
        if (result < 0)
        {
            Sys.Kill(state->InitPid, Sys.SigKill);
            LaunchState.Fail(state, result);
        }

        LaunchState.Tell(state, LaunchWord.Init, state->InitPid);
        Sys.Exit(0);
    }
}
