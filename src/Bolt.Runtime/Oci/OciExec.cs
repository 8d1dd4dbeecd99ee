using System.Collections.Immutable;
using System.Globalization;
using Bolt.Diagnostics;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Oci;

/// <summary>A process in a running container, as a sheet.</summary>
internal sealed class OciExec(OciState state, OciProcess process, OciHost host, SeccompRules? seccomp, OciPersonality? personality, int preserved)
{
    // The mounts come last: from there on the host's /proc is out of sight. The pid namespace is for the child alone.
    private static readonly (string Name, ulong Flag)[] Order =
    [
        ("user", Sys.CloneNewUser), ("ipc", Sys.CloneNewIpc), ("uts", Sys.CloneNewUts), ("net", Sys.CloneNewNet), ("pid", Sys.CloneNewPid),
        ("cgroup", Sys.CloneNewCgroup), ("time", Sys.CloneNewTime), ("mnt", Sys.CloneNewMounts),
    ];

    private int _slots;

    public ContainerSheet ToSheet()
    {
        var request = new OciLaunchRequest { Id = state.Id, Bundle = state.Bundle, Folder = "", Preserved = preserved };
        var open = ImmutableArray.CreateBuilder<LaunchStep>();
        var enter = ImmutableArray.CreateBuilder<LaunchStep>();
        var label = OciService.Label(process, host, () => _slots++);
        foreach (var (name, flag) in Order.Where(space => Differs(state.Pid, space.Name)))
        {
            var path = Space(state.Pid.ToString(CultureInfo.InvariantCulture), name);
            open.Add(new(LaunchOperation.OpenNamespace, path, X: _slots));
            enter.Add(new(LaunchOperation.EnterNamespace, path, X: _slots++, Y: (long)flag));
            if (name == "user")
                enter.Add(new(LaunchOperation.InnerRoot, X: 1));
        }
        var folders = IsAttached(state, host) ? [] : state.Cgroups;
        var groups = EnteredGroups.Of(folders.Where(folder => !host.Cgroups.IsUnified(folder)), () => _slots++);
        return new ContainerSheet
        {
            Exec = true,
            Columns = (ushort)Math.Min(process.ConsoleSize?.Width ?? 0, ushort.MaxValue),
            Rows = (ushort)Math.Min(process.ConsoleSize?.Height ?? 0, ushort.MaxValue),
            Preserved = preserved,
            Steps = new CapsuleSheet
            {
                Id = state.Id,
                Folder = "",
                Ids = new IdMap(0, 0, 0, 0, 0),
                MapWay = IdMapWay.Joined,
                Namespaces = 0,
                Before = [.. Affinity(process.ExecCpuAffinity?.Initial), .. groups.Open, .. open],
                Between =
                [
                    .. process.OomScoreAdj is { } score ? (ReadOnlySpan<LaunchStep>)[new(LaunchOperation.OutOfMemoryScore, "oomScoreAdj", X: score, Y: host.Root && !host.Nested ? 0 : 1)] : [],
                    .. folders.Where(host.Cgroups.IsUnified).Select(folder => new LaunchStep(LaunchOperation.JoinCgroup, folder)),
                ],
                Beside = enter.ToImmutable(),
                // In its groups already.
                Entry = [.. groups.Enter, .. Affinity(process.ExecCpuAffinity?.Final)],
                Inside = [.. label.Open, .. process.Terminal ? (ReadOnlySpan<LaunchStep>)[new(LaunchOperation.ExecTerminal)] : []],
                Service = [.. OciService.Steps(process, request, seccomp, label.Write, listener: null, [], personality)],
                Command = [.. process.Args!],
                Environment = OciService.Environment(process, request),
                Filter = seccomp?.Program ?? [],
                Slots = _slots,
                Terminal = process.Terminal,
            },
        };
    }

    private static ImmutableArray<LaunchStep> Affinity(string? list) =>
        ProcessNames.Processors(list) is { Length: > 0 } processors ? [new(LaunchOperation.Affinity, processors)] : [];

    /// <summary>systemd moves its launcher into the container's scope: whoever is not the host's root may not.</summary>
    public static bool IsAttached(OciState state, OciHost host) => state.Unit is not null && host.Bus is not null && (!host.Root || host.Nested);

    /// <summary>The container's root is another user of the host than this process.</summary>
    public static bool HasOtherUsers(int pid) => Differs(pid, "user");

    private static bool Differs(int pid, string name)
    {
        string? theirs;
        try
        {
            theirs = File.ResolveLinkTarget(Space(pid.ToString(CultureInfo.InvariantCulture), name), returnFinalTarget: false)?.Name;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Until its start a container of an ordinary user is this runtime's own process, and closed to all.
            throw new BoltException(OciErrors.Closed(pid, e.Message), e);
        }
        return theirs is not null && theirs != File.ResolveLinkTarget(Space("self", name), returnFinalTarget: false)?.Name;
    }

    private static string Space(string pid, string name) => $"/proc/{pid}/ns/{name}";
}
