using Bolt.Kernel;

namespace Bolt.Shim;

/// <summary>
/// The bridge's own address does not answer ARP (RFC 826) before the way out is there. The members' kernels keep what they
/// would send until it does, so nothing is lost; and their question says that somebody wants out, so a way that nobody wants
/// is never made. Nothing here allocates.
/// </summary>
internal static unsafe class SandboxGate
{
    private const int AfPacket = 17;
    private const ushort ArpProtocol = 0x0608; // ETH_P_ARP in network byte order
    private const int ArpBytes = 28;

    /// <summary>
    /// Shuts it, before the bridge is up. A socket that hears the members' questions, or a negated errno: then it stays open.
    /// </summary>
    /// <param name="arpIgnore">/proc/sys/net/ipv4/conf/BRIDGE/arp_ignore.</param>
    /// <param name="bridge">Index of the link.</param>
    public static int Shut(byte* arpIgnore, int bridge)
    {
        var socket = (int)Sys.Socket(AfPacket, Sys.SockDatagram | Sys.SockCloseOnExec | Sys.SockNonBlock, ArpProtocol);
        if (socket < 0) return socket;
        var address = stackalloc byte[20];
        Address(address, bridge);
        var result = Sys.Bind(socket, address, 20);
        // 8: no answer for any address of this machine (Documentation/networking/ip-sysctl).
        if (result >= 0) result = SandboxHolder.WriteFile(arpIgnore, Native.Literal("8\0"u8));
        if (result >= 0) return socket;
        Sys.Close(socket);
        return (int)result;
    }

    /// <summary>Takes one packet off the socket: true when it asks for this address.</summary>
    public static bool IsAsked(int socket, uint address)
    {
        // struct arphdr { be16 hardware, protocol; u8 lengths[2]; be16 operation }, then sender and target: 6 and 4 bytes each.
        var packet = stackalloc byte[64];
        if (Sys.Call(SystemCall.recvfrom, socket, (nint)packet, 64) < ArpBytes) return false;
        return packet[6] == 0 && packet[7] == 1 && *(uint*)(packet + 24) == address;
    }

    /// <summary>Lets the address answer, and tells all members at once: what their kernels kept leaves in this moment.</summary>
    public static nint Open(int socket, byte* arpIgnore, int bridge, uint address)
    {
        if (SandboxHolder.WriteFile(arpIgnore, Native.Literal("0\0"u8)) is < 0 and var shut) return shut;
        var packet = stackalloc byte[ArpBytes] { 0, 1, 8, 0, 6, 4, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0 };
        Netlink.HardwareAddress(packet + 8, address);
        *(uint*)(packet + 14) = *(uint*)(packet + 24) = address;
        var everyone = stackalloc byte[20];
        Address(everyone, bridge);
        everyone[11] = 6;
        new Span<byte>(everyone + 12, 6).Fill(255);
        var sent = Sys.Call(SystemCall.sendto, socket, (nint)packet, ArpBytes, 0, (nint)everyone, 20);
        return Math.Min(sent, 0);
    }

    /// <summary>struct sockaddr_ll { u16 family; be16 protocol; int link; u16 type; u8 packet; u8 length; u8 address[8]; }</summary>
    private static void Address(byte* address, int link)
    {
        new Span<byte>(address, 20).Clear();
        *(ushort*)address = AfPacket;
        *(ushort*)(address + 2) = ArpProtocol;
        *(int*)(address + 4) = link;
    }
}
