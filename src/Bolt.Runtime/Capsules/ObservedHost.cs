using System.Collections.Immutable;
using Bolt.Kernel;

namespace Bolt.Capsules;

/// <summary>What of the host decides how a capsule is launched.</summary>
internal sealed record ObservedHost
{
    /// <summary>The effective uid is 0.</summary>
    public required bool Root { get; init; }
    /// <summary>The unified hierarchy is the only one: /sys/fs/cgroup itself is cgroup2.</summary>
    public bool Unified { get; init; }
    /// <summary>
    /// By controller ("memory", "cpu", "cpuset", "io", "pids", "hugetlb"): the folder below which a group for a capsule may be
    /// made. A controller that is missing cannot be used by this user.
    /// </summary>
    public ImmutableSortedDictionary<string, string> Cgroups { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The bus of a systemd that gives groups away; null where there is none, or no unified hierarchy.</summary>
    public string? Bus { get; init; }
    /// <summary>The scope that systemd gave the shim; its groups are below it. Null: <see cref="Cgroups"/> says where.</summary>
    public string? Scope { get; init; }

    /// <summary>Controllers of version 2 on a host that has version 1 for the others.</summary>
    public ImmutableHashSet<string> Second { get; init; } = [];
    /// <summary>What the group above a new cpuset of version 1 has; such a group begins with none.</summary>
    public string Processors { get; init; } = "";
    /// <summary>Likewise.</summary>
    public string MemoryNodes { get; init; } = "";
    /// <summary>"MAJOR:MINOR" of the block devices that a capsule's limits name.</summary>
    public ImmutableDictionary<string, string> Devices { get; init; } = ImmutableDictionary<string, string>.Empty;

    public bool IsUnified(string controller) => Unified || Second.Contains(controller);

    /// <summary>With the devices that these limits name, as far as they are there.</summary>
    public ObservedHost WithDevices(CapsuleLimits limits) => limits.Io.IsEmpty ? this : this with
    {
        Devices = limits.Io.Select(limit => limit.Device).Distinct().Select(path => (path, Number: BlockDevice.Number(path)))
            .Where(pair => pair.Number is not null).ToImmutableDictionary(pair => pair.path, pair => pair.Number!),
    };

    /// <summary>With all controllers that the scope has.</summary>
    public ObservedHost InScope(string scope) => this with
    {
        Scope = scope,
        Cgroups = Controllers(scope)
            .ToImmutableSortedDictionary(controller => controller, _ => scope, StringComparer.Ordinal),
    };

    private static readonly ImmutableHashSet<string> Known = ["memory", "cpu", "cpuset", "io", "pids", "hugetlb"];

    /// <summary>Reads the kernel's files.</summary>
    public static ObservedHost Read()
    {
        var root = Sys.EffectiveUid() == 0;
        var (unified, second, groups) = FindGroups(
            File.ReadAllLines("/proc/self/mountinfo"), File.ReadAllLines("/proc/self/cgroup"), root, Access.IsWritable, Controllers);
        return new ObservedHost
        {
            Root = root,
            Unified = unified,
            Second = second,
            Cgroups = groups,
            Processors = unified || !groups.TryGetValue("cpuset", out var above) ? "" : HostFacts.ReadLine(above + "/cpuset.cpus") ?? "",
            MemoryNodes = unified || !groups.TryGetValue("cpuset", out above) ? "" : HostFacts.ReadLine(above + "/cpuset.mems") ?? "",
            Bus = unified ? SystemdBus.Find() : null,
        };
    }

    private static string[] Controllers(string folder) =>
        (HostFacts.ReadLine(folder + "/cgroup.controllers") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>
    /// mountinfo: "id parent dev root mountpoint options … - type source superoptions" (proc_pid_mountinfo(5));
    /// cgroup: "id:controllers:path" (cgroups(7)), the unified one as "0::path".
    /// </summary>
    internal static (bool Unified, ImmutableHashSet<string> Second, ImmutableSortedDictionary<string, string> Groups) FindGroups(
        IReadOnlyList<string> mountinfo, IReadOnlyList<string> memberships, bool root, Func<string, bool> writable, Func<string, string[]> controllers)
    {
        var groups = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var second = ImmutableHashSet.CreateBuilder<string>();
        var unified = false;
        foreach (var line in mountinfo)
        {
            var halves = line.Split(" - ", 2);
            var left = halves[0].Split(' ');
            var right = halves.Length == 2 ? halves[1].Split(' ') : [];
            if (left.Length < 5 || right.Length < 3)
                continue;
            if (right[0] == "cgroup2" && left[4].StartsWith("/sys/fs/cgroup", StringComparison.Ordinal))
            {
                unified |= left[4] == "/sys/fs/cgroup";
                if (UnifiedBase(left[4], memberships, root, writable) is not { } folder)
                    continue;
                foreach (var controller in controllers(folder).Where(Known.Contains))
                {
                    groups[controller] = folder;
                    second.Add(controller);
                }
            }
            else if (right[0] == "cgroup")
            {
                foreach (var name in right[2].Split(','))
                {
                    var controller = name == "blkio" ? "io" : name;
                    var folder = left[4] + Membership(memberships, name).TrimEnd('/');
                    if (Known.Contains(controller) && writable(folder))
                        groups[controller] = folder;
                }
            }
        }

        return (unified, second.ToImmutable(), groups.ToImmutable());
    }

    // Root makes its groups at the top, whose processes do not count as inner ones; a user's are below the highest group
    // that was delegated to them (systemd: user@UID.service), which has no processes of its own either.
    private static string? UnifiedBase(string mount, IReadOnlyList<string> memberships, bool root, Func<string, bool> writable)
    {
        if (root)
            return writable(mount) ? mount : null;
        var folder = mount;
        foreach (var part in Membership(memberships, "").Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            folder += "/" + part;
            if (writable(folder))
                return folder;
        }

        return null;
    }

    private static string Membership(IReadOnlyList<string> memberships, string controller) =>
        memberships.Select(line => line.Split(':', 3))
            .FirstOrDefault(parts => parts.Length == 3 && parts[1].Split(',').Contains(controller))?[2] ?? "/";
}
