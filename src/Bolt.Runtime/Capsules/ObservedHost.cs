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
    /// By controller ("memory", "cpu", "pids"): the folder below which a group for a capsule may be made. A controller
    /// that is missing cannot be used by this user.
    /// </summary>
    public ImmutableSortedDictionary<string, string> Cgroups { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The bus of a systemd that gives groups away; null where there is none, or no unified hierarchy.</summary>
    public string? Bus { get; init; }
    /// <summary>The scope that systemd gave the shim; its groups are below it. Null: <see cref="Cgroups"/> says where.</summary>
    public string? Scope { get; init; }

    /// <summary>With all controllers that the scope has.</summary>
    public ObservedHost InScope(string scope) => this with
    {
        Scope = scope,
        Cgroups = (HostFacts.ReadLine(scope + "/cgroup.controllers") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .ToImmutableSortedDictionary(controller => controller, _ => scope, StringComparer.Ordinal),
    };

    /// <summary>Reads the kernel's files.</summary>
    public static ObservedHost Read()
    {
        var root = Sys.EffectiveUid() == 0;
        var (unified, groups) = FindGroups(
            File.ReadAllLines("/proc/self/mountinfo"), File.ReadAllLines("/proc/self/cgroup"), root, Access.IsWritable);
        return new ObservedHost { Root = root, Unified = unified, Cgroups = groups, Bus = unified ? SystemdScope.FindBus() : null };
    }

    /// <summary>
    /// mountinfo: "id parent dev root mountpoint options … - type source superoptions" (proc_pid_mountinfo(5));
    /// cgroup: "id:controllers:path" (cgroups(7)), the unified one as "0::path".
    /// </summary>
    internal static (bool Unified, ImmutableSortedDictionary<string, string> Groups) FindGroups(
        IReadOnlyList<string> mountinfo, IReadOnlyList<string> memberships, bool root, Func<string, bool> writable)
    {
        var groups = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var unified = false;
        foreach (var line in mountinfo)
        {
            var halves = line.Split(" - ", 2);
            var left = halves[0].Split(' ');
            var right = halves.Length == 2 ? halves[1].Split(' ') : [];
            if (left.Length < 5 || right.Length < 3)
                continue;
            if (right[0] == "cgroup2" && left[4] == "/sys/fs/cgroup")
            {
                unified = true;
                if (UnifiedBase(left[4], memberships, root, writable) is { } folder)
                    groups["memory"] = groups["cpu"] = groups["pids"] = folder;
            }
            else if (right[0] == "cgroup")
            {
                foreach (var controller in right[2].Split(',').Where(c => c is "memory" or "cpu" or "pids"))
                {
                    var folder = left[4] + Membership(memberships, controller).TrimEnd('/');
                    if (writable(folder))
                        groups[controller] = folder;
                }
            }
        }

        return (unified, groups.ToImmutable());
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
