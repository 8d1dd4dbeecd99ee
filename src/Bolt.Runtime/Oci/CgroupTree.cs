using System.Collections.Immutable;

namespace Bolt.Oci;

/// <summary>One mounted cgroup hierarchy (cgroups(7)), and where this process is in it.</summary>
/// <param name="Mount">Where it is mounted.</param>
/// <param name="Controllers">Of version 1; empty: version 2.</param>
/// <param name="Top">What of the hierarchy the mount shows.</param>
/// <param name="Own">This process's group, from the hierarchy's top.</param>
internal sealed record CgroupHierarchy(string Mount, ImmutableArray<string> Controllers, string Top, string Own)
{
    public bool Unified => Controllers.IsEmpty;

    /// <summary>
    /// The folder of a group: an absolute path is below the mount, a relative one below this process's group, or beside it in
    /// version 2, where a group with processes hands no controller down (cgroups(7), "no internal processes"). As with runc.
    /// </summary>
    public string Folder(string path)
    {
        if (path.StartsWith('/'))
            return Path.GetFullPath(Mount + path);
        var own = Top != "/" && Own.StartsWith(Top, StringComparison.Ordinal) ? Own[Top.Length..] : Own;
        return Path.GetFullPath($"{Mount}/{(Unified ? Path.GetDirectoryName(own.TrimEnd('/')) : own)}/{path}");
    }
}

/// <summary>The hierarchies of this host that containers get groups in.</summary>
internal sealed record CgroupTree(ImmutableArray<CgroupHierarchy> Hierarchies)
{
    /// <summary>The unified hierarchy is the only one.</summary>
    public bool Unified => Hierarchies is [{ Unified: true }];

    public static CgroupTree Read() => Of(File.ReadAllLines("/proc/self/mountinfo"), File.ReadAllLines("/proc/self/cgroup"));

    /// <summary>As <see cref="Read"/>, with the files' lines (proc_pid_mountinfo(5), cgroups(7)).</summary>
    public static CgroupTree Of(IEnumerable<string> mountinfo, IReadOnlyList<string> memberships)
    {
        var found = ImmutableArray.CreateBuilder<CgroupHierarchy>();
        foreach (var line in mountinfo)
        {
            // "id parent dev root mountpoint options … - type source superoptions"
            var halves = line.Split(" - ", 2);
            var left = halves[0].Split(' ');
            var right = halves.Length == 2 ? halves[1].Split(' ') : [];
            if (left.Length < 5 || right.Length < 3 || right[0] is not ("cgroup" or "cgroup2") || !left[4].StartsWith("/sys/fs/cgroup", StringComparison.Ordinal))
                continue;
            ImmutableArray<string> controllers = right[0] == "cgroup2" ? [] : [.. right[2].Split(',').Where(IsController)];
            if (found.Any(h => h.Mount == left[4] || (!h.Unified && h.Controllers.SequenceEqual(controllers))))
                continue;
            if (right[0] == "cgroup" && controllers.IsEmpty)
                continue;
            found.Add(new CgroupHierarchy(left[4], controllers, left[3], Own(memberships, controllers)));
        }
        // In a hybrid setup the version 2 one has no controllers that anyone limits by.
        var first = found.Where(h => !h.Unified).ToImmutableArray();
        return new CgroupTree(first.IsEmpty ? [.. found.Take(1)] : first);
    }

    /// <summary>The hierarchy with a controller; null when there is none.</summary>
    /// <summary>Whether a group is one of version 2.</summary>
    public bool IsUnified(string folder) => Hierarchies.Any(h => h.Unified && folder.StartsWith(h.Mount + "/", StringComparison.Ordinal));

    public CgroupHierarchy? With(string controller) => Unified ? Hierarchies[0] : Hierarchies.FirstOrDefault(h => h.Controllers.Contains(controller));

    private static bool IsController(string option) =>
        option.StartsWith("name=", StringComparison.Ordinal) || option is "cpu" or "cpuacct" or "cpuset" or "memory" or "devices" or "freezer"
            or "blkio" or "pids" or "hugetlb" or "net_cls" or "net_prio" or "perf_event" or "rdma" or "misc";

    private static string Own(IReadOnlyList<string> memberships, ImmutableArray<string> controllers)
    {
        foreach (var line in memberships)
        {
            var parts = line.Split(':', 3);
            if (parts.Length == 3 && (controllers.IsEmpty ? parts[1].Length == 0 : parts[1].Split(',').Contains(controllers[0])))
                return parts[2];
        }
        return "/";
    }
}
