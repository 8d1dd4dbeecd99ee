using System.Globalization;
using Bolt.Kernel;

namespace Bolt.Launch;

/// <summary>
/// Which cgroups a capsule was given, kept in its folder: its shim removes them, and whoever finds a killed shim's folder
/// does, be it a new owner or the stack's sandbox.
/// </summary>
internal static class CgroupNote
{
    private const string FileName = "cgroups";
    private const int Patience = 5000;

    /// <summary>Before the start, one path a line.</summary>
    public static void Write(string folder, IReadOnlyCollection<string> cgroups)
    {
        var file = Path.Combine(folder, FileName);
        if (cgroups.Count > 0)
            File.WriteAllLines(file, cgroups);
        else
            File.Delete(file);
    }

    /// <summary>Those that the note names; none without a note.</summary>
    public static IReadOnlyList<string> Read(string folder) => HostFacts.ReadLines(Path.Combine(folder, FileName));

    /// <summary>Removes those that this folder's note names; its capsule has ended, or is being killed with its shim.</summary>
    public static void RemoveAll(string folder)
    {
        var file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
            return;
        foreach (var cgroup in File.ReadLines(file))
        {
            if (cgroup.StartsWith("/sys/fs/cgroup/", StringComparison.Ordinal))
                Remove(cgroup);
        }
    }

    /// <summary>Its last processes may still be on their way out; their ends are waited for.</summary>
    public static void Remove(string cgroup)
    {
        var awaited = 0;
        while (true)
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
                // An empty group that stays costs nothing; a caller that hangs does.
                if (first == 0 || first == awaited || !Ends(first))
                    return;
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
