using Bolt.Kernel;

namespace Bolt.Shim;

/// <summary>
/// Pid 1 of a capsule: makes the capsule around itself, forks the service, reaps, forwards signals, and ends with the
/// service. It is the shim's own image, never executed anew, and keeps nothing but one descriptor and one capability.
/// </summary>
internal static unsafe class InitProcess
{
    private const ulong AllSignals = ulong.MaxValue, Kill = 1UL << 5;

    public static void Run(LaunchState* state)
    {
        LaunchState.LeaveShimEnd(state);
        byte go;
        if (Sys.Read(state->Control, &go, 1) != 1)
            Sys.Exit(125);
        var result = StepRunner.RunAll(state, LaunchSection.Entry, state->Entry);
        state->Section = LaunchSection.Start;
        if (result >= 0)
            result = BecomeInnerRoot();
        if (result < 0)
            LaunchState.Fail(state, result);
        // Kept only by a process that changes no credentials any more (prctl(2)).
        Sys.Prctl(Sys.PrSetPdeathsig, Sys.SigKill);
        Sys.Umask(0x12);
        if ((state->Namespaces & Sys.CloneNewCgroup) != 0)
            result = Sys.Unshare(Sys.CloneNewCgroup);
        if (result >= 0)
            result = TellNamespaces(state);
        if (result >= 0)
            result = StepRunner.RunAll(state, LaunchSection.Inside, state->Inside);
        if (result < 0)
            LaunchState.Fail(state, result);

        // Blocked before there is anything to hear of: pid 1 ignores what it neither blocks nor handles.
        Sys.SetSignalMask(AllSignals);
        var service = Sys.Fork();
        if (service == 0)
            ServiceProcess.Run(state);
        if (service < 0)
            LaunchState.Fail(state, service);
        KeepNothing(state);
        Reap((int)service);
    }

    /// <summary>Inner 0:0 without groups. One's own single id needs none of it and is refused setgroups.</summary>
    public static nint BecomeInnerRoot()
    {
        var result = Sys.SetGid(0);
        if (result >= 0)
            _ = Sys.SetGroups(0, null);
        return result < 0 ? result : Sys.SetUid(0);
    }

    // Still in the host's mounts, whose /proc shows them; by path alone they could not be had after the pivot.
    private static nint TellNamespaces(LaunchState* state)
    {
        var fds = stackalloc int[LaunchState.NamespaceCount];
        for (var i = 0; i < LaunchState.NamespaceCount; i++)
        {
            var fd = Sys.Open(NamespacePath(i), Sys.OReadOnly | Sys.OCloseOnExec);
            if (fd < 0)
                return fd;
            fds[i] = (int)fd;
        }

        LaunchState.Tell(state, LaunchWord.Namespaces, 0, fds, LaunchState.NamespaceCount);
        return 0;
    }

    // In the order in which they are joined: the user namespace gives the right to the others, and the mounts come last.
    private static byte* NamespacePath(int index) => Native.Literal(index switch
    {
        0 => "/proc/self/ns/user"u8,
        1 => "/proc/self/ns/cgroup"u8,
        2 => "/proc/self/ns/ipc"u8,
        3 => "/proc/self/ns/uts"u8,
        4 => "/proc/self/ns/net"u8,
        5 => "/proc/self/ns/pid"u8,
        _ => "/proc/self/ns/mnt"u8,
    });

    private static void KeepNothing(LaunchState* state)
    {
        // Not dumpable: nothing inside reads /proc/1, so neither its memory nor /proc/1/exe, which is a file of the host.
        Sys.Prctl(Sys.PrSetDumpable, 0);
        Sys.Duplicate(state->Status, 0);
        Sys.CloseFrom(1, 0);
        Sys.Prctl(Sys.PrSetName, (nint)Native.Literal("bolt-init"u8));
        ProcessTitle.Clear(state);
        for (var capability = 0; capability < 64; capability++)
            Sys.Prctl(Sys.PrCapBoundingDrop, capability);
        Sys.SetCapabilities(Kill, 0);
        Sys.Prctl(Sys.PrSetNoNewPrivileges, 1);
    }

    private static void Reap(int service)
    {
        while (true)
        {
            var signal = (int)Sys.WaitSignal(AllSignals);
            if (signal > 0 && signal != Sys.SigChild)
                Sys.Kill(service, signal);
            if (signal != Sys.SigChild)
                continue;
            int status;
            nint ended;
            while ((ended = Sys.Call(SystemCall.wait4, -1, (nint)(&status), 1 /* WNOHANG */)) > 0)
            {
                if (ended != service)
                    continue;
                Sys.Write(0, &status, 4);
                // All that is left of the capsule is killed by the kernel with its pid 1.
                Sys.Exit((status & 0x7F) == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F));
            }
        }
    }
}
