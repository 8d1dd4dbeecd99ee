namespace Bolt.TestKit.Xunit;

/// <summary>A shared stack whose services are properties: of the class that the compiler makes from the Boltfile.</summary>
/// <typeparam name="TStack">The class.</typeparam>
/// <example><code>
/// [assembly: AssemblyFixture(typeof(Shop))]
///
/// public sealed class Shop : StackFixture&lt;Stack&gt;
/// {
///     protected override async ValueTask PrepareAsync(CancellationToken cancellation) => await MigrateAsync(Stack.Db.ConnectionString);
/// }
/// </code></example>
public abstract class StackFixture<TStack> : StackFixture
    where TStack : ITypedStack<TStack>
{
    /// <summary>The running stack.</summary>
    public new TStack Stack => TStack.Of(base.Stack);

    /// <summary>The Boltfile's stack; to change it for tests, override this.</summary>
    protected override BoltStack Define() => TStack.Define();
}

/// <summary><see cref="StackTest"/> with services as properties: <c>Stack.Db.ConnectionString</c>.</summary>
/// <typeparam name="TStack">The class that the compiler makes from the Boltfile.</typeparam>
/// <param name="fixture">The prepared stack.</param>
public abstract class StackTest<TStack>(StackFixture<TStack> fixture) : StackTest(fixture)
    where TStack : ITypedStack<TStack>
{
    /// <summary>This test's own stack.</summary>
    public new TStack Stack => TStack.Of(base.Stack);
}

/// <summary><see cref="SharedStackTest"/> with services as properties.</summary>
/// <typeparam name="TStack">The class that the compiler makes from the Boltfile.</typeparam>
/// <param name="fixture">The prepared stack.</param>
public abstract class SharedStackTest<TStack>(StackFixture<TStack> fixture) : SharedStackTest(fixture)
    where TStack : ITypedStack<TStack>
{
    /// <summary>The stack that all share.</summary>
    public new TStack Stack => TStack.Of(base.Stack);
}
