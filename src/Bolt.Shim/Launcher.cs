using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>Which step failed, on what, and why. The room that wrote the sheet makes the sentence.</summary>
internal sealed record LaunchFailure(string Step, string Argument, Errno Errno);

/// <summary>A capsule whose service has been executed. The descriptors belong to whoever launched it; -1: there is none.</summary>
internal sealed record LaunchedCapsule
{
    /// <summary>The init (pid 1 inside), a child of the shim. It ends with the service, which it reaps.</summary>
    public required int InitPid { get; init; }
    /// <summary>Becomes readable with the init's end.</summary>
    public required int Pidfd { get; init; }
    /// <summary>Carries the service's raw wait status, 4 bytes, then its end. Nothing: the init was killed.</summary>
    public required int Status { get; init; }
    /// <summary>Write end, when standard input was to stay open.</summary>
    public int Input { get; init; } = -1;
    public int Output { get; init; } = -1;
    public int Error { get; init; } = -1;
    /// <summary>The master of the pseudo-terminal, in place of the three.</summary>
    public int Terminal { get; init; } = -1;
    /// <summary>Receives sd_notify(3) datagrams.</summary>
    public int Notify { get; init; } = -1;
    /// <summary>The capsule's namespaces: user, mnt, pid, uts, ipc, net, cgroup (-1 where it is the shim's own).</summary>
    public required IReadOnlyList<int> Namespaces { get; init; }
}

/// <summary>A process that was put into a running capsule; a child of the shim.</summary>
internal sealed record ExecutedProcess
{
    public required int Pid { get; init; }
    public required int Pidfd { get; init; }
    public int Input { get; init; } = -1;
    public int Output { get; init; } = -1;
    public int Error { get; init; } = -1;
    public int Terminal { get; init; } = -1;
}

/// <summary>
/// Makes a capsule from its sheet. To be called from the shim's first thread, which must outlive the capsule: the init
/// asks the kernel for death with the thread that made it.
/// </summary>
internal static partial class Launcher
{
    /// <summary>Returns once the service's execve has succeeded; else null, and nothing is left.</summary>
    public static LaunchedCapsule? Launch(CapsuleSheet sheet, out LaunchFailure? failure) => throw new NotImplementedException();

    /// <summary>
    /// Runs a command in a running capsule as its sheet's service steps say. <paramref name="user"/> and
    /// <paramref name="workingDirectory"/> null: those of the service.
    /// </summary>
    public static ExecutedProcess? Exec(
        CapsuleSheet sheet, LaunchedCapsule capsule, IReadOnlyList<string> command, IReadOnlyList<string> environment,
        string? user, string? workingDirectory, bool terminal, bool inputOpen, out LaunchFailure? failure) =>
        throw new NotImplementedException();

    /// <summary>Removes the cgroups that were made for the capsule; after its end.</summary>
    public static void CleanUp(CapsuleSheet sheet) => throw new NotImplementedException();
}
