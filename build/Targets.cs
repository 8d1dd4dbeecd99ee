namespace Bolt.Build;

/// <summary>All targets. Each is a value with its needs, so that a build library could take them over one for one.</summary>
internal static class Targets
{
    public static string Configuration { get; } = Environment.GetEnvironmentVariable("CONFIGURATION") is { Length: > 0 } asked ? asked : "Release";

    public static Target Restore { get; } = new("restore", "Restore packages as the lock files say", _ =>
        Shell.Dotnet("restore", "Bolt.sln", "--locked-mode", "-v", "q"));

    public static Target Compile { get; } = new("compile", "Build everything; warnings are errors", _ =>
        Shell.Dotnet("build", "Bolt.sln", "--no-restore", "-c", Configuration, "-v", "q", "--nologo"), Restore);

    // Style and analyzers are part of the build; here only what a build cannot say.
    public static Target Format { get; } = new("format", "Fail when a file is not formatted (dotnet format whitespace Bolt.sln mends it)", _ =>
        Shell.Dotnet("format", "whitespace", "Bolt.sln", "--no-restore", "--verify-no-changes"), Restore);

    public static Target Check { get; } = new("check", "Format, build, layering, banned APIs, public surface, fast tests", _ =>
        TestRun.Fast(), Format, Compile);

    public static Target Test { get; } = new("test", "test [fast|host|scenarios|all]: run tests, as root and as an ordinary user", arguments =>
        TestRun.Named(arguments is [var name, ..] ? name : "all"), Compile);

    public static Target Pack { get; } = new("pack", "Make all packages in artifacts/packages", arguments =>
        Shell.Do("bash", ["build/pack", .. arguments]), Restore);

    public static Target Reference { get; } = new("reference", "Write docs/reference anew from the code", _ => TestRun.Reference(), Compile);

    public static Target Documentation { get; } = new("site", "Make the documentation's site in artifacts/site; a link that leads nowhere fails", _ =>
    {
        var broken = Site.Make(Shell.Root, Path.Combine(Shell.Artifacts, "site"));
        if (broken.Count > 0)
        {
            throw new BuildFailed("links that lead nowhere:\n  " + string.Join("\n  ", broken));
        }
    });

    public static Target Bench { get; } = new("bench", "Print the speed tables", arguments => Benchmarks.Run(arguments), Compile);

    public static Target Ci { get; } = new("ci", "What .ci/run does: the site, all tests", _ => TestRun.Named("all"), Documentation, Compile);

    public static Target[] All { get; } = [Restore, Compile, Format, Check, Test, Pack, Reference, Documentation, Bench, Ci];
}
