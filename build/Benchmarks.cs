namespace Bolt.Build;

/// <summary>Speed tables; never a test.</summary>
internal static class Benchmarks
{
    public static void Run(string[] arguments) =>
        Shell.Dotnet(["run", "--project", "tests/Bolt.Benchmarks", "--no-build", "-c", Targets.Configuration, "--", .. arguments]);
}
