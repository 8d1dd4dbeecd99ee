using System.Globalization;
using Bolt.Kernel;

namespace Bolt.Launch;

/// <summary>
/// Which cgroups a capsule was given, kept in its folder: its shim removes them, and whoever finds a killed shim's folder
/// does, be it a new owner or the stack's sandbox.
/// </summary>
internal static class CgroupNote
{
    private const string FileName = "cgroups", Late = "late ";
    private const int Patience = 5000, Turns = 1000;

    /// <summary>Before the start, one path a line.</summary>
    public static void Write(string folder, IReadOnlyCollection<string> cgroups)
    {
        var file = Path.Combine(folder, FileName);
        if (cgroups.Count > 0)
            File.WriteAllLines(file, cgroups);
        else
            File.Delete(file);
    }

    /// <summary>Those that the capsule has; a folder that is gone is still named.</summary>
    /// <param name="folder">The capsule's.</param>
    /// <param name="fromStart">Only those that it has been in all its life: what they count is all of it.</param>
    public static List<string> Read(string folder, bool fromStart = false)
    {
        var file = Path.Combine(folder, FileName);
        var groups = new List<string>();
        if (!File.Exists(file))
            return groups;
        foreach (var line in File.ReadLines(file))
        {
            var late = line.StartsWith(Late, StringComparison.Ordinal);
            var group = late ? line[Late.Length..] : line;
            if (group.StartsWith("/sys/fs/cgroup/", StringComparison.Ordinal) && !(late && fromStart))
                groups.Add(group);
        }
        return groups;
    }

    /// <summary>One more, which is about to be made for a capsule that runs.</summary>
    public static void Add(string folder, string cgroup)
    {
        if (!Read(folder).Contains(cgroup))
            File.AppendAllText(Path.Combine(folder, FileName), Late + cgroup + "\n");
    }

    /// <summary>Removes those that this folder's note names; its capsule has ended, or is being killed with its shim.</summary>
    public static void RemoveAll(string folder)
    {
        foreach (var cgroup in Read(folder))
            Remove(cgroup);
    }

    /// <summary>Its last processes may still be on their way out; their ends are waited for.</summary>
    public static void Remove(string cgroup)
    {
        var awaited = 0;
        for (var turn = 0; turn < Turns; turn++)
        {
            try
            {
                Directory.Delete(cgroup, recursive: false);
                return;
            }
            catch (DirectoryNotFoundException)
            {
                return;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                var first = First(cgroup);
                // An ended process leaves its group with its last turn on a processor, which nothing tells of.
                if (first == 0 || first == awaited)
                    Thread.Yield();
                // A group that stays costs nothing; a caller that hangs does.
                else if (!Ends(first))
                    return;
                else
                    awaited = first;
            }
        }
    }

    private static bool Ends(int pid)
    {
        using var process = Pidfd.Open(pid);
        return process is null || Pidfd.HasEnded(process, Patience);
    }

    private static int First(string cgroup)
    {
        try
        {
            var line = File.ReadLines(Path.Combine(cgroup, "cgroup.procs")).FirstOrDefault();
            return int.TryParse(line, CultureInfo.InvariantCulture, out var pid) ? pid : 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
