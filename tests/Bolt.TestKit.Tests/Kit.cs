using Bolt.Launch;
using Bolt.Storage;
using Bolt.TestKit.Tests;

[assembly: AssemblyFixture(typeof(Shop))]

namespace Bolt.TestKit.Tests;

/// <summary>Folders of this suite's own, so that each recipe is fetched once and nothing stays behind.</summary>
public static class Kit
{
    /// <summary>Set for a process of this suite that is made to be killed: the suite's folders.</summary>
    public const string Borrowed = "BOLT_KIT_FOLDER";

    private static readonly string? Lent = Environment.GetEnvironmentVariable(Borrowed);

    public static string Folder { get; } = Lent ?? Path.Combine("/var/tmp", $"bolt-kit-{Guid.NewGuid():n}"[..17]);

    public static BoltOptions Options { get; } = new()
    {
        StateFolder = Folder + "/state",
        RunFolder = Folder + "/run",
        CacheFolder = Folder + "/cache",
    };

    public static async Task DeleteAsync()
    {
        if (Lent is not null) return;
        // What the last stack wrote goes a moment after its end.
        for (var look = 0; look < 500 && Directory.EnumerateFileSystemEntries(Folder + "/state/ephemeral").Any(); look++) await Task.Delay(20);
        // The state belongs to mapped ids: bolt-shim goes where this process may not.
        await new MappedFiles(ShimLocation.Find(null)!, IdMap.OfCurrentUser()).DeleteTreeAsync(Folder, CancellationToken.None);
    }

    /// <summary>All that descends from a process, itself left out: (pid, start time).</summary>
    public static HashSet<(int Pid, string Start)> Descendants(int pid)
    {
        var all = Directory.GetDirectories("/proc").Select(p => int.TryParse(Path.GetFileName(p), out var n) ? Stat(n) : null).OfType<Stats>().ToList();
        var found = new HashSet<(int, string)>();
        var front = new Queue<int>([pid]);
        while (front.TryDequeue(out var parent))
        {
            foreach (var child in all.Where(s => s.Parent == parent))
            {
                if (found.Add((child.Pid, child.Start))) front.Enqueue(child.Pid);
            }
        }
        return found;
    }

    /// <summary>Neither gone nor waiting for pid 1 to look at it.</summary>
    public static bool Lives((int Pid, string Start) process) => Stat(process.Pid) is { State: not ("Z" or "X") } now && now.Start == process.Start;

    // proc_pid_stat(5): "pid (name) state ppid …", field 22 is the start time; the name may hold anything.
    private static Stats? Stat(int pid)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{pid}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return new Stats(pid, fields[0], int.Parse(fields[1]), fields[19]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private sealed record Stats(int Pid, string State, int Parent, string Start);
}
