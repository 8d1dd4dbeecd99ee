using Bolt.Dns;
using Bolt.Kernel;
using Bolt.Launch;
using Bolt.Networking;

namespace Bolt.Surge;

internal sealed partial class StackWorks
{
    private readonly CancellationTokenSource _names = new();
    private DnsServer? _dns;

    private NetworkSpec NetworkSpec
    {
        get
        {
            var spec = NetworkDraft.Spec(Stack, folder, rooms.Ids, Ports, dieWithOwner ? rooms.Paths.State : null);
            // The reaper takes away what is left of an ephemeral stack.
            return Ground is null ? spec : spec with { Outbound = Ground.Outbound, Remains = SandboxRemains.None };
        }
    }

    private async Task CreateNetworkAsync(CancellationToken cancellation)
    {
        _network = await Network.CreateAsync(rooms.ShimPath, NetworkSpec, cancellation).ConfigureAwait(false);
        RecordNetwork();
        foreach (var warning in _network.Warnings) tell(new StackEvent.Warned(clock.GetUtcNow(), warning));
        // Names of the stack are in each /etc/hosts, so no start has to wait for the resolver.
        _ = ServeNamesAsync(_network);
        if (Ports.IsEmpty) _ = WarnUnsettledAsync(_network);
    }

    private async Task WarnUnsettledAsync(Network network)
    {
        try
        {
            if (await network.SettledAsync(NetworkSpec, CancellationToken.None).ConfigureAwait(false) is { } problem)
                tell(new StackEvent.Warned(clock.GetUtcNow(), problem));
        }
        catch (IOException)
        {
            // The stack is going down.
        }
    }

    private async Task UpdateNetworkAsync(CancellationToken cancellation)
    {
        await _network!.UpdateAsync(NetworkSpec, cancellation).ConfigureAwait(false);
        RecordNetwork();
        if (_dns is { } dns) dns.Zone = NetworkDraft.Zone(Stack);
    }

    private async Task RemoveNetworkAsync()
    {
        var network = _network;
        _network = null;
        if (network is not null) await network.RemoveAsync(CancellationToken.None).ConfigureAwait(false);
    }

    private void RecordNetwork() =>
        folder.Write(new StackRecord(!dieWithOwner, Stack.Subnet.ToString(), Stack.NetworkHash, Ports));

    private async Task ServeNamesAsync(Network network)
    {
        try
        {
            await Task.Yield();
            var (udp, tcp) = network.OpenResolverSockets();
            // Most runs never ask; until one does, the server costs nothing.
            using (var look = CancellationTokenSource.CreateLinkedTokenSource(_names.Token))
            {
                await Task.WhenAny(
                    FdEvents.ReadableAsync((int)udp.Handle, look.Token), FdEvents.ReadableAsync((int)tcp.Handle, look.Token)).ConfigureAwait(false);
                await look.CancelAsync().ConfigureAwait(false);
            }
            if (_names.IsCancellationRequested)
            {
                udp.Dispose();
                tcp.Dispose();
                return;
            }
            _dns = new DnsServer(NetworkDraft.Zone(Stack), network.Upstreams);
            await _dns.RunAsync(udp, tcp, _names.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
        }
        catch (Exception error)
        {
            if (!_names.IsCancellationRequested)
                tell(new StackEvent.Warned(clock.GetUtcNow(), SurgeErrors.ResolverFailed(error.Message)));
        }
    }
}
