namespace Bolt.Build;

/// <summary>Runs the suites one after the other and adds up what they say.</summary>
internal static class TestRun
{
    private static readonly string Results = Path.Combine(Shell.Artifacts, "tests");

    public static bool Ran { get; private set; }

    public static Totals Totals { get; private set; } = new(0, 0, 0);

    public static void Fast() => Finish(() => Suite("Bolt.Runtime.Tests", "fast", null, TimeSpan.FromMinutes(5)));

    public static void Named(string name)
    {
        Action run = name switch
        {
            "fast" => () => Suite("Bolt.Runtime.Tests", "fast", null, TimeSpan.FromMinutes(5)),
            "host" => Host,
            "scenarios" => Scenarios,
            "vm" => Machine,
            "all" => Everything,
            _ => throw new BuildFailed($"no tests are called `{name}`: fast, host, vm, scenarios or all"),
        };
        Finish(run);
    }

    /// <summary>The tests that compare docs/reference with the code write it instead.</summary>
    public static void Reference() => Shell.Do("env", "BOLT_ACCEPT=1",
        Path.Combine(Shell.Root, "tests/Bolt.Runtime.Tests/bin", Targets.Configuration, "net10.0/Bolt.Runtime.Tests"), "-noLogo", "-class", "Bolt.Runtime.Tests.Reference.ReferenceTests");

    private static void Finish(Action run)
    {
        Ran = true;
        Directory.CreateDirectory(Results);
        run();
        if (Totals.Failed > 0 || Totals.Passed == 0)
        {
            throw new BuildFailed(Totals.Passed == 0 ? "no test passed" : $"{Totals.Failed} failed");
        }
    }

    private static void Everything()
    {
        Suite("Bolt.Runtime.Tests", "fast", null, TimeSpan.FromMinutes(5));
        Host();
        Machine();
        Scenarios();
    }

    private static void Host()
    {
        OnBoth("Bolt.Host.Tests", TimeSpan.FromMinutes(12));
        OnBoth("Bolt.TestKit.Tests", TimeSpan.FromMinutes(8));
        if (!Shell.IsRoot)
        {
            return;
        }
        // What one id is enough for, as a user who has no other.
        using var user = TestUser.Create(subordinateIds: false);
        Suite("Bolt.Host.Tests", "single-id", user, TimeSpan.FromMinutes(8),
            "-namespace", "Bolt.Host.Tests.Capsules", "-namespace", "Bolt.Host.Tests.Recipes");
    }

    /// <summary>What needs systemd and one unified hierarchy of cgroups, on a machine that has them.</summary>
    private static void Machine()
    {
        const string project = "Bolt.Host.Tests";
        if (!Shell.IsRoot || VirtualMachine.Release() is not { } release)
        {
            Console.Error.WriteLine("the stock Debian under emulation is left out: only root on a Debian host can make it");
            return;
        }
        Console.Error.WriteLine($"==> {project} (systemd)");
        Shell.Do("sh", "build/setup", "vm");
        var machine = new VirtualMachine(Path.Combine(Shell.Artifacts, "vm"));
        var results = machine.Run(release, Path.Combine(Shell.Root, "tests", project, "bin", Targets.Configuration, "net10.0"), TimeSpan.FromMinutes(15));
        foreach (var who in (string[])["root", "user"])
        {
            var before = Totals.Failed;
            Totals += Totals.Read($"{project} (systemd, {who})", Path.Combine(results, who + ".json"), 0);
            if (Totals.Failed > before)
            {
                Console.Error.WriteLine(File.Exists(machine.Console) ? File.ReadAllText(machine.Console) : "it said nothing");
            }
        }
    }

    private static void Scenarios()
    {
        // They install the tool from its packed files.
        Shell.Do("bash", "build/pack");
        OnBoth("Bolt.Scenarios", TimeSpan.FromMinutes(15));
    }

    /// <summary>The same binary as whoever runs this and, when that is root, once more as an ordinary user.</summary>
    private static void OnBoth(string project, TimeSpan limit)
    {
        Suite(project, Shell.IsRoot ? "root" : "user", null, limit);
        if (Shell.IsRoot)
        {
            using var user = TestUser.Create(subordinateIds: true);
            Suite(project, "user", user, limit);
        }
    }

    private static void Suite(string project, string who, TestUser? user, TimeSpan limit, params string[] filter)
    {
        var suite = $"{project} ({who})";
        Console.Error.WriteLine($"==> {suite}");
        var binaries = Path.Combine(Shell.Root, "tests", project, "bin", Targets.Configuration, "net10.0");
        if (!File.Exists(Path.Combine(binaries, project)))
        {
            Totals += Totals.Fail(suite, "is not built");
            return;
        }
        var mark = Guid.NewGuid().ToString("n");
        var before = Leftovers.Look(mark);
        var file = Path.Combine(user?.Folder ?? Results, $"{project}-{who}.json");
        File.Delete(file);
        var environment = new Dictionary<string, string>
        {
            [Leftovers.Mark] = mark,
            ["BOLT_PACKAGES"] = user?.Publish(Path.Combine(Shell.Artifacts, "packages")) ?? Path.Combine(Shell.Artifacts, "packages"),
            ["BOLT_TEMPLATES"] = user?.Publish(Path.Combine(Shell.Root, "templates")) ?? Path.Combine(Shell.Root, "templates"),
            // The compiler server and build nodes would outlive the suite.
            ["MSBUILDDISABLENODEREUSE"] = "1",
            ["UseSharedCompilation"] = "false",
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        };
        string[] options = ["-noColor", "-noLogo", "-result-ctrf", file, .. filter];
        var code = user is null
            ? Shell.Run(Path.Combine(binaries, project), options, limit, environment)
            : user.Run(Path.Combine(user.Publish(binaries), project), options, limit, environment);
        Totals += Totals.Read(suite, file, code);
        if (user is not null && File.Exists(file))
        {
            File.Copy(file, Path.Combine(Results, Path.GetFileName(file)), overwrite: true);
        }
        foreach (var left in Leftovers.Since(before, mark, user))
        {
            Totals += Totals.Fail(suite, $"left behind {left}");
        }
    }
}
