using Bolt.Diagnostics;

namespace Bolt.Boltfiles;

/// <summary>Boltfile text -> model, with every problem of the file found in one go.</summary>
public static partial class BoltfileReader
{
    /// <summary>Reads a Boltfile that is already in memory; nothing outside the text is looked at.</summary>
    /// <param name="path">The path that positions name; relative paths in the text are relative to its folder.</param>
    /// <param name="text">The whole text.</param>
    /// <param name="variables">Values for <c>${NAME}</c>; null: none is set.</param>
    public static Checked<Boltfile> Read(string path, string text, Func<string, string?>? variables = null) =>
        throw new NotImplementedException();

    /// <summary>Reads a Boltfile and checks that the folders and files that it names exist.</summary>
    /// <param name="path">The file.</param>
    /// <param name="variables">Values for <c>${NAME}</c>; null: none is set.</param>
    public static Checked<Boltfile> ReadFile(string path, Func<string, string?>? variables = null) =>
        throw new NotImplementedException();
}
