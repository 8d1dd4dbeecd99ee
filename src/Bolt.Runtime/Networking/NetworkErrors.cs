using System.Net;
using Bolt.Diagnostics;
using Bolt.Kernel;

namespace Bolt.Networking;

/// <summary>The sentences of this room: 40xx, and 94xx for what the host lacks.</summary>
internal static class NetworkErrors
{
    public static Diagnostic PortInUse(PublishedPort port, string? holder) => Error(
        "BOLT4001", $"host port {Text(port)} is in use{(holder is null ? "" : " by " + holder)}",
        $"stop it, or publish another host port: ports = [\"{(port.HostPort < 57000 ? port.HostPort + 8000 : port.HostPort - 8000)}:{port.MemberPort}\"]");

    public static Diagnostic PortDenied(PublishedPort port, int firstAllowed) => Error(
        "BOLT4002", $"host port {Text(port)} is denied to this user: the first allowed port is {firstAllowed}",
        $"publish a port of {firstAllowed} or above, or allow it: sudo sysctl -w net.ipv4.ip_unprivileged_port_start={port.HostPort}");

    public static Diagnostic NoSuchAddress(PublishedPort port) => Error(
        "BOLT4003", $"host address {port.HostAddress} of port {port.HostPort} is none of this host's", "write 127.0.0.1, 0.0.0.0 or an address that `ip -br address` lists");

    public static Diagnostic NotIPv4(PublishedPort port) => Error(
        "BOLT4004", $"host address {port.HostAddress} of port {port.HostPort} is not IPv4; only IPv4 addresses are published", "write 127.0.0.1 or 0.0.0.0");

    public static Diagnostic NoFreeSubnet() => Error(
        "BOLT4005", "no subnet of 10.89.0.0/16 to 10.92.0.0/16 is free on this host", "name one: [networks.default] subnet = \"172.30.5.0/24\"");

    public static Diagnostic SubnetFull(IPNetwork subnet, int members) => Error(
        "BOLT4006", $"subnet {subnet} is too small for {members} services", "name a larger one in [networks.default]");

    public static Diagnostic StepFailed(string doing, Diagnostic cause) => Error("BOLT4007", $"cannot {doing}", null, cause);

    public static Diagnostic Kernel(Errno errno) => Error("BOLT4008", errno.Text(), null);

    public static Diagnostic ProgramFailed(string program, int code, string? words) =>
        Error("BOLT4009", $"{program} ended with code {code}{(words is { Length: > 0 } ? ": " + words : "")}", null);

    public static Diagnostic SandboxEnded(string? words) => Error(
        "BOLT4010", $"the process that holds the stack's network ended{(words is { Length: > 0 } ? ": " + words : "")}", "run `bolt up` again");

    public static Diagnostic SubnetChanged(IPNetwork was, IPNetwork wanted) => Error(
        "BOLT4011", $"the running stack has subnet {was}; {wanted} needs new namespaces", "run `bolt down` first");

    public static Diagnostic Offline() => Error(
        "BOLT4012", "pasta finds no address on the interface that has this host's default route",
        "give it an IPv4 address, or run as root");

    public static Diagnostic NotDisturbed(string link, Errno errno) => Error("BOLT4014", $"cannot change the link {link}", null, Kernel(errno));

    public static Diagnostic NoNetem() => Error(
        "BOLT9409", "this host's kernel cannot delay or lose packets: it has no netem",
        "sudo modprobe sch_netem; on Ubuntu its package is linux-modules-extra-$(uname -r)");

    public static Diagnostic BadShim(string path, string why) => Error("BOLT4013", $"cannot start `{path}`: {why}", null);

    public static Diagnostic UserNamespacesForbidden(Errno errno, string fix) => Error(
        "BOLT9401", "this host does not let this user make user and network namespaces", fix, Kernel(errno));

    public static Diagnostic PastaMissing() => Error("BOLT9402", "the program `pasta` is missing; it connects stacks of ordinary users to the world", "sudo apt install passt");

    public static Diagnostic MapProgramsMissing() => Error("BOLT9403", "the programs `newuidmap` and `newgidmap` are missing", "sudo apt install uidmap");

    public static Diagnostic MapRefused(uint first, uint count) => Error(
        "BOLT9408", $"newuidmap or newgidmap refused host ids {first} to {first + count - 1}",
        $"give them to this user in /etc/subuid and /etc/subgid: sudo usermod --add-subuids {first}-{first + count - 1} --add-subgids {first}-{first + count - 1} $USER");

    public static Diagnostic NftMissing() => Error("BOLT9404", "the program `nft` is missing; it loads the rules of published ports", "sudo apt install nftables");

    public static Diagnostic TunMissing() => Error("BOLT9405", "the device /dev/net/tun is missing", "sudo modprobe tun");

    public static Diagnostic TunDenied() => Error("BOLT9406", "the device /dev/net/tun cannot be opened by this user", "sudo chmod 0666 /dev/net/tun");

    public static Diagnostic NoRootUplink() => Error(
        "BOLT9407", "this host forwards no packets (net.ipv4.ip_forward is 0) and the program `pasta` is missing",
        "apt install passt, or sysctl -w net.ipv4.ip_forward=1");

    private static string Text(PublishedPort port) => $"{port.HostAddress}:{port.HostPort}/{(port.Udp ? "udp" : "tcp")}";

    private static Diagnostic Error(string code, string message, string? fix, Diagnostic? cause = null) =>
        new(code, Severity.Error, message, Fix: fix, Cause: cause);
}
