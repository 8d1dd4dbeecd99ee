namespace Bolt.Capsules;

/// <summary>
/// Which cgroups a capsule was given, kept in its folder: its shim removes them, and whoever settles the end of a killed
/// shim does.
/// </summary>
internal static class CapsuleCgroups
{
    private const string FileName = "cgroups";

    /// <summary>Before the start, one path a line.</summary>
    public static void Note(string folder, IReadOnlyCollection<string> cgroups)
    {
        var file = Path.Combine(folder, FileName);
        if (cgroups.Count > 0)
            File.WriteAllLines(file, cgroups);
        else
            File.Delete(file);
    }

    /// <summary>Those that are there and empty.</summary>
    public static void Remove(string folder)
    {
        var file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
            return;
        foreach (var cgroup in File.ReadLines(file))
        {
            try
            {
                if (cgroup.StartsWith("/sys/fs/cgroup/", StringComparison.Ordinal))
                    Directory.Delete(cgroup, recursive: false);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Gone already, or its last process still dies: an empty cgroup costs nothing.
            }
        }
    }
}
