using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Bolt.Diagnostics;
using Bolt.Launch;

namespace Bolt.Networking;

/// <summary>Turns a spec into the sandbox's order sheet. Pure.</summary>
internal static class SandboxOrder
{
    public static SandboxSheet Of(NetworkSpec spec, NetworkHost host, UplinkKind uplink)
    {
        var hash = NetworkNames.Hash(spec);
        return new SandboxSheet
        {
            Folder = spec.Folder,
            Record = new NetworkRecord(spec.Id, hash, spec.Subnet, uplink, spec.Outbound, Fingerprint(spec)).ToText(),
            Files = [NetworkNames.HostsFile, NetworkNames.ResolvConf, NetworkNames.ControlSocket, NetworkNames.UplinkReady, NetworkNames.RecordFile],
            Ids = spec.Ids,
            MapWay = !host.Root && !spec.Ids.Single ? IdMapWay.Programs : IdMapWay.Direct,
            Bridge = NetworkNames.Bridge,
            Gateway = Addresses.NetworkOrder(NetworkNames.Gateway(spec.Subnet)),
            PrefixLength = spec.Subnet.PrefixLength,
            Mtu = NetworkNames.Mtu,
            Sysctls =
            [
                new("net/ipv4/ip_forward", "1", false),
                // Published ports reach the sandbox as connections from its own 127.0.0.1 (pasta) and leave by the bridge.
                new("net/ipv4/conf/all/route_localnet", "1", false),
                // Members talk over the bridge without a walk through the rules for each packet.
                new("net/bridge/bridge-nf-call-iptables", "0", true),
            ],
            Nft = host.Nft ?? (IsClosed(spec) ? "" : throw new BoltException(NetworkErrors.NftMissing())),
            SandboxRules = IsClosed(spec) ? "" : NftText.Sandbox(spec),
            Uplink = uplink,
            WaitForUplink = !spec.Ports.IsEmpty,
            UplinkDevice = NetworkNames.Uplink,
            Pasta = host.Pasta ?? "",
            PastaArguments = PastaArguments.Of(spec, host.Root, host.DefaultRoute),
            PastaReady = Path.Combine(spec.Folder, NetworkNames.UplinkReady),
            HostDevice = NetworkNames.HostDevice(hash),
            HostAddress = Addresses.NetworkOrder(NetworkNames.UplinkHostSide(spec.Subnet)),
            SandboxAddress = Addresses.NetworkOrder(NetworkNames.UplinkSandboxSide(spec.Subnet)),
            UplinkPrefixLength = NetworkNames.UplinkSubnet(spec.Subnet).PrefixLength,
            HostRules = NftText.Host(spec),
            HostRulesEnd = NftText.HostEnd(hash),
            Ports = uplink == UplinkKind.Veth
                ? [.. spec.Ports.Select(p => new SandboxPort(Addresses.NetworkOrder(p.HostAddress), p.HostPort, p.Udp)).Distinct()]
                : [],
            DieWithOwner = spec.DieWithOwner,
            Remains = spec.Remains,
        };
    }

    // Nothing leads in or out, so there is nothing to rule: the bridge is the whole network.
    private static bool IsClosed(NetworkSpec spec) => spec.Ports.IsEmpty && !spec.Outbound;

    /// <summary>Of all that a running network can be told to change, and of what it cannot.</summary>
    public static string Fingerprint(NetworkSpec spec)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{spec.Id}\n{spec.Subnet}\n{spec.Outbound}\n{spec.DieWithOwner}\n");
        foreach (var m in spec.Members) text.Append(CultureInfo.InvariantCulture, $"member {m.Address} {string.Join(' ', m.Names)}\n");
        foreach (var p in spec.Ports) text.Append(CultureInfo.InvariantCulture, $"port {p.HostAddress} {p.HostPort} {p.MemberAddress} {p.MemberPort} {p.Udp}\n");
        foreach (var (name, address) in spec.ExtraHosts) text.Append(CultureInfo.InvariantCulture, $"host {address} {name}\n");
        return Convert.ToHexStringLower(Kernel.ShortHash.Of(text.ToString()));
    }
}
