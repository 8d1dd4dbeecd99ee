using System.Collections.Concurrent;
using System.Collections.Immutable;
using Bolt.Builds;
using Bolt.Capsules;
using Bolt.Networking;

namespace Bolt.Surge;

/// <summary>
/// The effects of one stack's owner: each plan step and each action of the supervisor ends here. It reports by signals and
/// events and decides nothing. Steps run side by side, but no two touch the same service.
/// </summary>
internal sealed partial class StackWorks(
    StackRooms rooms, StackFolder folder, bool dieWithOwner, Action<Signal> signal, Action<StackEvent> tell, TimeProvider clock) : IDisposable
{
    private readonly ConcurrentDictionary<string, RunningService> _running = new();
    private readonly ConcurrentDictionary<string, Task<PreparedImage>> _images = new();
    private readonly ConcurrentBag<Task> _attached = [];
    private Network? _network;

    /// <summary>What the stack is to be now; replaced before a plan is carried out.</summary>
    public Stack Stack { get; private set; } = null!;

    /// <summary>Published ports as they are.</summary>
    public ImmutableArray<PublishedRecord> Ports { get; private set; } = [];

    /// <summary>Joins a capsule's streams; all that it returned has ended before the folders go.</summary>
    public Func<Capsule, Task>? Attach { get; init; }

    private LockSession Lock { get; set; } = new(BoltLock.Empty);
    private StackRequest Request { get; set; } = null!;

    /// <summary>The run of a service in this process.</summary>
    public RunningService? Find(string service) => _running.GetValueOrDefault(service);

    public bool Supervises(string service) => _running.ContainsKey(service);

    /// <summary>Must come before a plan for this stack is carried out.</summary>
    public void Begin(Stack stack, ImmutableArray<PublishedRecord> ports, Network? network, LockSession pins, StackRequest request)
    {
        (Stack, Ports, Lock, Request) = (stack, ports, pins, request);
        if (_network is null && network is not null)
        {
            _network = network;
            _ = ServeNamesAsync(network);
        }
    }

    public void Dispose() => _names.Dispose();

    public Task CarryOutAsync(PlanStep step, CancellationToken cancellation) => step switch
    {
        PlanStep.PrepareImage prepare => PrepareAsync(Stack[prepare.Service], cancellation),
        PlanStep.CreateNetwork => CreateNetworkAsync(cancellation),
        PlanStep.UpdateNetwork => UpdateNetworkAsync(cancellation),
        PlanStep.RemoveNetwork => RemoveNetworkAsync(),
        PlanStep.CreateVolume create => CreateVolumeAsync(create.Volume, cancellation),
        PlanStep.RemoveVolume remove => RemoveVolumeAsync(remove.Volume, cancellation),
        PlanStep.StartService start => StartAsync(Stack[start.Service], first: true, cancellation),
        PlanStep.AdoptService adopt => AdoptAsync(Stack[adopt.Service], cancellation),
        PlanStep.StopService stop => StopAsync(stop.Service, cancellation),
        _ => throw new InvalidOperationException("not a step"),
    };
}
