using System.Diagnostics;
using System.Globalization;
using Bolt.Host.Tests.Surge;

namespace Bolt.Host.Tests.Stress;

/// <summary>The tool that owns a stack in the foreground is killed after any of its words: the stack goes with it, all of it.</summary>
[Collection(nameof(LifeCycleTests))]
public class OwnerKillTests
{
    private const string Stack = """
        project = "stress"
        [services.one]
        image = "./image"
        command = ["sleep", "100000"]
        env.MARK = "MARKED"
        pids_limit = 40
        best_effort = true
        [services.two]
        image = "./image"
        command = ["sh", "-c", "sleep 100000 & wait"]
        depends_on = ["one"]
        env.MARK = "MARKED"
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Owners_that_are_killed_anywhere()
    {
        await using var room = new StackRoom();
        var mark = Path.GetFileName(room.Folder);
        await File.WriteAllTextAsync(room.Folder + "/Boltfile.toml", Stack.Replace("MARKED", mark, StringComparison.Ordinal), Token);
        var random = new Random(StressSize.Seed);
        // Its words until all is ready, counted once; then it is killed after any number of them.
        var words = await RunAsync(room, int.MaxValue, 0);
        Assert.True(words > 5, $"{words} events");
        for (var i = 0; i < (StressSize.Full ? 60 : 4); i++)
        {
            var (after, pause) = (random.Next(words + 1), random.Next(1, 3_000_000));
            await RunAsync(room, after, pause);
            await new Traces(room.Folder, mark).AssertNoneAsync();
            Assert.True(room.Left.Length == 0 || await CleanAsync(room), $"seed {StressSize.Seed}, kill {i} after {after} words");
        }
    }

    // Kills it after so many events, or when all is ready; returns how many there were.
    private static async Task<int> RunAsync(StackRoom room, int most, int pause)
    {
        using var owner = Process.Start(Bolt(room, "up", "--json"))!;
        var words = 0;
        while (words < most && await owner.StandardOutput.ReadLineAsync(Token) is { } line)
        {
            words++;
            if (line.Contains("\"stackReady\"", StringComparison.Ordinal))
                break;
        }
        Thread.SpinWait(pause / 10);
        owner.Kill();
        await owner.WaitForExitAsync(Token);
        return words;
    }

    // Records of a killed owner's stack are whoever looks next's to clear.
    private static async Task<bool> CleanAsync(StackRoom room)
    {
        using var look = Process.Start(Bolt(room, "ps", "--all"))!;
        await look.StandardOutput.ReadToEndAsync(Token);
        await look.WaitForExitAsync(Token);
        return room.Left.Length == 0;
    }

    private static ProcessStartInfo Bolt(StackRoom room, params string[] words)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "bolt"), words)
        {
            RedirectStandardOutput = true,
            WorkingDirectory = room.Folder,
        };
        foreach (var (name, folder) in (ReadOnlySpan<(string, string)>)[("BOLT_STATE", "state"), ("BOLT_RUN", "run"), ("BOLT_CACHE", "cache")])
            start.Environment[name] = string.Create(CultureInfo.InvariantCulture, $"{room.Folder}/{folder}");
        return start;
    }
}
