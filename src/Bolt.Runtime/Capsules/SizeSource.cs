namespace Bolt.Capsules;

/// <summary>Sizes of the caller's terminal. One that is known at once is had before the command starts, so that it never sees another.</summary>
internal sealed class SizeSource
{
    private readonly IAsyncEnumerator<TerminalSize>? _sizes;
    private Task<bool> _next = Task.FromResult(false);

    public SizeSource(IAsyncEnumerable<TerminalSize>? sizes, CancellationToken cancellationToken)
    {
        _sizes = sizes?.GetAsyncEnumerator(cancellationToken);
        if (_sizes is not null)
            _next = _sizes.MoveNextAsync().AsTask();
    }

    /// <summary>The size now; 0 columns when it is not known.</summary>
    public TerminalSize Known => _next is { IsCompletedSuccessfully: true, Result: true } ? _sizes!.Current : default;

    /// <summary>Applies each as it comes, until the source or its token ends.</summary>
    public async Task FollowAsync(Func<TerminalSize, Task> apply)
    {
        if (_sizes is null)
            return;
        try
        {
            for (; await _next.ConfigureAwait(false); _next = _sizes.MoveNextAsync().AsTask())
                await apply(_sizes.Current).ConfigureAwait(false);
            await _sizes.DisposeAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The command has ended.
        }
    }
}
