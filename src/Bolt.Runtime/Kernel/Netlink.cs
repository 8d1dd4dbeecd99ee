namespace Bolt.Kernel;

/// <summary>
/// rtnetlink(7) requests for links, addresses and routes. Nothing here allocates, so a raw-clone child may call all of
/// it. Each request waits for its acknowledgement; the result is 0 or a positive errno. IPv4 addresses are in network
/// byte order, as in struct in_addr.
/// </summary>
internal static unsafe class Netlink
{
    private const ushort NewLink = 16, DeleteLinkType = 17, NewAddress = 20, NewRoute = 24;
    private const ushort Request = 1, Ack = 4, Exclusive = 0x200, Create = 0x400;
    private const ushort IflaAddress = 1, IflaName = 3, IflaMtu = 4, IflaMaster = 10, IflaLinkInfo = 18, IflaNetNsPid = 19, IflaNetNsFd = 28;
    private const ushort InfoKind = 1, InfoData = 2, VethInfoPeer = 1;
    private const ushort IfaAddress = 1, IfaLocal = 2, IfaBroadcast = 4, RtaOif = 4, RtaGateway = 5, RtaPriority = 6;
    private const uint IffUp = 1;
    private const byte AfInet = 2;

    /// <summary>Opens a route socket in the caller's network namespace; a descriptor, or a negative errno.</summary>
    public static int Open()
    {
        const int routing = 0;
        return (int)Sys.Socket(Sys.AfNetlink, Sys.SockRaw | Sys.SockCloseOnExec, routing);
    }

    /// <summary>Closes what <see cref="Open"/> gave.</summary>
    public static void Close(int route) => Sys.Close(route);

    /// <summary>
    /// Makes a veth pair: <paramref name="name"/> here as a port of bridge <paramref name="masterIndex"/> (0: of none) and
    /// <paramref name="peer"/> in the network namespace of process <paramref name="peerPid"/> (0: here). Both are down: a
    /// peer that is asked to be up at birth is opened before it is linked (ENOTCONN), so each side is set up afterwards.
    /// </summary>
    public static int CreateVeth(int route, ReadOnlySpan<byte> name, ReadOnlySpan<byte> peer, int masterIndex, int peerPid, int mtu)
    {
        var buffer = stackalloc byte[NetlinkMessage.Capacity];
        var m = new NetlinkMessage(buffer, NewLink, Request | Ack | Create | Exclusive);
        m.Link(0, 0, 0);
        m.Text(IflaName, name);
        m.U32(IflaMtu, (uint)mtu);
        if (masterIndex != 0) m.U32(IflaMaster, (uint)masterIndex);
        var link = m.Nest(IflaLinkInfo);
        m.Text(InfoKind, "veth"u8);
        var data = m.Nest(InfoData);
        var side = m.Nest(VethInfoPeer);
        m.Link(0, 0, 0);
        m.Text(IflaName, peer);
        m.U32(IflaMtu, (uint)mtu);
        if (peerPid != 0) m.U32(IflaNetNsPid, (uint)peerPid);
        m.EndNest(side);
        m.EndNest(data);
        m.EndNest(link);
        return Send(route, ref m);
    }

    /// <summary>Makes a bridge, down.</summary>
    public static int CreateBridge(int route, ReadOnlySpan<byte> name)
    {
        var buffer = stackalloc byte[NetlinkMessage.Capacity];
        var m = new NetlinkMessage(buffer, NewLink, Request | Ack | Create | Exclusive);
        m.Link(0, 0, 0);
        m.Text(IflaName, name);
        var link = m.Nest(IflaLinkInfo);
        m.Text(InfoKind, "bridge"u8);
        m.EndNest(link);
        return Send(route, ref m);
    }

    /// <summary>Sets a link up.</summary>
    public static int SetUp(int route, int index)
    {
        var buffer = stackalloc byte[NetlinkMessage.Capacity];
        var m = new NetlinkMessage(buffer, NewLink, Request | Ack);
        m.Link(index, IffUp, IffUp);
        return Send(route, ref m);
    }

    /// <summary>Sets a link down.</summary>
    public static int SetDown(int route, int index)
    {
        var buffer = stackalloc byte[NetlinkMessage.Capacity];
        var m = new NetlinkMessage(buffer, NewLink, Request | Ack);
        m.Link(index, 0, IffUp);
        return Send(route, ref m);
    }

    /// <summary>Sets the largest packet of a link.</summary>
    public static int SetMtu(int route, int index, int mtu) => SetLink(route, index, IflaMtu, (uint)mtu);

    /// <summary>
    /// Gives a link the hardware address 02:b0 and its IPv4 address. A member that starts again keeps it, and a bridge no
    /// longer takes the lowest of its ports': else neighbours go on sending to the old one until their entry ages (30 s).
    /// </summary>
    public static int SetHardwareAddress(int route, int index, uint address)
    {
        var hardware = stackalloc byte[6];
        HardwareAddress(hardware, address);
        var buffer = stackalloc byte[NetlinkMessage.Capacity];
        var m = new NetlinkMessage(buffer, NewLink, Request | Ack);
        m.Link(index, 0, 0);
        m.Bytes(IflaAddress, new ReadOnlySpan<byte>(hardware, 6));
        return Send(route, ref m);
    }

