namespace Bolt.Shim;

/// <summary>`bolt-shim files`: file operations as inner ids of a mapped user namespace.</summary>
internal static class FilesMode
{
    public static int Run() => throw new NotImplementedException();
}
