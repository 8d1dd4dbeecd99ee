using System.Collections.Immutable;
using System.Globalization;
using Bolt.Diagnostics;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Capsules;

/// <summary>The cgroups of a capsule that runs: those that it was started with, and those that it is given later.</summary>
internal static class CapsuleGroups
{
    /// <summary>The capsule's group with this file; null when it has none.</summary>
    public static string? With(string folder, string file) =>
        CgroupNote.Read(folder).FirstOrDefault(group => File.Exists(Path.Combine(group, file)));

    /// <summary>A group of version 2 with all of the capsule in it; null where this user can have none.</summary>
    public static string? ForFreezing(Capsule capsule)
    {
        if (With(capsule.Folder, "cgroup.freeze") is { } own)
            return own;
        // systemd's own tree has one writer; and an ordinary user cannot move a process out of a group that is not his.
        var host = ObservedHost.Read();
        return host.Root && host.Bus is null && UnifiedHome() is { } above ? Make(capsule, above) : null;
    }

    /// <summary>
    /// Applies limits to a capsule that runs, in groups that are made now if it has none. BOLT9501: this user can have none;
    /// BOLT5122: the kernel refused one.
    /// </summary>
    /// <returns>The controllers that count only from now on: memory, for instance, stays with the group that it was taken in.</returns>
    public static ImmutableArray<string> Limit(Capsule capsule, CapsuleLimits limits)
    {
        var host = ObservedHost.Read();
        var late = ImmutableArray.CreateBuilder<string>();
        foreach (var (controller, files) in CgroupPlan.Files(limits, host.Unified))
        {
            var group = With(capsule.Folder, files[0].File);
            if (group is null)
            {
                group = NewGroup(capsule, host, controller);
                late.Add(controller);
            }
            // Swap has a limit of its own, which a group that was there before has already.
            foreach (var (file, value) in files.Where(f => f is not ("memory.swap.max", "0") || late.Contains(controller)))
                Write(capsule, Path.Combine(group, file), value);
        }
        return late.ToImmutable();
    }

    /// <summary>Moves all processes of the capsule into a group, until one look finds none outside.</summary>
    public static void Gather(Capsule capsule, string group)
    {
        var ids = IdMap.OfCurrentUser();
        while (true)
        {
            var members = File.ReadLines(group + "/cgroup.procs").Select(line => int.Parse(line, CultureInfo.InvariantCulture)).ToHashSet();
            var outside = CapsuleProcesses.Of(capsule.Pid, ids).Where(p => !members.Contains(p.Seen.Pid)).ToArray();
            if (outside.Length == 0)
                return;
            foreach (var process in outside)
                Move(process.Seen.Pid, group);
        }
    }

    private static void Move(int pid, string group)
    {
        try
        {
            File.WriteAllText(group + "/cgroup.procs", pid.ToString(CultureInfo.InvariantCulture));
        }
        catch (IOException) when (ProcessTable.Find(pid) is null or { Ended: true })
        {
            // It ended on the way.
        }
    }

    private static string NewGroup(Capsule capsule, ObservedHost host, string controller)
    {
        if (!host.Cgroups.TryGetValue(controller, out var above) || (host.Bus is not null && host.Unified))
            throw new BoltException(CapsuleErrors.NoNewGroup(capsule.Id, controller, host.Root));
        if (host.Unified)
            Write(capsule, above + "/cgroup.subtree_control", "+" + controller);
        return Make(capsule, above);
    }

    private static string Make(Capsule capsule, string above)
    {
        var group = $"{above}/bolt-{capsule.Id}";
        CgroupNote.Add(capsule.Folder, group);
        try
        {
            Directory.CreateDirectory(group);
            Gather(capsule, group);
            return group;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BoltException(CapsuleErrors.GroupRefused(capsule.Id, group, e.Message), e);
        }
    }

    private static void Write(Capsule capsule, string file, string value)
    {
        try
        {
            File.WriteAllText(file, value);
        }
        catch (FileNotFoundException) when (Path.GetFileName(file) == "memory.swap.max")
        {
            // A kernel without swap accounting has no swap to limit.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BoltException(CapsuleErrors.GroupRefused(capsule.Id, $"{file}: {value}", e.Message), e);
        }
    }

    // Beside version 1 it has no controllers that limit, but the freezer is in every group.
    private static string? UnifiedHome()
    {
        var mount = HostFacts.ReadLines("/proc/self/mountinfo").Select(line => line.Split(" - ", 2))
            .Where(halves => halves.Length == 2 && halves[1].StartsWith("cgroup2 ", StringComparison.Ordinal))
            .Select(halves => halves[0].Split(' '))
            .FirstOrDefault(fields => fields.Length > 4 && fields[4].StartsWith("/sys/fs/cgroup", StringComparison.Ordinal))?[4];
        return mount is not null && Access.IsWritable(mount + "/cgroup.procs") ? mount : null;
    }
}
