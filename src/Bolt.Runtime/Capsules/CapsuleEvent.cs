namespace Bolt.Capsules;

/// <summary>How a capsule's init ended. Exactly one of the two is set, as in wait(2).</summary>
internal sealed record CapsuleExit(int? Code, int? Signal, bool OutOfMemory, DateTimeOffset At)
{
    /// <summary>The code as a shell says it: 128 + signal.</summary>
    public int ShellCode => Code ?? 128 + Signal!.Value;

    /// <summary>Its shim was killed, so the kernel killed it; the record was written by whoever found out.</summary>
    public bool MonitorDied { get; init; }
}

/// <summary>What a shim reports about its capsule, in order.</summary>
internal abstract record CapsuleEvent
{
    /// <summary>execve succeeded. Pid is the host's.</summary>
    public sealed record Started(int Pid) : CapsuleEvent;
    /// <summary>READY=1 came on the notify socket.</summary>
    public sealed record Notified : CapsuleEvent;
    /// <summary>Init ended; the last event.</summary>
    public sealed record Exited(CapsuleExit Exit) : CapsuleEvent;
}

/// <summary>A command to run in a running capsule, or the terminal side of one.</summary>
internal sealed record ExecSpec(
    IReadOnlyList<string> Command,
    IReadOnlyList<string> Environment,
    string? User,
    string? WorkingDirectory,
    bool Terminal);

/// <summary>Streams of the caller of exec. With a terminal, output carries both streams.</summary>
internal sealed record ExecStreams(Stream? Input, Stream Output, Stream Error);

/// <summary>A terminal's size in characters.</summary>
internal readonly record struct TerminalSize(ushort Columns, ushort Rows);

/// <summary>One line of output. The text has no line end; <paramref name="Partial"/>: it did not have one either.</summary>
internal sealed record CapsuleLogLine(DateTimeOffset At, bool IsError, string Text, bool Partial = false);
