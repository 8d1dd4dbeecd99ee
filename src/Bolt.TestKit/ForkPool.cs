namespace Bolt.TestKit;

/// <summary>Forks made ahead. The first is made when it is asked for; each one taken is replaced, so that the next test finds one ready.</summary>
internal sealed class ForkPool(EphemeralStack stack, int ahead) : IAsyncDisposable
{
    private readonly Queue<Task<EphemeralStack>> _coming = new();
    private readonly CancellationTokenSource _over = new();
    private readonly Lock _lock = new();

    public async Task<EphemeralStack> TakeAsync(CancellationToken cancellation)
    {
        Task<EphemeralStack>? taken;
        lock (_lock) taken = _coming.TryDequeue(out var ready) ? ready : null;
        if (taken is null)
        {
            var fork = await stack.ForkAsync(cancellation).ConfigureAwait(false);
            Fill();
            return fork;
        }
        Fill();
        try
        {
            return await taken.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Someone else may have it.
            lock (_lock) _coming.Enqueue(taken);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task<EphemeralStack>[] left;
        lock (_lock)
        {
            left = [.. _coming];
            _coming.Clear();
            _over.Cancel();
        }
        await Task.WhenAll(left.Select(EndAsync)).ConfigureAwait(false);
    }

    private void Fill()
    {
        lock (_lock)
        {
            while (_coming.Count < ahead && !_over.IsCancellationRequested) _coming.Enqueue(Task.Run(() => stack.ForkAsync(_over.Token)));
        }
    }

    private static async Task EndAsync(Task<EphemeralStack> coming)
    {
        await ((Task)coming).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (coming.IsCompletedSuccessfully) await (await coming.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
    }
}
