using System.Globalization;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Capsules;

/// <summary>
/// What a capsule uses at one moment: by its cgroups as far as it has been in them from its start, else by its processes. A figure that this user may not know is null.
/// </summary>
/// <param name="At">Of <see cref="TimeProvider.GetTimestamp"/>.</param>
/// <param name="Cpu">Processor time so far, of all that ran in it.</param>
/// <param name="CpuOfGroup">By its cgroup, and not the sum over its processes.</param>
/// <param name="Memory">Bytes; by a cgroup without the file cache that can be given back at once, else the sum of what each process has resident.</param>
/// <param name="MemoryLimit">Bytes; null: none.</param>
/// <param name="MemoryOfGroup">By its cgroup.</param>
/// <param name="Disk">Bytes read and written so far.</param>
/// <param name="Network">Bytes received and sent so far.</param>
/// <param name="Tasks">Processes and threads.</param>
/// <param name="TaskLimit">Null: none.</param>
internal sealed record CapsuleUsage(
    long At, TimeSpan Cpu, bool CpuOfGroup, long Memory, long? MemoryLimit, bool MemoryOfGroup,
    (long Read, long Written)? Disk, (long Received, long Sent)? Network, long Tasks, long? TaskLimit)
{
    /// <summary>Null when it has ended.</summary>
    public static CapsuleUsage? Of(Capsule capsule)
    {
        var processes = CapsuleProcesses.Of(capsule.Pid, IdMap.OfCurrentUser());
        if (processes.Count == 0)
            return null;
        var groups = CgroupNote.Read(capsule.Folder);
        var at = TimeProvider.System.GetTimestamp();
        var whole = CgroupNote.Read(capsule.Folder, fromStart: true);
        var cpu = CpuOf(whole);
        var memory = MemoryOf(whole);
        var network = ProcessTable.NetworkOf(capsule.Pid);
        return new CapsuleUsage(
            at, cpu ?? CpuOf(processes), cpu is not null,
            memory ?? processes.Sum(p => p.Seen.ResidentPages) * Environment.SystemPageSize,
            Limit(groups, "memory.max") ?? Limit(groups, "memory.limit_in_bytes"), memory is not null,
            DiskOf(groups) ?? DiskOf(processes), network,
            Number(groups, "pids.current") ?? processes.Sum(p => (long)p.Seen.Threads), Limit(groups, "pids.max"));
    }

    /// <summary>The kernel killed a process for want of memory in one of its groups; memory.events, or memory.oom_control of version 1.</summary>
    public static bool RanOutOfMemory(string folder) => CgroupNote.Read(folder)
        .SelectMany(group => HostFacts.ReadLines(group + "/memory.events").Concat(HostFacts.ReadLines(group + "/memory.oom_control")))
        .Any(line => line.StartsWith("oom_kill ", StringComparison.Ordinal) && line != "oom_kill 0");

    private static TimeSpan? CpuOf(IReadOnlyList<string> groups)
    {
        if (Value(groups, "cpu.stat", "usage_usec ") is { } microseconds)
            return TimeSpan.FromMicroseconds(microseconds);
        return Number(groups, "cpuacct.usage") is { } nanoseconds ? TimeSpan.FromMicroseconds(nanoseconds / 1000) : null;
    }

    // Those who ended are in the account of whoever collected them, commands of exec in the monitor's.
    private static TimeSpan CpuOf(IReadOnlyList<CapsuleProcess> processes)
    {
        var monitor = ProcessTable.Find(processes[0].Seen.Parent);
        var ticks = processes.Sum(p => p.Seen.Ticks) + (monitor is null ? 0 : monitor.Ticks - monitor.OwnTicks);
        return TimeSpan.FromSeconds((double)ticks / ProcessTable.TicksPerSecond);
    }

    private static long? MemoryOf(IReadOnlyList<string> groups) =>
        Number(groups, "memory.current") is { } unified ? unified - (Value(groups, "memory.stat", "inactive_file ") ?? 0)
        : Number(groups, "memory.usage_in_bytes") is { } used ? used - (Value(groups, "memory.stat", "total_inactive_file ") ?? 0)
        : null;

    private static (long Read, long Written)? DiskOf(IReadOnlyList<CapsuleProcess> processes)
    {
        // The init is closed to all, and reads nothing.
        var known = processes.Select(p => ProcessTable.DiskOf(p.Seen.Pid)).OfType<(long Read, long Written)>().ToArray();
        return known.Length == 0 ? null : (known.Sum(d => d.Read), known.Sum(d => d.Written));
    }

    // Lines "8:0 rbytes=… wbytes=… rios=…" (cgroup-v2.rst, io.stat).
    private static (long Read, long Written)? DiskOf(IReadOnlyList<string> groups)
    {
        if (File(groups, "io.stat") is not { } file)
            return null;
        long read = 0, written = 0;
        foreach (var field in HostFacts.ReadLines(file).SelectMany(line => line.Split(' ')))
        {
            if (field.StartsWith("rbytes=", StringComparison.Ordinal))
                read += long.Parse(field.AsSpan(7), CultureInfo.InvariantCulture);
            else if (field.StartsWith("wbytes=", StringComparison.Ordinal))
                written += long.Parse(field.AsSpan(7), CultureInfo.InvariantCulture);
        }
        return (read, written);
    }

    private static long? Value(IReadOnlyList<string> groups, string name, string key) => File(groups, name) is { } file
        && HostFacts.ReadLines(file).FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal)) is { } found
        && long.TryParse(found.AsSpan(key.Length), CultureInfo.InvariantCulture, out var value) ? value : null;

    private static long? Number(IReadOnlyList<string> groups, string name) =>
        File(groups, name) is { } file && long.TryParse(HostFacts.ReadLine(file), CultureInfo.InvariantCulture, out var value) ? value : null;

    // "max", or on version 1 a number near the largest, is none.
    private static long? Limit(IReadOnlyList<string> groups, string name) => Number(groups, name) is { } value and < 1L << 60 ? value : null;

    private static string? File(IReadOnlyList<string> groups, string name) =>
        groups.Select(group => $"{group}/{name}").FirstOrDefault(System.IO.File.Exists);
}
