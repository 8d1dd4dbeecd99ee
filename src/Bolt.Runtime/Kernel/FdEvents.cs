namespace Bolt.Kernel;

/// <summary>
/// Awaits pipes, terminals, sockets and pidfds: one background thread polls all that anyone waits for. .NET awaits its
/// own sockets only; a blocked thread per pipe would exhaust its pool with a hundred commands at once.
/// </summary>
internal static class FdEvents
{
    private static readonly Lock Gate = new();
    private static readonly List<Waiter> Waiters = [];
    private static int _wake = -1;

    private sealed record Waiter(int Fd, short Events, TaskCompletionSource Done);

    /// <summary>Completes when a read would not block: data, the end, an error, or for a pidfd the process's end.</summary>
    public static Task ReadableAsync(int fd, CancellationToken cancellationToken) => WaitAsync(fd, PollEntry.In, cancellationToken);

    /// <summary>Completes when a write would not block.</summary>
    public static Task WritableAsync(int fd, CancellationToken cancellationToken) => WaitAsync(fd, PollEntry.Out, cancellationToken);

    /// <summary>Completes when a file of the kernel's that was read (cgroup.events, for instance) says something else since.</summary>
    public static Task ChangedAsync(int fd, CancellationToken cancellationToken) => WaitAsync(fd, PollEntry.Priority, cancellationToken);

    // Not an async method: a wait that is given up would throw in it, which costs more than all else here.
    private static Task WaitAsync(int fd, short events, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled(cancellationToken);
        if (IsReady(fd, events))
            return Task.CompletedTask;
        var waiter = new Waiter(fd, events, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (Gate)
        {
            Start();
            Waiters.Add(waiter);
        }
        Wake();
        if (!cancellationToken.CanBeCanceled)
            return waiter.Done.Task;
        var registration = cancellationToken.UnsafeRegister(static (state, token) => Cancel((Waiter)state!, token), waiter);
        waiter.Done.Task.ContinueWith(
            static (_, state) => ((CancellationTokenRegistration)state!).Dispose(), registration,
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return waiter.Done.Task;
    }

    private static unsafe bool IsReady(int fd, short events)
    {
        var entry = new PollEntry(fd, events);
        return Sys.Poll(&entry, 1, 0) > 0;
    }

    private static void Cancel(Waiter waiter, CancellationToken token)
    {
        lock (Gate)
            Waiters.Remove(waiter);
        waiter.Done.TrySetCanceled(token);
        Wake();
    }

    private static void Start()
    {
        if (_wake >= 0)
            return;
        _wake = (int)Sys.EventFd(0);
        new Thread(Run, 256 << 10) { IsBackground = true, Name = "bolt fd events" }.Start();
    }

    private static unsafe void Wake()
    {
        ulong one = 1;
        _ = Sys.Write(_wake, &one, 8);
    }

    private static unsafe void Run()
    {
        while (true)
        {
            Waiter[] waiters;
            lock (Gate)
                waiters = [.. Waiters];
            var entries = new PollEntry[waiters.Length + 1];
            entries[0] = new PollEntry(_wake, PollEntry.In);
            for (var i = 0; i < waiters.Length; i++)
                entries[i + 1] = new PollEntry(waiters[i].Fd, waiters[i].Events);
            fixed (PollEntry* start = entries)
                _ = Sys.Poll(start, entries.Length, -1);
            if (entries[0].Returned != 0)
            {
                ulong count;
                _ = Sys.Read(_wake, &count, 8);
            }
            for (var i = 0; i < waiters.Length; i++)
                if (entries[i + 1].Returned != 0)
                    Complete(waiters[i]);
        }
    }

    private static void Complete(Waiter waiter)
    {
        lock (Gate)
            Waiters.Remove(waiter);
        waiter.Done.TrySetResult();
    }
}
