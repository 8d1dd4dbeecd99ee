using Bolt.Kernel;

namespace Bolt;

/// <summary>The terminal on this process's standard input in raw mode: every key goes to the program inside.</summary>
public sealed class RawTerminal : IDisposable
{
    private TerminalMode? _mode;

    private RawTerminal(TerminalMode mode) => _mode = mode;

    /// <summary>Enters raw mode; null when standard input is no terminal.</summary>
    public static RawTerminal? Enter() => TerminalMode.SetRaw(0) is { } mode ? new RawTerminal(mode) : null;

    /// <summary>Puts the settings back; more than once does nothing.</summary>
    public void Dispose() => Interlocked.Exchange(ref _mode, null)?.Restore();
}
