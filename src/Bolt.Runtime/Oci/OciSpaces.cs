using System.Collections.Immutable;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Oci;

/// <summary>Which namespaces a container makes and which it joins, and how ids map in a new user namespace.</summary>
internal sealed class OciSpaces
{
    // In the order in which they are joined: the user namespace first where it gives the right to the others, the pid
    // namespace as one of the last because it is for children alone.
    private static readonly (string Type, ulong Flag)[] Order =
    [
        ("user", Sys.CloneNewUser), ("ipc", Sys.CloneNewIpc), ("uts", Sys.CloneNewUts), ("network", Sys.CloneNewNet), ("pid", Sys.CloneNewPid),
        ("mount", Sys.CloneNewMounts), ("cgroup", Sys.CloneNewCgroup), ("time", Sys.CloneNewTime),
    ];

    public OciSpaces(OciLinux linux, Func<int> takeSlot)
    {
        var open = ImmutableArray.CreateBuilder<LaunchStep>();
        var enter = ImmutableArray.CreateBuilder<LaunchStep>();
        foreach (var (type, flag) in Order)
        {
            if (linux.Namespaces?.FirstOrDefault(n => n.Type == type) is not { } wanted)
                continue;
            if (string.IsNullOrEmpty(wanted.Path))
            {
                if (type == "time")
                    NewTime = true;
                else
                    New |= flag;
                continue;
            }
            var slot = takeSlot();
            open.Add(new(LaunchOperation.OpenNamespace, wanted.Path, X: slot));
            enter.Add(new(LaunchOperation.EnterNamespace, wanted.Path, X: slot, Y: (long)flag));
            if (type == "user")
                enter.Add(new(LaunchOperation.InnerRoot, X: 1));
        }
        (Open, Enter) = (open.ToImmutable(), enter.ToImmutable());
    }

    /// <summary>CLONE_NEW… of those that are made; a time namespace is not clone's to make.</summary>
    public ulong New { get; }
    public bool NewUser => (New & Sys.CloneNewUser) != 0;
    public bool NewTime { get; }
    public ImmutableArray<LaunchStep> Open { get; }
    public ImmutableArray<LaunchStep> Enter { get; }

    public static (IdMapWay Way, ImmutableArray<IdRange> Uids, ImmutableArray<IdRange> Gids, bool DenyGroups) Maps(OciLinux linux, OciHost host, bool newUser)
    {
        if (!newUser)
            return (IdMapWay.Joined, [], [], false);
        ImmutableArray<IdRange> uids = [.. linux.UidMappings!.Select(Range)], gids = [.. linux.GidMappings!.Select(Range)];
        if (host.Root)
            return (IdMapWay.Direct, uids, gids, false);
        // One's own id alone needs no set-uid program.
        var own = uids is [{ Count: 1 } uid] && uid.Host == host.Uid && gids is [{ Count: 1 } gid] && gid.Host == host.Gid;
        return (own ? IdMapWay.Direct : IdMapWay.Programs, uids, gids, own);
    }

    private static IdRange Range(OciIdMapping mapping) => new(mapping.ContainerId, mapping.HostId, mapping.Size);
}
