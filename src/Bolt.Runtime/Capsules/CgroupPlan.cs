using System.Collections.Immutable;
using System.Globalization;
using Bolt.Diagnostics;
using Bolt.Launch;

namespace Bolt.Capsules;

/// <summary>
/// The groups and files that put a capsule's limits on it (cgroups(7)); empty when it has none, because moving a process
/// into a group waits for the kernel (about 9 ms). Version 1 has a hierarchy for each controller, version 2 one for all.
/// </summary>
internal sealed record CgroupPlan(
    ImmutableArray<LaunchStep> Before, ImmutableArray<LaunchStep> Between, ImmutableArray<string> Folders, string OutOfMemoryFile)
{
    private const long CpuPeriod = 100_000;

    public static CgroupPlan Of(CapsuleSpec spec, ObservedHost host, ImmutableArray<Diagnostic>.Builder findings)
    {
        var wanted = Wanted(spec.Limits, host.Unified);
        var before = ImmutableArray.CreateBuilder<LaunchStep>();
        var folders = ImmutableArray.CreateBuilder<string>();
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
                if (host.Scope is not null)
                    MakeRoomForShim(before, above);
                Make(before, host.Unified, above, group, wanted.Select(pair => pair.Controller));
            }

            var optional = spec.Limits.BestEffort ? 1 : 0;
            foreach (var (file, value) in files)
                before.Add(new(LaunchOperation.WriteFile, $"{group}/{file}", value, X: optional));
            if (controller == "memory")
                outOfMemory = group + (host.Unified ? "/memory.events" : "/memory.oom_control");
        }

        return new CgroupPlan(
            before.ToImmutable(),
            [.. folders.Select(folder => new LaunchStep(LaunchOperation.JoinCgroup, folder, X: spec.Limits.BestEffort ? 1 : 0))],
            folders.ToImmutable(), outOfMemory);
    }

    // A group with processes of its own hands no controller down (cgroups(7), "no internal processes"): the shim, which
    // systemd put into the scope, moves aside. "0" is who writes.
    private static void MakeRoomForShim(ImmutableArray<LaunchStep>.Builder steps, string scope)
    {
        steps.Add(new(LaunchOperation.MakeFolder, scope + "/monitor", X: 0b111_101_101, Y: -1));
        steps.Add(new(LaunchOperation.WriteFile, scope + "/monitor/cgroup.procs", "0"));
    }

    private static void Make(
        ImmutableArray<LaunchStep>.Builder steps, bool unified, string above, string group, IEnumerable<string> controllers)
    {
        // A controller must be handed down; where it is already, or systemd has done it, nothing changes.
        if (unified)
            steps.Add(new(LaunchOperation.WriteFile, above + "/cgroup.subtree_control", string.Join(' ', controllers.Select(c => "+" + c)), X: 1));
        steps.Add(new(LaunchOperation.MakeFolder, group, X: 0b111_101_101, Y: -1));
    }

    private static ImmutableArray<(string Controller, ImmutableArray<(string File, string Value)> Files)> Wanted(CapsuleLimits limits, bool unified)
    {
        var wanted = ImmutableArray.CreateBuilder<(string, ImmutableArray<(string, string)>)>();
        if (limits.MemoryBytes is { } bytes)
            wanted.Add(("memory", unified ? [("memory.max", Text(bytes)), ("memory.swap.max", "0")] : [("memory.limit_in_bytes", Text(bytes))]));
        if (limits.Cpus is { } cpus)
        {
            var quota = Text((long)(cpus * CpuPeriod));
            wanted.Add(("cpu", unified
                ? [("cpu.max", $"{quota} {CpuPeriod}")]
                : [("cpu.cfs_period_us", Text(CpuPeriod)), ("cpu.cfs_quota_us", quota)]));
        }

        if (limits.Pids is { } pids)
            wanted.Add(("pids", [("pids.max", Text(pids))]));
        return wanted.ToImmutable();
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
