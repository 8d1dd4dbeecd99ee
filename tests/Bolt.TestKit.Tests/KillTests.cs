using System.Diagnostics;

namespace Bolt.TestKit.Tests;

/// <summary>
/// A test process is killed at some moment between its start and its end: no process that it made goes on, and no file of a stack
/// stays. The moments are fractions of a whole run's length.
/// </summary>
public class KillTests(Shop shop)
{
    private const int Kills = 8;

    [Fact]
    public async Task Nothing_is_left_of_a_test_process_that_was_killed()
    {
        // The recipes are fetched and the data folder is prepared: these are kept on purpose.
        Assert.NotEmpty(shop.Stack.Services);
        var own = shop.Stack.Name.Id[..(shop.Stack.Name.Id.IndexOf('-', 5) + 1)];
        var times = new List<TimeSpan>();
        var whole = Stopwatch.StartNew();
        using (var first = Victim())
        {
            await SaysAsync(first, "forked");
            times.Add(await EndAsync(first, own));
        }
        var length = whole.Elapsed;
        for (var kill = 0; kill < Kills; kill++)
        {
            using var victim = Victim();
            await Task.Delay(length * ((kill + 0.5) / Kills), TestContext.Current.CancellationToken);
            times.Add(await EndAsync(victim, own));
        }
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"a run of {length.TotalMilliseconds:f0} ms, {times.Count} kills; the last trace was gone after {string.Join(", ", times.Select(t => $"{t.TotalMilliseconds:f0}"))} ms");
    }

    private static async Task<TimeSpan> EndAsync(Process victim, string own)
    {
        var made = Kit.Descendants(victim.Id);
        victim.Kill();
        var since = Stopwatch.StartNew();
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
            Environment = { [Kit.Borrowed] = Kit.Folder },
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
