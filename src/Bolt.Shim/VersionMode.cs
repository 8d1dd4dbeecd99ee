namespace Bolt.Shim;

/// <summary>`bolt-shim version`: the cheapest proof that this file can be executed here.</summary>
internal static class VersionMode
{
    public static int Run()
    {
        Console.Out.WriteLine(typeof(VersionMode).Assembly.GetName().Version?.ToString(3));
        return 0;
    }
}
