using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>A <see cref="LaunchStep"/> where a forked child can read it: texts end with NUL and nothing is managed.</summary>
internal unsafe struct NativeStep
{
    public LaunchOperation Operation;
    public byte* A, B, C;
    public long X, Y, Z;
}

/// <summary>A hook of a container.</summary>
internal unsafe struct NativeHook
{
    public byte* Path, Head, Tail;
    public byte** Arguments, Environment;
    public int TimeoutSeconds;
}

/// <summary>One list of steps.</summary>
internal unsafe struct NativeSteps
{
    public NativeStep* First;
    public int Count;
}

/// <summary>Which list a step stands in; also what a message from a child is about.</summary>
internal enum LaunchSection
{
    Before,
    Between,
    Beside,
    Entry,
    Inside,
    Service,
    /// <summary>Something that no step stands for: fork, becoming inner 0.</summary>
    Start,
    /// <summary>Joining the namespaces of a sandbox or of a running capsule.</summary>
    Join,
}

/// <summary>What a child tells the shim.</summary>
internal enum LaunchWord
{
    Failed,
    /// <summary>The init's pid, from the process that joined the sandbox, in <see cref="LaunchMessage.Value"/>.</summary>
    Init,
    /// <summary>With seven descriptors.</summary>
    Namespaces,
    /// <summary>With the nested user namespace; Value is the uid that it maps.</summary>
    Nested,
    Terminal,
    Notify,
    /// <summary>A container's hooks of the host are due.</summary>
    Hooks,
    /// <summary>A container awaits its start.</summary>
    Created,
    /// <summary>The listener of a seccomp filter.</summary>
    Listener,
    /// <summary>execve comes next: the end of the socket without another word means that it succeeded.</summary>
    Executing,
}

/// <summary>A message of the control socket.</summary>
internal struct LaunchMessage
{
    public LaunchWord Word;
    public LaunchSection Section;
    public int Index;
    public int Value;
    /// <summary>The step's operation: whoever starts a container has not its sheet any more.</summary>
    public LaunchOperation Operation;
}

/// <summary>
/// All that the processes of a launch share, in memory of its own: each forked child has its copy, and none may allocate.
/// </summary>
internal unsafe struct LaunchState
{
    public const int PathSize = 4096, ScratchSize = 1 << 18, NoDescriptor = -1, NamespaceCount = 7;

    public NativeSteps Before, Between, Beside, Entry, Inside, Service;
    public LaunchSection Section;
    public int Index;
    public LaunchOperation Operation;

    public int* Slots;
    public byte** Arguments;
    /// <summary>Ends with null and has room for one more entry.</summary>
    public byte** Environment;
    public byte* Filter;
    public int FilterCount;
    public byte* Path;
    public byte* Scratch;
    public byte* Home;

    public ulong Namespaces;
    /// <summary>The pid of the init as the shim sees it.</summary>
    public int InitPid;
    public int SandboxPid;
    public int Root;
    public int Control;
    /// <summary>The shim's end of <see cref="Control"/>, which every child has a copy of.</summary>
    public int ShimEnd;
    public int Status;
    public int Input, Output, Error, TerminalSide;

    public uint Uid, Gid;
    public int GroupCount;
    public fixed uint Groups[MaxGroups];
    public const int MaxGroups = 256;
    /// <summary>For exec in a single map: the user namespace that maps <see cref="NestedUid"/>.</summary>
    public int NestedNamespace;
    public uint NestedUid;
    public bool HasTerminal;
    /// <summary>Where this process's command line lies in its memory.</summary>
    public byte* TitleStart, TitleEnd;
    public ushort Columns, Rows;

    // Containers alone.
    public NativeHook* Hooks;
    /// <summary>Of the next MountFrom.</summary>
    public byte* MountKind, MountSource;
    /// <summary>What CopyUp found; -1: nothing.</summary>
    public int CopySource;
    /// <summary>How many links to nowhere were followed.</summary>
    public int Links;
    public long SchedulerRuntime, SchedulerDeadline, SchedulerPeriod;
    /// <summary>The resolved path of the command, behind <see cref="Home"/>'s space.</summary>
    public byte* Program;

    /// <summary>
    /// First of all in a child: as long as it holds the shim's end, it would wait for ever for the word of a shim that was killed.
    /// </summary>
    public static void LeaveShimEnd(LaunchState* state)
    {
        Sys.Close(state->ShimEnd);
        state->ShimEnd = NoDescriptor;
    }

    /// <summary>Sends a word to the shim. A shim that is gone cannot be told, and takes everything with it.</summary>
    public static void Tell(LaunchState* state, LaunchWord word, int value, int* descriptors = null, int count = 0)
    {
        LaunchMessage message;
        message.Word = word;
        message.Section = state->Section;
        message.Index = state->Index;
        message.Value = value;
        message.Operation = state->Operation;
        if (Sys.Send(state->Control, &message, (nuint)sizeof(LaunchMessage), descriptors, count) < 0)
            Sys.Exit(125);
    }

    public static void Fail(LaunchState* state, nint result)
    {
        Tell(state, LaunchWord.Failed, (int)-result);
        Sys.Exit(125);
    }
}
