namespace Bolt.Kernel;

/// <summary>Owns one open descriptor, for code that may allocate; between fork and execve plain integers are used.</summary>
internal sealed class Fd(int number) : IDisposable
{
    private int _number = number;

    public int Number => _number;

    /// <summary>Gives the descriptor away: it is not closed any more.</summary>
    public int Release() => Interlocked.Exchange(ref _number, -1);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _number, -1) is >= 0 and var open)
            Sys.Close(open);
    }
}

/// <summary>A pidfd: names one process for as long as it is held, whatever becomes of its number.</summary>
internal static unsafe class Pidfd
{
    /// <summary>Null when the process is gone.</summary>
    public static Fd? Open(int pid) => Sys.PidFdOpen(pid) is >= 0 and var fd ? new Fd((int)fd) : null;

    /// <param name="milliseconds">Waited for it at most; -1: without end.</param>
    public static bool HasEnded(Fd pidfd, int milliseconds = 0)
    {
        var entry = new PollEntry(pidfd.Number, PollEntry.In);
        return Sys.Poll(&entry, 1, milliseconds) > 0;
    }

    /// <summary>Blocks until the process has ended.</summary>
    public static void AwaitEnd(Fd pidfd)
    {
        var entry = new PollEntry(pidfd.Number, PollEntry.In);
        _ = Sys.Poll(&entry, 1, -1);
    }

    public static Errno Signal(Fd pidfd, int signal) => Sys.PidFdSignal(pidfd.Number, signal).Error();
}
