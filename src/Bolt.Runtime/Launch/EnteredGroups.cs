using System.Collections.Immutable;

namespace Bolt.Launch;

/// <summary>
/// Groups of cgroup version 1 that a process enters by itself: the shim opens what the process writes to. Moving another
/// process, or one of version 2, waits for an RCU grace period of the kernel (about 9 ms at rest); a thread that moves
/// itself through the tasks file does not (kernel/cgroup/cgroup.c, cgroup_procs_write_start).
/// </summary>
internal sealed record EnteredGroups(ImmutableArray<LaunchStep> Open, ImmutableArray<LaunchStep> Enter)
{
    public static EnteredGroups Of(IEnumerable<string> folders, Func<int> takeSlot)
    {
        var groups = folders.Select(folder => (Folder: folder, Slot: takeSlot())).ToArray();
        return new EnteredGroups(
            [.. groups.Select(group => new LaunchStep(LaunchOperation.OpenGroup, group.Folder, X: group.Slot))],
            [.. groups.Select(group => new LaunchStep(LaunchOperation.EnterGroup, group.Folder, X: group.Slot))]);
    }
}
