using System.Diagnostics.CodeAnalysis;
using Xunit;

namespace Bolt.TestKit.Xunit;

/// <summary>
/// A test class whose every test has a copy of a prepared stack of its own, so that its tests need no order, no clean-up and no
/// turns. Logs of the services go to the test's output; a test that failed has a report of logs and events attached, and a snapshot
/// that `bolt replay` opens.
/// </summary>
/// <param name="fixture">The prepared stack.</param>
/// <example><code>
/// public class Orders(Shop shop) : StackTest(shop)
/// {
///     [Fact]
///     public async Task Are_counted()
///     {
///         await using var db = NpgsqlDataSource.Create(Stack["db"].ConnectionString);
///     }
/// }
/// </code></example>
public abstract class StackTest(StackFixture fixture) : IAsyncLifetime
{
    private BoltStack? _stack;

    /// <summary>This test's own stack.</summary>
    public BoltStack Stack => _stack ?? throw new InvalidOperationException("the test is not started yet");

    /// <summary>Cancelled when the test is: pass it to everything that waits.</summary>
    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A failed test's snapshot may be this large; 0: it has none.</summary>
    protected virtual long SnapshotBytes => 64 << 20;

    /// <summary>Takes a fork.</summary>
    public virtual async ValueTask InitializeAsync() =>
        _stack = await fixture.Stack.ForkAsync(Cancellation, TestLog.Of(TestContext.Current)).ConfigureAwait(false);

    /// <summary>Reports, if the test failed, and throws the fork away.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "There is nothing to finalize.")]
    public virtual async ValueTask DisposeAsync()
    {
        if (_stack is null) return;
        try
        {
            await TestLog.AttachIfFailedAsync(TestContext.Current, _stack, SnapshotBytes, goOn: false).ConfigureAwait(false);
        }
        finally
        {
            await _stack.DisposeAsync().ConfigureAwait(false);
        }
    }
}

/// <summary>
/// A test class whose tests share one stack and run one after the other; before each, all services go back to the data that they
/// were prepared with. For stacks that are too large to have twice.
/// </summary>
/// <param name="fixture">The prepared stack.</param>
public abstract class SharedStackTest(StackFixture fixture) : IAsyncLifetime
{
    /// <summary>The stack that all share.</summary>
    public BoltStack Stack => fixture.Stack;

    /// <summary>Cancelled when the test is: pass it to everything that waits.</summary>
    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A failed test's snapshot may be this large; 0: it has none.</summary>
    protected virtual long SnapshotBytes => 64 << 20;

    /// <summary>Goes back to the prepared data.</summary>
    public virtual async ValueTask InitializeAsync()
    {
        await Stack.FreezeOnceAsync(Cancellation).ConfigureAwait(false);
        await Stack.RollbackAsync(Cancellation).ConfigureAwait(false);
    }

    /// <summary>Reports, if the test failed.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "There is nothing to finalize.")]
    public virtual ValueTask DisposeAsync() => TestLog.AttachIfFailedAsync(TestContext.Current, Stack, SnapshotBytes);
}
