using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Bolt.Diagnostics;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Networking;

/// <summary>A stack's network as it runs: the sandbox that holds its namespaces, and its files.</summary>
internal sealed class Network
{
    /// <summary>
    /// Sandboxes that die with this process watch their stdin. Its other end must not be collected with a
    /// <see cref="Network"/> that nobody holds any more, so it is held here until the network is removed.
    /// </summary>
    private static readonly ConcurrentDictionary<string, Process> Owned = new();

    private readonly string _folder;
    private NetworkRecord _record;

    private Network(string folder, NetworkRecord record, int holder, ImmutableArray<Diagnostic> warnings)
    {
        _folder = folder;
        _record = record;
        SandboxPid = holder;
        Warnings = warnings;
    }

    /// <summary>The process whose user and network namespaces members join.</summary>
    public int SandboxPid { get; }

    /// <summary>What this host could not give although it was asked for; nothing that published ports need.</summary>
    public ImmutableArray<Diagnostic> Warnings { get; }

    /// <summary>A hash of the spec it was made from: equal means that nothing of it has to change.</summary>
    public string Fingerprint => _record.Fingerprint;

    /// <summary>The bridge's subnet.</summary>
    public IPNetwork Subnet => _record.Subnet;

    /// <summary>The host's resolvers, read now.</summary>
    public IReadOnlyList<IPEndPoint> Upstreams => _record.Outbound ? UpstreamResolvers.OfHost() : [];

    /// <summary>The hash that a network made from this spec would have.</summary>
    public static string FingerprintOf(NetworkSpec spec) => SandboxOrder.Fingerprint(spec);

    /// <summary>
    /// Makes it; returns when members can join and published ports are bound, and leaves nothing when it throws. Without
    /// published ports the rules and the uplink come when a member wants out: see <see cref="SettledAsync"/>.
    /// </summary>
    /// <exception cref="BoltException">BOLT40xx or BOLT94xx.</exception>
    public static async Task<Network> CreateAsync(string shimPath, NetworkSpec spec, CancellationToken cancel, NetworkHost? observed = null)
    {
        spec = spec with { Folder = Path.GetFullPath(spec.Folder) };
        foreach (var port in spec.Ports) Demand(port);
        var host = observed ?? NetworkHost.Read();
        var (uplink, problem) = host.ChooseUplink(spec);
        if (problem is not null && !spec.Ports.IsEmpty) throw new BoltException(problem);
        var sheet = SandboxOrder.Of(spec, host, uplink);

        Directory.CreateDirectory(spec.Folder);
        WriteFiles(spec);
        var holder = await SandboxProcess.StartAsync(shimPath, sheet, spec, Owned, cancel).ConfigureAwait(false);
        var record = NetworkRecord.Read(spec.Folder) ?? throw new BoltException(NetworkErrors.SandboxEnded(null));
        return new Network(spec.Folder, record, holder, problem is null ? [] : [problem with { Severity = Severity.Warning }]);
    }

    /// <summary>The network that runs in this folder; null when none does (what a dead one left is removed).</summary>
    public static Network? TryAdopt(string folder)
    {
        folder = Path.GetFullPath(folder);
        if (NetworkRecord.Read(folder) is not { } record) return null;
        if (record is { Keeper.Alive: true, Holder.Alive: true }) return new Network(folder, record, record.Holder.Pid, []);
        NetworkDebris.Remove(folder, record);
        return null;
    }

    /// <summary>
    /// A network without published ports has its way out made when a member wants it; this waits for that. Null, or what
    /// of it failed.
    /// </summary>
    public async Task<Diagnostic?> SettledAsync(NetworkSpec spec, CancellationToken cancel)
    {
        var line = await SandboxControl.SettledAsync(_folder, cancel).ConfigureAwait(false);
        // No line: it was removed meanwhile.
        return line is null || SandboxReport.Holder(line) is not null ? null : SandboxReport.Failure(line, spec) with { Severity = Severity.Warning };
    }

    /// <summary>Changes names, members and published ports of the running network; the subnet must be the same.</summary>
    /// <exception cref="BoltException">BOLT40xx; the old rules may be gone.</exception>
    public async Task UpdateAsync(NetworkSpec spec, CancellationToken cancel)
    {
        spec = spec with { Folder = _folder };
        if (!spec.Subnet.Equals(_record.Subnet)) throw new BoltException(NetworkErrors.SubnetChanged(_record.Subnet, spec.Subnet));
        var sheet = SandboxOrder.Of(spec, NetworkHost.Read(), _record.Uplink);
        WriteFiles(spec);
        var line = await Task.Run(() => SandboxControl.Update(_folder, sheet), cancel).ConfigureAwait(false);
        if (SandboxReport.Holder(line) is null) throw new BoltException(SandboxReport.Failure(line, spec));
        _record = NetworkRecord.Read(_folder) ?? _record;
    }

