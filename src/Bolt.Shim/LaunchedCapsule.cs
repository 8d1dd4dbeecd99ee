using System.Collections.Immutable;
using Bolt.Kernel;

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
    /// <summary>The capsule's namespaces: user, cgroup, ipc, uts, net, pid, mnt.</summary>
    public required IReadOnlyList<int> Namespaces { get; init; }
    /// <summary>The user namespace in which the service's one id is <see cref="NestedUid"/>.</summary>
    public int Nested { get; init; } = -1;
    public uint NestedUid { get; init; }
    /// <summary>Steps that failed and may, and are told.</summary>
    public ImmutableArray<(string Argument, Errno Errno)> Skipped { get; init; } = [];
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
