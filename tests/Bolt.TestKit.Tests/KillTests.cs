using System.Diagnostics;

namespace Bolt.TestKit.Tests;

/// <summary>
/// A test process ends at some moment between its start and its end, killed, stopped by a debugger and then killed, or crashed: no
/// process that it made goes on, and no file and no mount of a stack stays.
/// </summary>
public class KillTests(Shop shop)
{
    private const int Kills = 9;

    private static readonly int ManyKills = int.TryParse(Environment.GetEnvironmentVariable("BOLT_KILLS"), out var asked) ? asked : 200;

    // A debugger holds the process still before it ends it; a failed fast-fail or a broken runtime aborts.
    private static readonly string[][] Ways = [["KILL"], ["STOP", "KILL"], ["ABRT"]];

    [Fact]
    public Task Nothing_is_left_of_a_test_process_that_was_killed() => EndManyAsync(Kills, kill => (kill + 0.5) / Kills);

    /// <summary>By name only: `-explicit only -method '*two_hundred*'`; it takes a quarter of an hour; BOLT_KILLS sets another number.</summary>
    [Fact(Explicit = true)]
    public Task Nothing_is_left_of_two_hundred_test_processes_killed_at_random_moments()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        return EndManyAsync(ManyKills, _ => random.NextDouble() * 1.2);
    }

    private async Task EndManyAsync(int kills, Func<int, double> moment)
    {
        // The recipes are fetched and the data folder is prepared: these are kept on purpose.
        Assert.NotEmpty(shop.Stack.Services);
        var own = shop.Stack.Name.Id[..(shop.Stack.Name.Id.IndexOf('-', 5) + 1)];
        var times = new List<TimeSpan>();
        var whole = Stopwatch.StartNew();
        TimeSpan length;
        using (var first = Victim())
        {
            await SaysAsync(first, "forked");
            length = whole.Elapsed;
            times.Add(await EndAsync(first, Ways[0], own));
        }
        for (var kill = 0; kill < kills; kill++)
        {
            using var victim = Victim();
            // Its pipes fill up while nobody reads, and it would stand still.
            victim.OutputDataReceived += (_, _) => { };
            victim.ErrorDataReceived += (_, _) => { };
            victim.BeginOutputReadLine();
            victim.BeginErrorReadLine();
            await Task.Delay(length * moment(kill), TestContext.Current.CancellationToken);
            times.Add(await EndAsync(victim, Ways[kill % Ways.Length], own));
        }
        times.Sort();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"a run of {length.TotalMilliseconds:f0} ms, {times.Count} ends; the last trace was gone after {times[times.Count / 2].TotalMilliseconds:f0} ms at the median, "
            + $"{times[^1].TotalMilliseconds:f0} at most, {times.Count(t => t > TimeSpan.FromSeconds(1))} times after more than a second");
    }

    private static async Task<TimeSpan> EndAsync(Process victim, string[] signals, string own)
    {
        var made = Kit.Descendants(victim.Id);
        var since = Stopwatch.StartNew();
        foreach (var signal in signals)
        {
            using var kill = Process.Start("kill", [$"-{signal}", victim.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync(CancellationToken.None);
            since.Restart();
        }
        // The first SIGABRT from outside is lost on a .NET process: its handler counts on the abort() that raises it again.
        while (signals is ["ABRT"] && !victim.HasExited)
        {
            using var kill = Process.Start("kill", ["-ABRT", victim.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync(CancellationToken.None);
            since.Restart();
        }
        await victim.WaitForExitAsync(CancellationToken.None);
        string[] left;
        // Minutes on a machine that does other things; what matters is that the end comes without anyone's help.
        while ((left = Left(made, own)).Length > 0 && since.Elapsed < TimeSpan.FromMinutes(2))
            await Task.Delay(5, CancellationToken.None);
        Assert.True(left.Length == 0, $"left behind: {string.Join("; ", left)}");
        return since.Elapsed;
    }

    private static string[] Left(HashSet<(int Pid, string Start)> made, string own) =>
    [
        .. made.Where(Kit.Lives).Select(p => $"process {p.Pid} {Command(p.Pid)}"),
        .. Foreign(Kit.Folder + "/run/stacks", own), .. Foreign(Kit.Folder + "/state/ephemeral", own),
        .. Foreign(Kit.Folder + "/state/volumes", own), .. Foreign(Kit.Folder + "/state/stacks", own),
        .. File.ReadLines("/proc/self/mountinfo").Where(m => m.Contains(Kit.Folder, StringComparison.Ordinal) && !m.Contains("/" + own, StringComparison.Ordinal)),
    ];

    // This process's own stacks live beside.
    private static IEnumerable<string> Foreign(string folder, string own) => !Directory.Exists(folder) ? [] :
        Directory.GetFileSystemEntries(folder).Where(f => !Path.GetFileName(f).TrimStart('.').StartsWith(own, StringComparison.Ordinal));

    private static string Command(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/comm").Trim();
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static Process Victim()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["-noColor", "-noLogo", "-explicit", "only", "-class", typeof(KillVictim).FullName!])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // No dump of a crash that is wanted.
            Environment = { [Kit.Borrowed] = Kit.Folder, ["DOTNET_DbgEnableMiniDump"] = "0" },
        };
        return Process.Start(start)!;
    }

    private static async Task SaysAsync(Process victim, string word)
    {
        while (await victim.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.Contains(word, StringComparison.Ordinal)) return;
        }
        Assert.Fail("the victim ended by itself: " + await victim.StandardError.ReadToEndAsync());
    }
}
