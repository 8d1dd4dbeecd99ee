using System.Diagnostics;

namespace Bolt.Build;

/// <summary>What of a suite is still there when it is over: processes, mounts, cgroups, rules, links, folders.</summary>
internal sealed record Leftovers(HashSet<string> Things, HashSet<(int, string)> Processes)
{
    /// <summary>Every process of a run inherits this variable, unless it was given an environment of its own.</summary>
    public const string Mark = "BOLT_TEST_RUN";

    private static readonly string[] OwnPrograms = ["bolt", "bolt-shim", "pasta", "passt", "pasta.avx2", "passt.avx2"];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    // Host ids of a root run's capsules (see the room Launch) begin here; no login user has such an id.
    private const uint FirstMappedId = 0x70000000;

    public static Leftovers Look(string mark) =>
        new([.. AllThings()], [.. RunningProcess.All().Where(p => Suspect(p, mark, null)).Select(p => (p.Pid, p.StartTime))]);

    /// <summary>Names of all that was not there before. Ending processes get a moment; what is then left, and surely ours, is killed.</summary>
    public static IEnumerable<string> Since(Leftovers before, string mark, TestUser? user)
    {
        List<RunningProcess> left;
        var begun = Stopwatch.GetTimestamp();
        while (true)
        {
            left = [.. RunningProcess.All().Where(p => Suspect(p, mark, user) && !before.Processes.Contains((p.Pid, p.StartTime)))];
            var rest = Patience - Stopwatch.GetElapsedTime(begun);
            if (left.Count == 0 || rest <= TimeSpan.Zero)
            {
                break;
            }
            left[0].AwaitEnd(rest);
        }
        foreach (var process in left)
        {
            yield return $"process {process.Pid} {process.Name}: {process.Command}";
            if (IsOurs(process, mark, user))
            {
                process.Kill();
            }
        }
        foreach (var thing in AllThings().Where(t => !before.Things.Contains(t)))
        {
            if (AloneHere)
            {
                yield return thing;
            }
            else
            {
                Console.Error.WriteLine($"new, by this suite or somebody else: {thing}");
            }
        }
    }

    private static bool Suspect(RunningProcess process, string mark, TestUser? user) =>
        // A dead orphan stays a zombie until pid 1 looks at it.
        process.State is not ('Z' or 'X')
        && (IsOurs(process, mark, user) || AloneHere
            && (OwnPrograms.Contains(process.Name) || process.Uid is >= FirstMappedId and < uint.MaxValue - 1));

    private static bool IsOurs(RunningProcess process, string mark, TestUser? user) =>
        process.HasInEnvironment($"{Mark}={mark}") || user?.Owns(process.Uid) == true;

    /// <summary>
    /// A capsule's processes have an environment of their own. Where nobody else works they are known by name and ids;
    /// elsewhere they may be a developer's own stack.
    /// </summary>
    private static bool AloneHere { get; } = Environment.GetEnvironmentVariable("CI") == "true";

    private static IEnumerable<string> AllThings() =>
    [
        // mountinfo: "36 35 98:0 /mnt1 /mnt2 rw,noatime …", the 5th field is the mount point.
        .. File.ReadLines("/proc/self/mountinfo").Select(l => "mount " + l.Split(' ')[4]),
        .. Cgroups().Select(c => "cgroup " + c),
        .. Shell.Read("nft", "list", "tables").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(t => "nftables " + t),
        .. Entries("/sys/class/net", "*").Select(n => "link " + n),
        .. Entries("/run/netns", "*").Select(n => "network namespace " + n),
        .. Entries("/tmp", "bolt-*").Select(n => "/tmp/" + n),
        .. Entries("/var/tmp", "bolt-*").Select(n => "/var/tmp/" + n),
        .. Entries("/run/bolt/stacks", "*").Select(n => "stack " + n),
    ];

    private static IEnumerable<string> Cgroups() => Directory.Exists("/sys/fs/cgroup")
        ? Directory.EnumerateDirectories("/sys/fs/cgroup", "*bolt*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true })
        : [];

    private static IEnumerable<string> Entries(string folder, string pattern) =>
        Directory.Exists(folder) ? Directory.EnumerateFileSystemEntries(folder, pattern).Select(e => Path.GetFileName(e)) : [];
}
