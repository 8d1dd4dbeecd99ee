namespace Bolt.TestKit;

/// <summary>A class that the compiler makes from a Boltfile: a <see cref="BoltStack"/> with a property for each service.</summary>
/// <typeparam name="TSelf">The class.</typeparam>
public interface ITypedStack<TSelf> : IAsyncDisposable
    where TSelf : ITypedStack<TSelf>
{
    /// <summary>The same stack, with services by name.</summary>
    BoltStack Untyped { get; }

    /// <summary>The stack as the file describes it, not yet started.</summary>
    /// <param name="options">Folders and programs; null: those that the `bolt` tool uses.</param>
    static abstract BoltStack Define(BoltOptions? options = null);

    /// <summary>Names a stack's services.</summary>
    /// <param name="stack">One that was made by <see cref="Define"/>, or a fork of it.</param>
    static abstract TSelf Of(BoltStack stack);
}
