using System.Diagnostics.CodeAnalysis;
using Xunit;

namespace Bolt.TestKit.Xunit;

/// <summary>
/// A stack that the tests of an assembly, a class or a collection share: started and prepared once, thrown away at the end.
/// </summary>
/// <example><code>
/// [assembly: AssemblyFixture(typeof(Shop))]
///
/// public sealed class Shop : StackFixture
/// {
///     protected override BoltStack Define() => BoltStack.FromFile("Boltfile.toml");
///     protected override async ValueTask PrepareAsync(CancellationToken cancellation) => await MigrateAsync(Stack["db"].ConnectionString);
/// }
/// </code></example>
public abstract class StackFixture : IAsyncLifetime
{
    private BoltStack? _stack;

    /// <summary>The running stack.</summary>
    public BoltStack Stack => _stack ?? throw new InvalidOperationException("the fixture is not started yet");

    /// <summary>What the tests need.</summary>
    protected abstract BoltStack Define();

    /// <summary>Migrates and seeds: what is true when this returns is what every fork begins with.</summary>
    protected virtual ValueTask PrepareAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

    /// <summary>Starts the stack and prepares it.</summary>
    public async ValueTask InitializeAsync()
    {
        var cancellation = TestContext.Current.CancellationToken;
        _stack = Define();
        await _stack.StartAsync(cancellation).ConfigureAwait(false);
        try
        {
            await PrepareAsync(cancellation).ConfigureAwait(false);
        }
        catch
        {
            TestContext.Current.SendDiagnosticMessage("{0}", await _stack.ReportAsync(CancellationToken.None).ConfigureAwait(false));
            throw;
        }
    }

    /// <summary>Throws the stack away.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "There is nothing to finalize.")]
    public virtual async ValueTask DisposeAsync()
    {
        if (_stack is not null) await _stack.DisposeAsync().ConfigureAwait(false);
    }
}
