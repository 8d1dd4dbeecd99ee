using System.Runtime.InteropServices;
using Bolt.Diagnostics;
using Bolt.Kernel;

namespace Bolt.Oci;

public sealed partial class OciRuntime
{
    /// <summary>
    /// Creates, starts and, unless <paramref name="detach"/>, waits for a container and deletes it. The exit code of its
    /// program, 128 + N when signal N killed it; 0 when detached.
    /// </summary>
    public int Run(OciCreateOptions options, bool detach, bool keep)
    {
        if (detach)
        {
            _ = Create(options, console: null);
            StartOrDelete(options.Id);
            return 0;
        }
        // The container is the launcher's child, and orphaned to this process when that ends.
        Spawn.AdoptOrphans();
        using var terminal = new ForegroundTerminal(options.ConsoleSocket);
        var pid = Create(options, terminal.Taker);
        StartOrDelete(options.Id);
        var code = terminal.Follow(pid);
        if (!keep)
            Delete(options.Id, force: true);
        return code;
    }

    /// <summary>As <see cref="Exec(OciExecOptions)"/>, and waits: the exit code, 128 + N when signal N killed it.</summary>
    public int ExecInForeground(OciExecOptions options)
    {
        Spawn.AdoptOrphans();
        using var terminal = new ForegroundTerminal(options.ConsoleSocket);
        return terminal.Follow(Exec(options, terminal.Taker));
    }

    private void StartOrDelete(string id)
    {
        try
        {
            Start(id);
        }
        catch
        {
            Delete(id, force: true);
            throw;
        }
    }
}

/// <summary>This process's terminal and signals, handed to a container's process while it runs.</summary>
internal sealed class ForegroundTerminal(string? consoleSocket) : IDisposable
{
    private readonly List<PosixSignalRegistration> _signals = [];
    private Fd? _master;
    private TerminalMode? _mode;

    /// <summary>Takes the master; null when a console socket does.</summary>
    public Action<Fd>? Taker => consoleSocket is null ? Take : null;

    /// <summary>Until the process has ended; its exit code.</summary>
    public int Follow(int pid)
    {
        Pass(pid);
        Task? output = null;
        using var ended = new CancellationTokenSource();
        if (_master is { } master)
        {
            _mode = TerminalMode.SetRaw(0);
            output = FdCopy.ToStreamAsync(master, new FileStream(new Microsoft.Win32.SafeHandles.SafeFileHandle(1, ownsHandle: false), FileAccess.Write, 1), ended.Token, CancellationToken.None);
            _ = FdCopy.FromStreamAsync(new FileStream(new Microsoft.Win32.SafeHandles.SafeFileHandle(0, ownsHandle: false), FileAccess.Read, 1), master, CancellationToken.None);
        }
        var status = Spawn.Wait(pid) ?? throw new BoltException(OciErrors.Terminal("the container's process belongs to another process"));
        ended.Cancel();
        output?.Wait();
        return (status & 0x7F) == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F);
    }

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
        _mode?.Restore();
        _master?.Dispose();
    }

    // The command finds its size set.
    private void Take(Fd master)
    {
        _master = new Fd(master.Release());
        Resize(_master);
    }

    private void Pass(int pid)
    {
        const int windowChanged = 28;
        foreach (var number in (ReadOnlySpan<int>)[1, 2, 3, 15, 10, 12, windowChanged])
            _signals.Add(PosixSignalRegistration.Create((PosixSignal)number, context =>
            {
                context.Cancel = true;
                if (number == windowChanged && _master is { } master)
                    Resize(master);
                else if (number != windowChanged)
                    _ = Sys.Kill(pid, number);
            }));
    }

    private static void Resize(Fd master)
    {
        var (columns, rows) = Descriptors.TerminalSize(0);
        if (columns != 0)
            _ = Sys.SetTerminalSize(master.Number, columns, rows);
    }
}
