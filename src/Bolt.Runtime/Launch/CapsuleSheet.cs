using System.Collections.Immutable;

namespace Bolt.Launch;

/// <summary>How the uid and gid maps of a new user namespace are written.</summary>
internal enum IdMapWay
{
    /// <summary>None: the sandbox's user namespace is joined.</summary>
    Joined,
    /// <summary>Straight into /proc/PID/uid_map: by root, or one's own single id.</summary>
    Direct,
    /// <summary>By newuidmap and newgidmap, which are set-uid.</summary>
    Programs,
}

/// <summary>
/// All that a shim needs to launch one capsule and to watch over it. Everything is decided: the launcher walks six lists
/// of steps, each in the process that it is for.
/// </summary>
internal sealed record CapsuleSheet
{
    public required string Id { get; init; }
    /// <summary>The capsule's folder, where log, exit record and control socket go.</summary>
    public required string Folder { get; init; }
    public required IdMap Ids { get; init; }
    public required IdMapWay MapWay { get; init; }
    /// <summary>Process whose user and network namespaces are joined; 0: own ones are made.</summary>
    public int SandboxPid { get; init; }
    /// <summary>CLONE_NEW… of the init.</summary>
    public required ulong Namespaces { get; init; }
    /// <summary>How many descriptor slots the steps use.</summary>
    public int Slots { get; init; }

    /// <summary>By the shim, before there is a process.</summary>
    public ImmutableArray<LaunchStep> Before { get; init; } = [];
    /// <summary>By the shim, once the init exists and waits.</summary>
    public ImmutableArray<LaunchStep> Between { get; init; } = [];
    /// <summary>By the process that has joined the sandbox, once the init exists and waits.</summary>
    public ImmutableArray<LaunchStep> Beside { get; init; } = [];
    /// <summary>By the init, first of all, with the ids of the host that it was made with.</summary>
    public ImmutableArray<LaunchStep> Entry { get; init; } = [];
    /// <summary>By the init.</summary>
    public required ImmutableArray<LaunchStep> Inside { get; init; }
    /// <summary>By the service's process, and for every exec.</summary>
    public required ImmutableArray<LaunchStep> Service { get; init; }

    public required ImmutableArray<string> Command { get; init; }
    public required ImmutableArray<string> Environment { get; init; }
    /// <summary>The seccomp program, 8 bytes an instruction.</summary>
    public required ImmutableArray<byte> Filter { get; init; }

    public bool Terminal { get; init; }
    public bool StdinOpen { get; init; }
    public bool Notify { get; init; }
    public bool DieWithOwner { get; init; }
    public int StopSignal { get; init; } = 15;
    public long LogRotateBytes { get; init; } = 16 << 20;
    /// <summary>Cgroup folders that were made for it, removed after its end.</summary>
    public ImmutableArray<string> Cgroups { get; init; } = [];
    /// <summary>File whose line "oom_kill N" counts kills for want of memory; empty: none.</summary>
    public string OutOfMemoryFile { get; init; } = "";

    public byte[] ToMessage()
    {
        var writer = new SheetWriter();
        Write(writer);
        return writer.ToMessage();
    }

    public void Write(SheetWriter writer)
    {
        writer.Text(Id);
        writer.Text(Folder);
        Ids.Write(writer);
        writer.Number((int)MapWay);
        writer.Number(SandboxPid);
        writer.Number((long)Namespaces);
        writer.Number(Slots);
        foreach (var steps in (ReadOnlySpan<ImmutableArray<LaunchStep>>)[Before, Between, Beside, Entry, Inside, Service])
        {
            writer.Number(steps.Length);
            foreach (var step in steps)
                step.Write(writer);
        }

        writer.Texts(Command);
        writer.Texts(Environment);
        writer.Block(Filter.AsSpan());
        writer.Flag(Terminal);
        writer.Flag(StdinOpen);
        writer.Flag(Notify);
        writer.Flag(DieWithOwner);
        writer.Number(StopSignal);
        writer.Number(LogRotateBytes);
        writer.Texts(Cgroups);
        writer.Text(OutOfMemoryFile);
    }

    // Initialisers run in the order that they are written, which is the order of ToMessage.
    public static CapsuleSheet Read(SheetReader reader) => new()
    {
        Id = reader.Text(),
        Folder = reader.Text(),
        Ids = IdMap.Read(reader),
        MapWay = (IdMapWay)reader.Number(0, (int)IdMapWay.Programs),
        SandboxPid = (int)reader.Number(0, int.MaxValue),
        Namespaces = (ulong)reader.Number(0, uint.MaxValue),
        Slots = (int)reader.Number(0, 4096),
        Before = Steps(reader),
        Between = Steps(reader),
        Beside = Steps(reader),
        Entry = Steps(reader),
        Inside = Steps(reader),
        Service = Steps(reader),
        Command = reader.Texts(),
        Environment = reader.Texts(),
        Filter = [.. reader.Block().Span],
        Terminal = reader.Flag(),
        StdinOpen = reader.Flag(),
        Notify = reader.Flag(),
        DieWithOwner = reader.Flag(),
        StopSignal = (int)reader.Number(1, 64),
        LogRotateBytes = reader.Number(0, long.MaxValue),
        Cgroups = reader.Texts(),
        OutOfMemoryFile = reader.Text(),
    };

    // A step takes at least its seven 8-byte fields.
    private static ImmutableArray<LaunchStep> Steps(SheetReader reader)
    {
        var steps = ImmutableArray.CreateBuilder<LaunchStep>(reader.Count(56));
        while (steps.Count < steps.Capacity)
            steps.Add(LaunchStep.Read(reader));
        return steps.MoveToImmutable();
    }
}
