using System.Net;

namespace Bolt.Launch;

/// <summary>
/// What one start of a member needs to join its stack's network: room Networking gives it, room Capsules takes it. A veth
/// pair leads from the bridge to eth0 in the member's own network namespace. Its name is new for each start: the kernel
/// removes the device of an ended capsule late, so a name is never used again.
/// </summary>
/// <param name="SandboxPid">The process whose user and network namespaces are joined.</param>
/// <param name="Bridge">The bridge in that network namespace.</param>
/// <param name="VethName">The bridge's end of the member's veth pair.</param>
/// <param name="Address">The member's address.</param>
/// <param name="PrefixLength">Of the subnet.</param>
/// <param name="Gateway">The bridge's address: default route and resolver.</param>
/// <param name="Mtu">Bytes; pasta's largest, so that nothing is cut twice.</param>
/// <param name="HostsFile">The file to show as /etc/hosts.</param>
/// <param name="ResolvConf">The file to show as /etc/resolv.conf.</param>
internal sealed record NetworkSeat(
    int SandboxPid,
    string Bridge,
    string VethName,
    IPAddress Address,
    int PrefixLength,
    IPAddress Gateway,
    int Mtu,
    string HostsFile,
    string ResolvConf);
