using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Bolt.Networking;

/// <summary>The fixed names and addresses of a network; all else derives from them.</summary>
internal static class NetworkNames
{
    /// <summary>The bridge inside the sandbox.</summary>
    public const string Bridge = "br0";
    /// <summary>The way out of the sandbox, whoever made it.</summary>
    public const string Uplink = "up0";
    /// <summary>pasta's largest packet; bridge and members use the same, else every big packet is cut twice (8x slower).</summary>
    public const int Mtu = 65520;

    public const string HostsFile = "hosts";
    public const string ResolvConf = "resolv.conf";
    public const string RecordFile = "sandbox";
    public const string ControlSocket = "sandbox.sock";
    public const string UplinkReady = "uplink.ready";
    public const string Log = "sandbox.log";

    /// <summary>Eight hex digits that no other network on this machine has: the folder is part of it, so two state folders
    /// of one user never meet.</summary>
    public static string Hash(NetworkSpec spec) => Hash(spec.Id, spec.Folder);

    public static string Hash(string id, string folder) =>
        Convert.ToHexStringLower(Kernel.ShortHash.Of(id + "\n" + Path.GetFullPath(folder)))[..8];

    /// <summary>The host's end of root's veth uplink, and the pattern that matches those of all stacks.</summary>
    public static string HostDevice(string hash) => "bolt" + hash;

    /// <summary>The stack's own nftables table on the host.</summary>
    public static string HostTable(string hash) => "bolt_" + hash;

    public static IPAddress Gateway(IPNetwork subnet) => Addresses.At(subnet, 1);

    /// <summary>Root's veth uplink takes the subnet's last /30, so one subnet per stack is all that has to be unique.</summary>
    public static IPNetwork UplinkSubnet(IPNetwork subnet) => new(Addresses.At(subnet, Addresses.Size(subnet) - 4), 30);

    public static IPAddress UplinkHostSide(IPNetwork subnet) => Addresses.At(subnet, Addresses.Size(subnet) - 3);

    public static IPAddress UplinkSandboxSide(IPNetwork subnet) => Addresses.At(subnet, Addresses.Size(subnet) - 2);
}
