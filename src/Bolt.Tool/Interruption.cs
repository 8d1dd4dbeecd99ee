using System.Runtime.InteropServices;
using Bolt.Tool.Terminal;

namespace Bolt.Tool;

/// <summary>
/// Ctrl-C and its relatives. The first asks the verb to come to an end in order; the second ends the process at once
/// (a foreground stack then dies with it).
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly Screen _screen;
    private int _count;

    public Interruption(Screen screen)
    {
        _screen = screen;
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP })
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, On));
        }
    }

    public CancellationToken Token => _source.Token;

    public bool Happened => _source.IsCancellationRequested;

    /// <summary>Said at the first signal: what is about to happen, and what a second one would do.</summary>
    public string? Announcement { get; set; }

    /// <summary>Run before the process ends at once; puts the terminal back.</summary>
    public Action? BeforeExit { get; set; }

    /// <summary>Ends the verb in order without a signal, for instance when no one reads its output any more.</summary>
    public void Cancel() => _source.Cancel();

    public void Dispose()
    {
        _registrations.ForEach(r => r.Dispose());
        _source.Dispose();
    }

    private void On(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _count) > 1)
        {
            BeforeExit?.Invoke();
            Environment.Exit(ExitCode.Interrupted);
        }
        if (Announcement is { } text)
        {
            _screen.Say(text);
        }
        // Not here: what waits on the token would run on the signal thread and hold back the second signal.
        ThreadPool.UnsafeQueueUserWorkItem(static source => ((CancellationTokenSource)source!).Cancel(), _source);
    }
}
