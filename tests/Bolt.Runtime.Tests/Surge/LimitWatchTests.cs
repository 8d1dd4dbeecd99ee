using System.Collections.Immutable;
using Bolt.Capsules;
using Bolt.Surge;

namespace Bolt.Runtime.Tests.Surge;

public class LimitWatchTests
{
    [Fact]
    public void What_lasts_is_told_once_and_a_killed_process_always()
    {
        var told = ImmutableHashSet<LimitKind>.Empty;
        var counts = LimitCounts.None;
        Assert.Empty(Look(counts));
        Assert.Equal([(LimitKind.Cpu, 3L), (LimitKind.OutOfMemory, 1L)], Look(counts with { CpuThrottled = 3, OutOfMemory = 1 }));
        Assert.Equal([(LimitKind.OutOfMemory, 2L), (LimitKind.Pids, 1L)], Look(counts with { CpuThrottled = 9, OutOfMemory = 3, PidsMax = 1 }));
        Assert.Empty(Look(counts));
        Assert.Equal([(LimitKind.Cpu, 1L)], Look(counts with { CpuThrottled = 10 }));
        Assert.Equal([(LimitKind.MemoryHigh, 1L), (LimitKind.Memory, 4L)], Look(counts with { MemoryHigh = 1, MemoryMax = 4 }));

        ImmutableArray<(LimitKind, long)> Look(LimitCounts now)
        {
            var news = LimitWatch.Next(counts, now, ref told);
            counts = now;
            return news;
        }
    }
}
