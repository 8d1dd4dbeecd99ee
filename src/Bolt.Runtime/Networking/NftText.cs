using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;

namespace Bolt.Networking;

/// <summary>
/// The rules as nft(8) reads them. Each text replaces its own table in one transaction ("table t", "delete table t" and
/// the new one: delete alone fails when there is none) and touches no other.
/// </summary>
internal static class NftText
{
    /// <summary>Inside the sandbox: published ports to members, members to each other and (when asked) to the world.</summary>
    public static string Sandbox(NetworkSpec spec)
    {
        var ports = InnerPorts.Assign(spec.Ports);
        var text = Open("inet bolt");
        // From the tap or veth: everything that arrives there was asked for by a published port.
        Chain(text, "prerouting", "nat", "prerouting", "dstnat", null,
            ports.Select(p => $"iifname \"{NetworkNames.Uplink}\" {Match(p)} dnat ip to {Target(p)}"));
        // pasta's short way for the host's loopback connects from inside the sandbox, so prerouting never sees it.
        Chain(text, "output", "nat", "output", "-100", null,
            ports.Select(p => $"ip daddr 127.0.0.0/8 {Match(p)} dnat ip to {Target(p)}"));
        Chain(text, "postrouting", "nat", "postrouting", "srcnat", null,
        [
            // Members could not answer these two: one is their own loopback, the other lies in their subnet but not on their bridge.
            $"ip saddr {{ 127.0.0.0/8, {NetworkNames.UplinkSubnet(spec.Subnet)} }} oifname \"{NetworkNames.Bridge}\" masquerade",
            $"oifname \"{NetworkNames.Uplink}\" masquerade",
        ]);
        Chain(text, "forward", "filter", "forward", "filter", "drop",
        [
            "ct state established,related accept",
            $"iifname \"{NetworkNames.Bridge}\" oifname \"{NetworkNames.Bridge}\" accept",
            .. spec.Outbound ? [$"iifname \"{NetworkNames.Bridge}\" oifname \"{NetworkNames.Uplink}\" accept"] : Array.Empty<string>(),
            $"iifname \"{NetworkNames.Uplink}\" oifname \"{NetworkNames.Bridge}\" ct status dnat accept",
        ]);
        Chain(text, "input", "filter", "input", "filter", "drop",
        [
            "iifname \"lo\" accept",
            "ct state established,related accept",
            $"iifname \"{NetworkNames.Bridge}\" ip daddr {NetworkNames.Gateway(spec.Subnet)} meta l4proto {{ tcp, udp }} th dport 53 accept",
            $"iifname \"{NetworkNames.Bridge}\" icmp type echo-request accept",
        ]);
        return Close(text);
    }

    /// <summary>
    /// On the host, for root's veth uplink. Accept in these chains never overrides a drop elsewhere, so what the host's
    /// firewall shuts stays shut.
    /// </summary>
    public static string Host(NetworkSpec spec)
    {
        var hash = NetworkNames.Hash(spec);
        var device = NetworkNames.HostDevice(hash);
        var inner = NetworkNames.UplinkSandboxSide(spec.Subnet);
        var ports = InnerPorts.Assign(spec.Ports);
        var text = Open("ip " + NetworkNames.HostTable(hash));
        Chain(text, "prerouting", "nat", "prerouting", "dstnat", null,
            ports.Where(p => !IPAddress.IsLoopback(p.Published.HostAddress)).Select(p => $"{HostMatch(p)} dnat to {inner}:{p.Port}"));
        Chain(text, "output", "nat", "output", "-100", null,
            ports.Select(p => $"{HostMatch(p)} dnat to {inner}:{p.Port}"));
        Chain(text, "postrouting", "nat", "postrouting", "srcnat", null,
        [
            $"oifname \"{device}\" ip saddr 127.0.0.0/8 masquerade",
            $"ip saddr {NetworkNames.UplinkSubnet(spec.Subnet)} oifname != \"{device}\" masquerade",
        ]);
        Chain(text, "forward", "filter", "forward", "filter", "accept",
        [
            $"iifname \"{device}\" oifname \"bolt*\" drop",
            .. spec.Outbound ? Array.Empty<string>() : [$"iifname \"{device}\" ct state new drop"],
            $"oifname \"{device}\" ct state established,related accept",
            $"oifname \"{device}\" ct status dnat accept",
            $"oifname \"{device}\" drop",
        ]);
        Chain(text, "input", "filter", "input", "filter", "accept",
            [$"iifname \"{device}\" ct state established,related accept", $"iifname \"{device}\" drop"]);
        return Close(text);
    }

    /// <summary>Takes the host's table away, whether it is there or not.</summary>
    public static string HostEnd(string hash) =>
        $"table ip {NetworkNames.HostTable(hash)}\ndelete table ip {NetworkNames.HostTable(hash)}\n";

    private static string Match(InnerPort port) => $"{Protocol(port)} dport {port.Port}";

    private static string Target(InnerPort port) => $"{port.Published.MemberAddress}:{port.Published.MemberPort}";

    private static string HostMatch(InnerPort port)
    {
        var address = port.Published.HostAddress.Equals(IPAddress.Any) ? "fib daddr type local" : $"ip daddr {port.Published.HostAddress}";
        return $"{address} {Protocol(port)} dport {port.Published.HostPort}";
    }

    private static string Protocol(InnerPort port) => port.Published.Udp ? "udp" : "tcp";

    private static StringBuilder Open(string table) =>
        new StringBuilder().Append(CultureInfo.InvariantCulture, $"table {table}\ndelete table {table}\ntable {table} {{\n");

    private static string Close(StringBuilder text) => text.Append("}\n").ToString();

    private static void Chain(StringBuilder text, string name, string type, string hook, string priority, string? policy, IEnumerable<string> rules)
    {
        text.Append(CultureInfo.InvariantCulture, $"  chain {name} {{\n    type {type} hook {hook} priority {priority};");
        if (policy is not null) text.Append(CultureInfo.InvariantCulture, $" policy {policy};");
        text.Append('\n');
        foreach (var rule in rules) text.Append("    ").Append(rule).Append('\n');
        text.Append("  }\n");
    }
}
