using System.Collections.Immutable;
using System.Threading.Channels;

namespace Bolt.Surge;

/// <summary>One wish at a time is carried out; whoever asked reads its events until it is done.</summary>
internal abstract record Operation
{
    private Operation() { }

    /// <summary>A snapshot first, then all that happens until the operation is done.</summary>
    public Channel<StackEvent> Events { get; } = Channel.CreateUnbounded<StackEvent>();

    /// <summary>Make it so. <paramref name="AdoptOnly"/>: take over what runs and change nothing.</summary>
    public sealed record Up(StackRequest Request, bool AdoptOnly = false) : Operation;
    /// <summary>Stop these; empty means all.</summary>
    public sealed record Stop(ImmutableArray<string> Services) : Operation;
    /// <summary>Start these as the stack was last asked for; empty means all.</summary>
    public sealed record Start(ImmutableArray<string> Services) : Operation;
    /// <summary>Stop, then start.</summary>
    public sealed record Restart(ImmutableArray<string> Services) : Operation;
    /// <summary>Stand these still; empty means all that run.</summary>
    public sealed record Pause(ImmutableArray<string> Services) : Operation;
    /// <summary>Let these go on; empty means all that stand still.</summary>
    public sealed record Unpause(ImmutableArray<string> Services) : Operation;
    /// <summary>Give these other limits, until the next `up`.</summary>
    public sealed record Update(ImmutableArray<string> Services, LimitChange Limits) : Operation;
    /// <summary>Let an ephemeral stack stand still; what it holds then is what its forks begin with. It runs on afterwards.</summary>
    public sealed record Freeze : Operation;
    /// <summary>Let an ephemeral stack stand still and write what it holds into a file.</summary>
    public sealed record Snapshot(SnapshotOrder Order) : Operation;
    /// <summary>All services of an ephemeral stack begin anew with what they held when it was frozen.</summary>
    public sealed record Rollback : Operation;
    /// <summary>End the stack; it does not wait for the operation before it.</summary>
    /// <param name="Volumes">Delete its volumes.</param>
    /// <param name="KeepRecords">Leave logs and exit records to be read: a `run` that ended.</param>
    public sealed record Down(bool Volumes, bool KeepRecords = false) : Operation;
}

/// <summary>What arrives in the runner's one channel.</summary>
internal abstract record OwnerMessage
{
    private OwnerMessage() { }

    public sealed record Judge(Signal Signal) : OwnerMessage;
    public sealed record Tell(StackEvent Event) : OwnerMessage;
    public sealed record Ask(Operation Operation) : OwnerMessage;
    public sealed record Watch(Channel<StackEvent> Events) : OwnerMessage;
    public sealed record StatusAsked(TaskCompletionSource<StackStatus> Answer) : OwnerMessage;
    /// <summary>The stack is another one now: services, ports and images are shown anew.</summary>
    public sealed record Refit(Stack Stack, string Boltfile, ImmutableArray<PublishedRecord> Ports, ImmutableHashSet<string> Coming) : OwnerMessage;
    /// <summary>The operation's own work is over.</summary>
    public sealed record Ended(Operation Operation) : OwnerMessage;
}
