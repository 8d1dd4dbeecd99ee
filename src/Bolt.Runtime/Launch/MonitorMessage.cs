namespace Bolt.Launch;

/// <summary>
/// What passes over a capsule's control socket, one message per packet (unix(7), SOCK_SEQPACKET): a kind byte, then the
/// fields in order. Numbers are little-endian; a text is its UTF-8 length and bytes; a list is its count and texts.
/// </summary>
internal abstract record MonitorMessage
{
    /// <summary>Longest packet, so that it always fits in the default socket buffer.</summary>
    public const int MaxBytes = 128 << 10;

    /// <summary>Most bytes of <see cref="Input"/> and <see cref="Output"/>.</summary>
    public const int MaxData = 32 << 10;

    /// <summary>Most texts in one list.</summary>
    public const int MaxTexts = 8192;

    // Asked by a client.

    /// <summary>Be told the state now and every event from here on.</summary>
    public sealed record Watch : MonitorMessage;
    /// <summary>Be told whenever the log grew; several growths may make one message.</summary>
    public sealed record Follow : MonitorMessage;
    /// <summary>A signal to the main process or, after Exec on the same connection, to that command.</summary>
    public sealed record Signal(int Number) : MonitorMessage;
    /// <summary>Run a command. An empty user or folder is the capsule's own; without <paramref name="InputOpen"/> it reads /dev/null.</summary>
    public sealed record Exec(
        IReadOnlyList<string> Command,
        IReadOnlyList<string> Environment,
        string User,
        string WorkingDirectory,
        bool Terminal,
        bool InputOpen,
        ushort Columns,
        ushort Rows) : MonitorMessage;
    /// <summary>Join the standard streams.</summary>
    public sealed record Attach(ushort Columns, ushort Rows) : MonitorMessage;
    /// <summary>Bytes for standard input, after Attach.</summary>
    public sealed record Input(ReadOnlyMemory<byte> Bytes) : MonitorMessage;
    /// <summary>Standard input ended.</summary>
    public sealed record InputEnd : MonitorMessage;
    /// <summary>The terminal's size changed.</summary>
    public sealed record Resize(ushort Columns, ushort Rows) : MonitorMessage;

    // Told by the shim.

    /// <summary>First answer to Watch: it runs.</summary>
    public sealed record Running(string Id, int Pid, int StopSignal, bool Terminal, bool Ready) : MonitorMessage;
    /// <summary>READY=1 came.</summary>
    public sealed record Notified : MonitorMessage;
    /// <summary>The main process, or the command of Exec, ended; the last message.</summary>
    public sealed record Exited(ExitRecord Record) : MonitorMessage;
    /// <summary>The log has more.</summary>
    public sealed record LogGrew : MonitorMessage;
    /// <summary>execve succeeded. Descriptors come along: the terminal's master, or output, error and, if asked for, input.</summary>
    public sealed record ExecStarted(int Pid) : MonitorMessage;
    /// <summary>It did not start: which step, on what, and errno.</summary>
    public sealed record Failed(string Step, string Argument, int Errno) : MonitorMessage;
    /// <summary>Attached: what came before is in the log up to this many bytes.</summary>
    public sealed record Attached(long LogBytes) : MonitorMessage;
    /// <summary>Output of the capsule, after Attach.</summary>
    public sealed record Output(bool IsError, ReadOnlyMemory<byte> Bytes) : MonitorMessage;
}
