using System.Collections.Immutable;
using System.Globalization;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Capsules;

/// <summary>
/// How often a capsule has met each of its limits since its start. Zero too for what is not counted: version 1 does not know
/// the high mark, and counts a failed allocation for each time that memory had to be given back.
/// </summary>
internal sealed record LimitCounts(long CpuThrottled, long MemoryHigh, long MemoryMax, long OutOfMemory, long PidsMax)
{
    public static LimitCounts None { get; } = new(0, 0, 0, 0, 0);

    /// <summary>The capsule's groups; none: it has no limits, or has ended.</summary>
    public static ImmutableArray<string> Groups(string folder) => [.. CgroupNote.Read(folder)];

    /// <summary>Reads the kernel's files.</summary>
    public static LimitCounts Read(ImmutableArray<string> groups) => new(
        Line(groups, "cpu.stat", "nr_throttled"),
        Line(groups, "memory.events", "high"),
        Line(groups, "memory.events", "max") + Line(groups, "memory.failcnt", ""),
        Line(groups, "memory.events", "oom_kill") + Line(groups, "memory.oom_control", "oom_kill"),
        Line(groups, "pids.events", "max"));

    // "name N", or a lone number. Where the controllers of version 1 share a group the file is there once all the same.
    private static long Line(ImmutableArray<string> groups, string file, string name) =>
        groups.SelectMany(group => HostFacts.ReadLines($"{group}/{file}")).Select(line => line.Split(' '))
            .Where(parts => name.Length == 0 ? parts.Length == 1 : parts.Length == 2 && parts[0] == name)
            .Select(parts => long.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0)
            .FirstOrDefault();
}
