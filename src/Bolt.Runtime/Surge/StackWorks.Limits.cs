using System.Collections.Immutable;
using Bolt.Capsules;

namespace Bolt.Surge;

internal sealed partial class StackWorks
{
    /// <summary>The kernel has no event for throttling; what has one in version 2 has none in version 1.</summary>
    private static readonly TimeSpan LimitsLook = TimeSpan.FromSeconds(2);

    /// <summary>Tells when a service meets one of its limits, until it has ended.</summary>
    private async Task WatchLimitsAsync(RunningService it)
    {
        var groups = LimitCounts.Groups(it.Folder);
        if (groups.IsEmpty) return;
        var (told, before) = (ImmutableHashSet<LimitKind>.Empty, LimitCounts.None);
        do
        {
            var now = LimitCounts.Read(groups);
            foreach (var met in LimitWatch.Next(before, now, ref told))
                tell(new StackEvent.ServiceMetLimit(clock.GetUtcNow(), it.Name, met.Limit, met.Times));
            before = now;
        }
        while (await Task.WhenAny(it.Ended.Task, Task.Delay(LimitsLook, clock)).ConfigureAwait(false) != it.Ended.Task);
    }
}
