using Bolt.Dns;
using Bolt.Launch;
using Bolt.Networking;

namespace Bolt.Builds;

/// <summary>The network of one build's RUN steps, made when the first of them runs: the way out, and a resolver.</summary>
internal sealed class StepNetwork(BuildTools tools, BuildWorkplace place, bool outbound) : IAsyncDisposable
{
    private const int Members = 200;

    private readonly SemaphoreSlim making = new(1);
    private readonly CancellationTokenSource over = new();
    private Network? network;
    private Task serving = Task.CompletedTask;
    private int next;

    /// <summary>A seat for one step.</summary>
    public async Task<NetworkSeat> SeatAsync(CancellationToken cancellationToken)
    {
        await making.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            network ??= await MakeAsync(cancellationToken).ConfigureAwait(false);
            return network.Seat(SubnetPool.MemberAddress(network.Subnet, next++ % Members));
        }
        finally
        {
            making.Release();
        }
    }

    private async Task<Network> MakeAsync(CancellationToken cancellationToken)
    {
        var made = await Network.CreateAsync(tools.ShimPath, new NetworkSpec
        {
            Id = place.Id,
            Folder = Path.Combine(place.Run, "net"),
            Ids = tools.Ids,
            Subnet = SubnetPool.Pick(place.Id, Enumerable.Empty<System.Net.IPNetwork>()),
            Members = [],
            Outbound = outbound,
            DieWithOwner = true,
        }, cancellationToken).ConfigureAwait(false);
        var (udp, tcp) = made.OpenResolverSockets();
        serving = new DnsServer(new Zone("build", []), made.Upstreams).RunAsync(udp, tcp, over.Token);
        return made;
    }

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync().ConfigureAwait(false);
        await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (network is not null)
        {
            await network.RemoveAsync(CancellationToken.None).ConfigureAwait(false);
        }
        making.Dispose();
        over.Dispose();
    }
}
