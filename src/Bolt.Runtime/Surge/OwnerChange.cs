using Bolt.Kernel;

namespace Bolt.Surge;

/// <summary>Waits on an owner that holds its stack and does not answer: it ends, or it comes to listen.</summary>
internal sealed class OwnerChange : IDisposable
{
    // A dying process needs as long as the kernel does to take its memory back.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly TaskCompletionSource _appeared = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly FileSystemWatcher _watcher;
    private readonly Fd? _owner;

    private OwnerChange(FileSystemWatcher watcher, int pid)
    {
        _owner = pid > 0 ? Pidfd.Open(pid) : null;
        _watcher = watcher;
        // Its socket and its record are renamed into place.
        _watcher.Created += (_, _) => _appeared.TrySetResult();
        _watcher.Renamed += (_, _) => _appeared.TrySetResult();
        _watcher.EnableRaisingEvents = true;
    }

    /// <summary>Null when the folder has gone meanwhile.</summary>
    /// <param name="folder">The stack's.</param>
    /// <param name="pid">Its owner; 0: it has not written its name yet.</param>
    public static OwnerChange? TryWatch(StackFolder folder, int pid)
    {
        try
        {
            return new OwnerChange(new FileSystemWatcher(folder.Path) { NotifyFilter = NotifyFilters.FileName }, pid);
        }
        catch (Exception e) when (e is ArgumentException or IOException)
        {
            return null;
        }
    }

    /// <summary>False when neither has happened in time.</summary>
    public async Task<bool> HappensAsync(CancellationToken cancellation)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var end = _owner is null ? Task.Delay(Timeout.Infinite, enough.Token) : FdEvents.ReadableAsync(_owner.Number, enough.Token);
        try
        {
            await (await Task.WhenAny(_appeared.Task, end).WaitAsync(Patience, cancellation).ConfigureAwait(false)).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
        finally
        {
            await enough.CancelAsync().ConfigureAwait(false);
            await end.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose()
    {
        _watcher.Dispose();
        _owner?.Dispose();
    }
}
