namespace Bolt.TestKit;

/// <summary>A capsule that runs in a stack of its own; disposing kills and deletes it.</summary>
public sealed class StartedCapsule : StackService, IAsyncDisposable
{
    internal StartedCapsule(BoltStack stack, string name)
        : base(stack, name) => Stack = stack;

    /// <summary>The stack that it is all of.</summary>
    public BoltStack Stack { get; }

    /// <summary>Another one with a copy of its data: see <see cref="BoltStack.ForkAsync"/>.</summary>
    public async Task<StartedCapsule> ForkAsync(CancellationToken cancellation) =>
        new(await Stack.ForkAsync(cancellation).ConfigureAwait(false), Name);

    /// <summary>Goes back to the data that it was forked with, or held when it was frozen: see <see cref="BoltStack.RollbackAsync"/>.</summary>
    public Task RollbackAsync(CancellationToken cancellation) => Stack.RollbackAsync(cancellation);

    /// <inheritdoc cref="BoltStack.DisposeAsync"/>
    public ValueTask DisposeAsync() => Stack.DisposeAsync();
}
