using System.Collections.Immutable;
using System.Globalization;
using Bolt.Diagnostics;
using Bolt.Launch;

namespace Bolt.Capsules;

/// <summary>
/// The groups and files that put a capsule's limits on it (cgroups(7)); empty when it has none. Version 1 has a hierarchy
/// for each controller, version 2 one for all.
/// </summary>
/// <param name="Between">Joins by the shim.</param>
/// <param name="Entered">Groups that the init enters by itself (<see cref="EnteredGroups"/>).</param>
internal sealed record CgroupPlan(
    ImmutableArray<LaunchStep> Before, ImmutableArray<LaunchStep> Between, ImmutableArray<string> Entered, ImmutableArray<string> Folders,
    string OutOfMemoryFile)
{
    private const long CpuPeriod = 100_000;
    /// <summary>Of a step that may fail, and whose failure is told.</summary>
    private const int Told = 2;

    public static CgroupPlan Of(CapsuleSpec spec, ObservedHost host, ImmutableArray<Diagnostic>.Builder findings)
    {
        foreach (var limit in spec.Limits.Io.Where(limit => !host.Devices.ContainsKey(limit.Device)).DistinctBy(limit => limit.Device))
            findings.Add(CapsuleErrors.NoDevice(spec.Id, limit.Device, spec.Limits.BestEffort));
        var wanted = Wanted(spec.Limits, host);
        var before = ImmutableArray.CreateBuilder<LaunchStep>();
        var folders = ImmutableArray.CreateBuilder<string>();
        var entered = ImmutableArray.CreateBuilder<string>();
        var outOfMemory = "";
        foreach (var (controller, files) in wanted)
        {
            if (!host.Cgroups.TryGetValue(controller, out var above))
            {
                findings.Add(CapsuleErrors.NoController(spec.Id, controller, host.Root, spec.Limits.BestEffort));
                continue;
            }

            // Not below a group that all capsules share: who would remove that, and when?
            var group = host.Scope is null ? $"{above}/bolt-{spec.Id}" : above + "/capsule";
            if (!folders.Contains(group))
            {
                folders.Add(group);
                // What the shim does not do itself it cannot forgive.
                if (!host.IsUnified(controller) && !spec.Limits.BestEffort)
                    entered.Add(group);
                if (host.Scope is not null)
                    MakeRoomForShim(before, above);
                Make(before, above, group, wanted.Select(pair => pair.Controller).Where(c => host.IsUnified(c) && host.Cgroups.GetValueOrDefault(c) == above));
            }

            foreach (var (file, value) in files)
                before.Add(new(LaunchOperation.WriteFile, $"{group}/{file}", value, X: spec.Limits.BestEffort ? Told : 0));
            if (controller == "memory")
                outOfMemory = group + (host.Unified ? "/memory.events" : "/memory.oom_control");
        }

        return new CgroupPlan(
            before.ToImmutable(),
            [.. folders.Except(entered).Select(folder => new LaunchStep(LaunchOperation.JoinCgroup, folder, X: spec.Limits.BestEffort ? Told : 0))],
            entered.ToImmutable(),
            folders.ToImmutable(), outOfMemory);
    }

    // In the order in which a controller is first named.
    private static ImmutableArray<(string Controller, ImmutableArray<(string File, string Value)> Files)> Wanted(CapsuleLimits limits, ObservedHost host)
    {
        var all = Files(limits, host.Unified).SelectMany(pair => pair.Files.Select(file => (pair.Controller, file.File, file.Value)))
            .Concat(CgroupFiles.Of(limits, host.IsUnified, path => host.Devices.GetValueOrDefault(path)))
            .GroupBy(file => file.Controller, file => (file.File, file.Value));
        return [.. all.Select(group => (group.Key, group.Key == "cpuset" && !host.IsUnified("cpuset") ? WithParents(group, host) : group.ToImmutableArray()))];
    }

    // A new group of version 1 has no processors and no memory, and takes no process as long as it lacks either.
    private static ImmutableArray<(string File, string Value)> WithParents(IEnumerable<(string File, string Value)> files, ObservedHost host)
    {
        var own = files.ToDictionary(file => file.File, file => file.Value);
        return [("cpuset.cpus", own.GetValueOrDefault("cpuset.cpus", host.Processors)), ("cpuset.mems", own.GetValueOrDefault("cpuset.mems", host.MemoryNodes))];
    }

    // A group with processes of its own hands no controller down (cgroups(7), "no internal processes"): the shim, which
    // systemd put into the scope, moves aside. "0" is who writes.
    private static void MakeRoomForShim(ImmutableArray<LaunchStep>.Builder steps, string scope)
    {
        steps.Add(new(LaunchOperation.MakeFolder, scope + "/monitor", X: 0b111_101_101, Y: -1));
        steps.Add(new(LaunchOperation.WriteFile, scope + "/monitor/cgroup.procs", "0"));
    }

    private static void Make(ImmutableArray<LaunchStep>.Builder steps, string above, string group, IEnumerable<string> handedDown)
    {
        // A controller must be handed down; where it is already, or systemd has done it, nothing changes.
        foreach (var controller in handedDown)
            steps.Add(new(LaunchOperation.WriteFile, above + "/cgroup.subtree_control", "+" + controller, X: 1));
        steps.Add(new(LaunchOperation.MakeFolder, group, X: 0b111_101_101, Y: -1));
    }

    /// <summary>What is written where; a limit of -1 takes the limit away.</summary>
    public static ImmutableArray<(string Controller, ImmutableArray<(string File, string Value)> Files)> Files(CapsuleLimits limits, bool unified)
    {
        var wanted = ImmutableArray.CreateBuilder<(string, ImmutableArray<(string, string)>)>();
        if (limits.MemoryBytes is { } bytes)
            wanted.Add(("memory", unified ? [("memory.max", Max(bytes)), ("memory.swap.max", bytes < 0 ? "max" : "0")] : [("memory.limit_in_bytes", Text(bytes))]));
        if (limits.Cpus is { } cpus)
        {
            var quota = cpus < 0 ? -1 : (long)(cpus * CpuPeriod);
            wanted.Add(("cpu", unified
                ? [("cpu.max", $"{Max(quota)} {CpuPeriod}")]
                : [("cpu.cfs_period_us", Text(CpuPeriod)), ("cpu.cfs_quota_us", Text(quota))]));
        }

        if (limits.Pids is { } pids)
            wanted.Add(("pids", [("pids.max", Max(pids))]));
        return wanted.ToImmutable();
    }

    private static string Max(long number) => number < 0 ? "max" : Text(number);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
