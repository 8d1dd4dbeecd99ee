using Bolt.Surge;

namespace Bolt.Host.Tests.Surge;

/// <summary>Limits that services meet are in the stack's stream of events; limits that this host does not have are warnings.</summary>
public class LimitEventTests
{
    [Theory]
    [InlineData("cpu_limit = 0.05", "while :; do :; done", LimitKind.Cpu)]
    // The child is what the kernel takes: the service goes on.
    [InlineData("memory_limit = '16M'", "while :; do (x=x; while :; do x=$x$x; done); done", LimitKind.OutOfMemory)]
    // It itself needs no more of them.
    [InlineData("pids_limit = 12", "sh -c 'while :; do sleep 1000 & done'; exec sleep 1000", LimitKind.Pids)]
    public async Task A_met_limit_is_told(string limit, string script, LimitKind expected)
    {
        await using var room = new StackRoom();
        var file = room.File($"[services.it]\nimage = \"./image\"\nbest_effort = true\n{limit}\ncommand = [\"sh\", \"-c\", \"{script}\"]");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var (met, lacking) = (new HashSet<LimitKind>(), false);
        await foreach (var happened in room.Runtime.UpAsync(file, new UpOptions([]), stop.Token))
        {
            if (happened is StackEvent.ServiceMetLimit { Service: "it", Times: > 0 } it)
                met.Add(it.Limit);
            lacking |= happened is StackEvent.Warned { Diagnostic.Code: "BOLT9501" };
            if (met.Contains(expected) || lacking)
                await stop.CancelAsync();
        }
        Assert.True(lacking ? met.Count == 0 : met.Contains(expected), string.Join(' ', met));
        Assert.Empty(room.Left);
    }
}
