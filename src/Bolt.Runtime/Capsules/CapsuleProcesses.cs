using System.Text;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Capsules;

/// <summary>One process inside a capsule.</summary>
/// <param name="Seen">As the host sees it.</param>
/// <param name="InnerPid">Its number inside.</param>
/// <param name="InnerUid">Its user's number inside; null: one that the capsule's map does not have.</param>
internal sealed record CapsuleProcess(ObservedProcess Seen, int InnerPid, uint? InnerUid);

/// <summary>
/// Who runs in a capsule, from /proc: the descendants of its monitor that are in its pid namespace. Commands of exec are the
/// monitor's own children, and no one's inside.
/// </summary>
internal static class CapsuleProcesses
{
    /// <summary>By pid; the init first, unless it has ended.</summary>
    public static IReadOnlyList<CapsuleProcess> Of(int init, IdMap ids) => Of(init, ids, ProcessTable.Read(), ProcessTable.IdentityOf);

    internal static IReadOnlyList<CapsuleProcess> Of(int init, IdMap ids, IReadOnlyList<ObservedProcess> all, Func<int, ProcessIdentity?> identity)
    {
        if (all.FirstOrDefault(p => p.Pid == init) is not { Parent: > 0 } first || identity(init)?.Pids.Count is not { } depth)
            return [];
        var children = all.ToLookup(p => p.Parent);
        var found = new List<CapsuleProcess>();
        var left = new Queue<int>([first.Parent]);
        while (left.TryDequeue(out var parent))
        {
            foreach (var process in children[parent])
            {
                left.Enqueue(process.Pid);
                // What is on its way in is not in yet.
                if (!process.Ended && identity(process.Pid) is { } who && who.Pids.Count >= depth)
                    found.Add(new CapsuleProcess(process, who.Pids[depth - 1], Inner(ids, who.Uid)));
            }
        }
        return [.. found.OrderBy(p => p.Seen.Pid != init).ThenBy(p => p.Seen.Pid)];
    }

    /// <summary>The names of the capsule's own users; none when this user may not look.</summary>
    public static IReadOnlyDictionary<uint, string> Users(int pid)
    {
        const int most = 1 << 20;
        var users = new Dictionary<uint, string>();
        foreach (var line in Encoding.UTF8.GetString(RootFile.Read(pid, "/etc/passwd", most) ?? []).Split('\n'))
        {
            if (line.Split(':') is [{ Length: > 0 } name, _, var number, ..] && uint.TryParse(number, out var uid))
                users.TryAdd(uid, name);
        }
        return users;
    }

    private static uint? Inner(IdMap ids, uint uid) =>
        uid == ids.HostUid ? 0
        : uid >= ids.SubUid && uid - ids.SubUid < ids.Count ? uid - ids.SubUid + 1
        : null;
}
