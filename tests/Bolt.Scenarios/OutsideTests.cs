namespace Bolt.Scenarios;

/// <summary>What is wrong outside of Bolt ends an `up` with 1, thing and cause by name, and nothing left.</summary>
public class OutsideTests(InstalledTool tool)
{
    private const string Web = "project = \"outside\"\n[services.web]\nimage = \"bolt://nginx\"\nports = [\"80\"]\n";

    // A package that no other test fetches, so that it is never in the cache.
    private const string Hello = "name = \"hello\"\npackages = [\"hello\"]\nentrypoint = [\"/usr/bin/hello\"]\n";

    [Fact]
    public async Task A_mirror_that_is_down_is_named_with_its_cause()
    {
        await using var stack = tool.Stack(Web);
        var failed = (await stack.BoltAsync(Fresh(Mirror.Down), "up", "-d")).Expect(1);
        AssertSays(failed, "error BOLT2102", "http://", "refused");
        await AssertNothingIsLeftAsync(stack);
    }

    [Fact]
    public async Task A_release_whose_signature_is_wrong_is_named_and_not_used()
    {
        await using var stack = tool.Stack(Web);
        await using var mirror = new Mirror(url => url.EndsWith("/InRelease", StringComparison.Ordinal));
        var failed = (await stack.BoltAsync(Fresh(mirror.Environment), "up", "-d")).Expect(1);
        AssertSays(failed, "error BOLT2110");
        await AssertNothingIsLeftAsync(stack);
    }

    [Fact]
    public async Task A_package_whose_hash_is_wrong_is_named_and_not_used()
    {
        await using var stack = tool.Stack("project = \"outside\"\n[services.hello]\ncapsule = \"./hello.capsule.toml\"\nrestart = \"no\"\n");
        await File.WriteAllTextAsync(Path.Combine(stack.Folder, "hello.capsule.toml"), Hello);
        await using (var mirror = new Mirror(url => url.Contains("/hello_", StringComparison.Ordinal)))
        {
            var failed = (await stack.BoltAsync(mirror.Environment, "up", "-d")).Expect(1);
            AssertSays(failed, "error BOLT2104", "/hello_");
            await AssertNothingIsLeftAsync(stack);
        }
        // The same wish, with the bytes that were signed.
        (await stack.BoltAsync("up", "-d")).Expect(0);
        Assert.Contains("Hello, world!", (await stack.BoltAsync("logs")).Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_is_named()
    {
        await using var stack = tool.Stack(Web);
        var given = Environment.GetEnvironmentVariable("BOLT_TEST_SMALL_DISK");
        Assert.SkipWhen(given is null && !Environment.IsPrivilegedProcess, "BOLT9099: only root can mount a small disk; build/as-user does it for others");
        var state = given ?? tool.FreshFolder("small");
        var environment = new Dictionary<string, string> { ["BOLT_STATE"] = state };
        // The mount is in a namespace of its own and ends with what runs there.
        string[] small = ["--mount", "--propagation", "private", "sh", "-c", "mount -t tmpfs -o size=8m,mode=0711 small \"$BOLT_STATE\" && exec \"$@\"", "sh", "dotnet"];
        var failed = given is null
            ? await tool.RunAsync(stack.Folder, environment, [.. small, "bolt", "up", "-d"], program: "unshare")
            : await stack.BoltAsync(environment, "up", "-d");
        failed.Expect(1);
        AssertSays(failed, "error BOLT3003", state);
        await AssertNothingIsLeftAsync(stack);
    }

    [Fact]
    public async Task A_service_that_ends_at_once_fails_the_up_with_its_code_and_words()
    {
        await using var stack = tool.Stack("project = \"outside\"\n[services.job]\nimage = \"bolt://busybox\"\ncommand = [\"sh\", \"-c\", \"echo no such setting; exit 3\"]\n");
        var failed = (await stack.BoltAsync("up", "-d")).Expect(1);
        AssertSays(failed, "error BOLT6008: `job` ended with code 3", "no such setting");
        await AssertNothingIsLeftAsync(stack);
        File.WriteAllText(stack.Boltfile, File.ReadAllText(stack.Boltfile).Replace("exit 3\"]", "exit 0\"]\nrestart = \"no\"", StringComparison.Ordinal));
        Assert.Contains("exited (0)", (await stack.BoltAsync("up", "-d")).Expect(0).Error, StringComparison.Ordinal);
    }

    private Dictionary<string, string> Fresh(IReadOnlyDictionary<string, string> environment) => new(environment)
    {
        ["BOLT_CACHE"] = tool.FreshFolder("cache"),
        ["BOLT_STATE"] = tool.FreshFolder("state"),
    };

    private static void AssertSays(ToolResult failed, params string[] parts) =>
        Assert.All(parts, part => Assert.Contains(part, failed.Error, StringComparison.Ordinal));

    private async Task AssertNothingIsLeftAsync(DemoFolder stack)
    {
        var stacks = Path.Combine(tool.RunFolder, "stacks");
        Assert.Empty(Directory.Exists(stacks) ? Directory.GetFileSystemEntries(stacks, "*outside-*") : []);
        Assert.Null(await stack.PsAsync());
    }
}
