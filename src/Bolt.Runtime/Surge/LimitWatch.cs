using System.Collections.Immutable;
using Bolt.Capsules;

namespace Bolt.Surge;

/// <summary>
/// Which of a service's met limits are news. Who is throttled is throttled ten times a second: it is told once, and again
/// after a look at which it was not. A killed process is always told. Pure.
/// </summary>
internal static class LimitWatch
{
    public static ImmutableArray<(LimitKind Limit, long Times)> Next(LimitCounts before, LimitCounts now, ref ImmutableHashSet<LimitKind> told)
    {
        (LimitKind Limit, long Times)[] all =
        [
            (LimitKind.Cpu, now.CpuThrottled - before.CpuThrottled),
            (LimitKind.MemoryHigh, now.MemoryHigh - before.MemoryHigh),
            (LimitKind.Memory, now.MemoryMax - before.MemoryMax),
            (LimitKind.OutOfMemory, now.OutOfMemory - before.OutOfMemory),
            (LimitKind.Pids, now.PidsMax - before.PidsMax),
        ];
        var met = all.Where(pair => pair.Times > 0).ToImmutableArray();
        var known = told;
        told = [.. met.Select(pair => pair.Limit)];
        return [.. met.Where(pair => pair.Limit == LimitKind.OutOfMemory || !known.Contains(pair.Limit))];
    }
}
