using System.Collections.Immutable;
using System.Globalization;

namespace Bolt.Networking;

/// <summary>pasta(1)'s command line. The holder's pid is put in by the sandbox, which alone knows it.</summary>
internal static class PastaArguments
{
    /// <summary>Stands for the holder's pid.</summary>
    public const string HolderPid = "{holder}";

    public static ImmutableArray<string> Of(NetworkSpec spec, bool root, bool routed)
    {
        var ports = InnerPorts.Assign(spec.Ports);
        return
        [
            "pasta", "--foreground", "--quiet", "--ipv4-only", "--config-net",
            // Else the gateway's address leads to the host's own loopback.
            "--no-map-gw",
            // The keeper ends it; a look at the path of a namespace from inside pasta's own root finds nothing.
            "--no-netns-quit",
            "--ns-ifname", NetworkNames.Uplink,
            .. routed ? [] : OwnAddresses(spec),
            "--mtu", NetworkNames.Mtu.ToString(CultureInfo.InvariantCulture),
            // Written when the tap is configured and every port is bound; a FIFO, so that it is an event.
            "--pid", Path.Combine(spec.Folder, NetworkNames.UplinkReady),
            // Root would become nobody, who may not enter the namespaces nor bind low ports.
            .. root ? ["--runas", "0:0"] : Array.Empty<string>(),
            .. Ports("--tcp-ports", ports.Where(p => !p.Published.Udp)),
            .. Ports("--udp-ports", ports.Where(p => p.Published.Udp)),
            "--tcp-ns", "none", "--udp-ns", "none",
            // Both are also its stdin and stdout: root's pasta may not open them by the holder's pid.
            "--userns", root ? "/proc/self/fd/0" : $"/proc/{HolderPid}/ns/user",
            "--netns", root ? "/proc/self/fd/1" : $"/proc/{HolderPid}/ns/net",
        ];
    }

    // pasta takes the addresses of the interface that has the host's default route. Without one it refuses, unless it is told
    // all that it would look for: then any interface serves, and loopback is always there. Its sockets are the host's, so what
    // is reachable is not decided here; a route that comes later is used.
    private static string[] OwnAddresses(NetworkSpec spec) =>
    [
        "--interface", "lo",
        "--address", NetworkNames.UplinkSandboxSide(spec.Subnet).ToString(),
        "--netmask", NetworkNames.UplinkSubnet(spec.Subnet).PrefixLength.ToString(CultureInfo.InvariantCulture),
        "--gateway", NetworkNames.UplinkHostSide(spec.Subnet).ToString(),
        "--mac-addr", "02:b0:00:00:00:01",
    ];

    private static IEnumerable<string> Ports(string option, IEnumerable<InnerPort> ports)
    {
        var specs = ports.Select(p => p.Port == p.Published.HostPort
            ? $"{p.Published.HostAddress}/{p.Published.HostPort}"
            : $"{p.Published.HostAddress}/{p.Published.HostPort}:{p.Port}").ToList();
        return specs.Count == 0 ? [option, "none"] : specs.SelectMany(s => new[] { option, s });
    }
}
