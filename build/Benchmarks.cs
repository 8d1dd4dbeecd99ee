namespace Bolt.Build;

/// <summary>Speed tables; never a test.</summary>
internal static class Benchmarks
{
    public static void Run(string[] arguments)
    {
        var script = Path.Combine(Shell.Root, "tests/Bolt.Benchmarks/run");
        if (!File.Exists(script))
        {
            throw new BuildFailed("there are no benchmarks yet");
        }
        Shell.Do(script, arguments);
    }
}