    /// <summary>What a member needs to join, new for each start.</summary>
    public NetworkSeat Seat(IPAddress member) => new(
        SandboxPid, NetworkNames.Bridge, "v" + Guid.NewGuid().ToString("n")[..12], member, _record.Subnet.PrefixLength,
        NetworkNames.Gateway(_record.Subnet), NetworkNames.Mtu,
        Path.Combine(_folder, NetworkNames.HostsFile), Path.Combine(_folder, NetworkNames.ResolvConf));

    /// <summary>The sockets bound to port 53 of the gateway; each owner asks for its own copies.</summary>
    /// <exception cref="BoltException">The sandbox is gone.</exception>
    public (Socket Udp, Socket Tcp) OpenResolverSockets() => SandboxControl.ResolverSockets(_folder);

    /// <summary>
    /// A TCP or UDP socket of the stack's own network namespace, not connected yet: from there its members are neighbours, whether
    /// or not the host has a way to them.
    /// </summary>
    /// <exception cref="BoltException">The sandbox is gone.</exception>
    public Socket OpenSocket(bool udp) => SandboxControl.Adopt(SandboxControl.NewSocket(_folder, udp ? 'D' : 'T'));

    /// <summary>Makes a member's link as bad as this says, from now on; the kernel's own queueing does it, in the stack's namespace.</summary>
    /// <param name="veth">The bridge's end of it, as its seat named it.</param>
    /// <param name="trouble">What is wrong with it from now on.</param>
    /// <exception cref="BoltException">BOLT4014, BOLT9409, or the sandbox is gone.</exception>
    public void Disturb(string veth, LinkTrouble trouble)
    {
        // Opened in the stack's namespace by its own root; a user's own namespaces obey him from outside as well.
        using var route = new Fd(SandboxControl.NewSocket(_folder, 'N'));
        var index = Netlink.IndexOf(route.Number, Encoding.UTF8.GetBytes(veth));
        var error = index < 0 ? -index
            : trouble.IsSlow ? NetlinkTrouble.Set(route.Number, index, trouble.Latency, trouble.Jitter, trouble.Loss)
            : NetlinkTrouble.Clear(route.Number, index);
        if (trouble.IsSlow && error == (int)Errno.ENOENT) throw new BoltException(NetworkErrors.NoNetem());
        if (error == 0) error = trouble.Cut ? Netlink.SetDown(route.Number, index) : Netlink.SetUp(route.Number, index);
        if (error != 0) throw new BoltException(NetworkErrors.NotDisturbed(veth, (Errno)error));
    }

    /// <summary>Ends all of it: processes, namespaces, host rules, files.</summary>
    public async Task RemoveAsync(CancellationToken cancel)
    {
        await Task.Run(() => SandboxControl.Quit(_folder), cancel).ConfigureAwait(false);
        if (Owned.TryRemove(_folder, out var process))
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync(cancel).ConfigureAwait(false);
            process.Dispose();
        }
        NetworkDebris.Remove(_folder, _record);
    }

    /// <summary>Whether a host port can be published now.</summary>
    public static PortFinding CheckPort(PublishedPort port) => HostPorts.Check(port);

    private static void Demand(PublishedPort port)
    {
        if (port.HostAddress.AddressFamily != AddressFamily.InterNetwork) throw new BoltException(NetworkErrors.NotIPv4(port));
        switch (HostPorts.Check(port))
        {
            case PortFinding.InUse(var holder): throw new BoltException(NetworkErrors.PortInUse(port, holder));
            case PortFinding.Denied(var first): throw new BoltException(NetworkErrors.PortDenied(port, first));
            case PortFinding.NoSuchAddress: throw new BoltException(NetworkErrors.NoSuchAddress(port));
        }
    }

    private static void WriteFiles(NetworkSpec spec)
    {
        NetworkFiles.Write(Path.Combine(spec.Folder, NetworkNames.HostsFile), NetworkFiles.Hosts(spec));
        NetworkFiles.Write(Path.Combine(spec.Folder, NetworkNames.ResolvConf), NetworkFiles.Resolv(spec, UpstreamResolvers.OfHost()));
    }
}
