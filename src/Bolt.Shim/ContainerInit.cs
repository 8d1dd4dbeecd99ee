using Bolt.Kernel;

namespace Bolt.Shim;

/// <summary>The process that makes an OCI container around itself, awaits the start and is executed.</summary>
internal static unsafe class ContainerInit
{
    public static void Run(LaunchState* state)
    {
        LaunchState.LeaveShimEnd(state);
        int pid;
        if (Sys.Read(state->Control, &pid, 4) != 4)
            Sys.Exit(125);
        state->InitPid = pid;
        // Its /proc/PID/exe is a file of the host (CVE-2019-5736), its descriptors name some (CVE-2024-21626).
        Sys.Prctl(Sys.PrSetDumpable, 0);
        ProcessTitle.Clear(state);
        Sys.Umask(0);
        var result = StepRunner.RunAll(state, LaunchSection.Entry, state->Entry);
        if (result >= 0 && (state->Namespaces & Sys.CloneNewCgroup) != 0)
            result = Sys.Unshare(Sys.CloneNewCgroup);
        if (result >= 0)
            result = StepRunner.RunAll(state, LaunchSection.Inside, state->Inside);
        if (result >= 0)
            result = StepRunner.RunAll(state, LaunchSection.Service, state->Service);
        LaunchState.Fail(state, result);
    }
}