    /// <summary>The six bytes that <see cref="SetHardwareAddress"/> gives.</summary>
    public static void HardwareAddress(byte* hardware, uint address)
    {
        hardware[0] = 0x02;
        hardware[1] = 0xb0;
        *(uint*)(hardware + 2) = address;
    }

    /// <summary>Makes a link a port of a bridge.</summary>
    public static int SetMaster(int route, int index, int masterIndex) => SetLink(route, index, IflaMaster, (uint)masterIndex);

    /// <summary>Moves a link into the network namespace of a process; it loses its addresses and is down there.</summary>
    public static int MoveToNetns(int route, int index, int pid) => SetLink(route, index, IflaNetNsPid, (uint)pid);

    /// <summary>The same with a descriptor of the namespace.</summary>
    public static int MoveToNetnsOf(int route, int index, int netnsFd) => SetLink(route, index, IflaNetNsFd, (uint)netnsFd);

    /// <summary>Removes a link; the other end of a veth pair goes with it.</summary>
    public static int DeleteLink(int route, ReadOnlySpan<byte> name)
    {
        var buffer = stackalloc byte[NetlinkMessage.Capacity];
        var m = new NetlinkMessage(buffer, DeleteLinkType, Request | Ack);
        m.Link(0, 0, 0);
        m.Text(IflaName, name);
        return Send(route, ref m);
    }

    /// <summary>Gives a link an IPv4 address with its subnet's broadcast address.</summary>
    public static int AddAddress(int route, int index, uint address, int prefixLength)
    {
        var buffer = stackalloc byte[NetlinkMessage.Capacity];
        var m = new NetlinkMessage(buffer, NewAddress, Request | Ack | Create | Exclusive);
        m.Byte(AfInet);
        m.Byte((byte)prefixLength);
        m.Byte(0);
        m.Byte(0);
        m.Raw32((uint)index);
        m.U32(IfaLocal, address);
        m.U32(IfaAddress, address);
        if (prefixLength is > 0 and < 31)
        {
            var hostBits = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(uint.MaxValue >> prefixLength);
            m.U32(IfaBroadcast, address | hostBits);
        }
        return Send(route, ref m);
    }

    /// <summary>Adds the IPv4 default route through a gateway on a link.</summary>
    public static int AddRoute(int route, int index, uint gateway)
    {
        var buffer = stackalloc byte[NetlinkMessage.Capacity];
        var m = DefaultRoute(buffer, 1); // RTN_UNICAST
        m.U32(RtaGateway, gateway);
        m.U32(RtaOif, (uint)index);
        return Send(route, ref m);
    }

    /// <summary>
    /// A default route of last choice that swallows packets without a word: who sends before there is a better one tries
    /// again, instead of hearing that the network is unreachable.
    /// </summary>
    public static int AddBlackhole(int route)
    {
        var buffer = stackalloc byte[NetlinkMessage.Capacity];
        var m = DefaultRoute(buffer, 6); // RTN_BLACKHOLE
        m.U32(RtaPriority, uint.MaxValue);
        return Send(route, ref m);
    }

    // struct rtmsg with no destination.
    private static NetlinkMessage DefaultRoute(byte* buffer, byte type)
    {
        var m = new NetlinkMessage(buffer, NewRoute, Request | Ack | Create | Exclusive);
        m.Byte(AfInet);
        m.Byte(0);
        m.Byte(0);
        m.Byte(0);
        m.Byte(254); // RT_TABLE_MAIN
        m.Byte(4);   // RTPROT_STATIC
        m.Byte(0);   // RT_SCOPE_UNIVERSE
        m.Byte(type);
        m.Raw32(0);
        return m;
    }

    /// <summary>The index of a link by its name, or a negative errno.</summary>
    public static int IndexOf(int route, ReadOnlySpan<byte> name)
    {
        // struct ifreq: 16 bytes of name, then a union of 24 bytes; SIOCGIFINDEX works on any socket.
        var request = stackalloc byte[40];
        new Span<byte>(request, 40).Clear();
        if (name.Length > 15) return -19; // ENODEV
        name.CopyTo(new Span<byte>(request, 15));
        var result = Sys.Ioctl(route, 0x8933, request);
        return result < 0 ? (int)result : *(int*)(request + 16);
    }

    private static int SetLink(int route, int index, ushort attribute, uint value)
    {
        var buffer = stackalloc byte[NetlinkMessage.Capacity];
        var m = new NetlinkMessage(buffer, NewLink, Request | Ack);
        m.Link(index, 0, 0);
        m.U32(attribute, value);
        return Send(route, ref m);
    }

    /// <summary>Sends a request and waits for its acknowledgement.</summary>
    internal static int Send(int route, ref NetlinkMessage message)
    {
        var bytes = message.Finish(out var length);
        if (Sys.Call(SystemCall.sendto, route, (nint)bytes, length) is < 0 and var unsent) return (int)-unsent;
        var reply = stackalloc byte[4096];
        while (true)
        {
            var got = Sys.Call(SystemCall.recvfrom, route, (nint)reply, 4096);
            if (got == -(int)Errno.EINTR) continue;
            if (got < 0) return (int)-got;
            if (got < 20) return (int)Errno.EIO;
            // struct nlmsghdr, then struct nlmsgerr whose first member is 0 or a negative errno (NLMSG_ERROR = 2).
            if (*(ushort*)(reply + 4) == 2) return -*(int*)(reply + 16);
        }
    }
}
