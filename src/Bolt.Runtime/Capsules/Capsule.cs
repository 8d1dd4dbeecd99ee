namespace Bolt.Capsules;

/// <summary>One isolated process tree, watched by a shim of its own that outlives this process.</summary>
internal sealed partial class Capsule
{
    private Capsule(string id, string folder, int pid)
    {
        Id = id;
        Folder = folder;
        Pid = pid;
    }

    /// <summary>Unique on this machine, [a-z0-9-].</summary>
    public string Id { get; }

    /// <summary>Its own folder: control socket, log and exit record.</summary>
    public string Folder { get; }

    /// <summary>The host's pid of its init.</summary>
    public int Pid { get; }

    /// <summary>Returns once execve succeeded; else throws BOLT5xxx and nothing is left.</summary>
    public static Task<Capsule> StartAsync(string shimPath, CapsuleSpec spec, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>Null when no shim serves this folder (any more).</summary>
    public static Capsule? TryAdopt(string folder) => throw new NotImplementedException();

    /// <summary>How it ended; null while it runs and when there never was one.</summary>
    public static CapsuleExit? ReadExit(string folder) => throw new NotImplementedException();

    /// <summary>Deletes the folder of a capsule that has ended, files of mapped ids included.</summary>
    public static Task DeleteAsync(string folder, Storage.MappedFiles files, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>Started, Notified and Exited in order, those already past first. Ends after Exited.</summary>
    public IAsyncEnumerable<CapsuleEvent> WatchAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Waits for the end.</summary>
    public Task<CapsuleExit> WaitAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Sends a signal to its main process; nothing happens when it has ended.</summary>
    public Task SignalAsync(int signal, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Asks with its stop signal, and after <paramref name="grace"/> kills.</summary>
    public Task<CapsuleExit> StopAsync(TimeSpan grace, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>
    /// Runs a command beside its main process and returns the exit code as a shell says it; 127 not found, 126 not
    /// executable. Cancelling kills the command.
    /// </summary>
    public Task<int> ExecAsync(ExecSpec spec, ExecStreams streams, IAsyncEnumerable<TerminalSize>? resizes, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>
    /// Joins its standard streams until it ends or the token is cancelled, which only detaches. The first attachment of a
    /// capsule that this process started shows its output from the start.
    /// </summary>
    public Task AttachAsync(ExecStreams streams, IAsyncEnumerable<TerminalSize>? resizes, CancellationToken cancellationToken) =>
        throw new NotImplementedException();
}
