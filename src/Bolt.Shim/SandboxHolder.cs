using System.Runtime.InteropServices;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>What the holder is asked over its socket. Each answer is a <see cref="HolderAnswer"/>.</summary>
internal enum HolderRequest : byte
{
    /// <summary>The id maps are written: become inner root and make the network. Answered with the resolver's sockets, and with the gate's
    /// when it is shut.</summary>
    Begin = 1,
    /// <summary>Run nft; its rules and its log come as descriptors.</summary>
    Rules = 2,
    /// <summary>The uplink's veth has arrived: address, up, default route.</summary>
    Uplink = 3,
    /// <summary>The way out is there: open the gate.</summary>
    Open = 4,
    /// <summary>A new socket of this network namespace: TCP, UDP, or rtnetlink(7).</summary>
    Stream = 5, Datagram = 6, Route = 7,
}

/// <summary>Result: 0, a negated errno, or a program's exit code.</summary>
internal struct HolderAnswer
{
    public int Step;
    public int Result;
}

/// <summary>What opens the gate: the socket (-1: it is open) and the bridge's index.</summary>
internal struct Gate
{
    public int Socket;
    public int Link;
}

/// <summary>
/// The child that lives in the stack's user and network namespaces. It was forked without execve, so nothing here
/// allocates: all it needs was copied to native memory before. It ends when the keeper's end of its socket closes.
/// </summary>
internal readonly unsafe struct SandboxHolder(SandboxSheet sheet)
{
    private readonly byte* _bridge = SandboxMemory.Text(sheet.Bridge);
    private readonly byte* _uplink = SandboxMemory.Text(sheet.UplinkDevice);
    private readonly byte** _sysctlPaths = SandboxMemory.Texts([.. sheet.Sysctls.Select(s => "/proc/sys/" + s.Path)]);
    private readonly byte** _sysctlValues = SandboxMemory.Texts([.. sheet.Sysctls.Select(s => s.Value)]);
    private readonly byte* _sysctlOptional = SandboxMemory.Text(string.Concat(sheet.Sysctls.Select(s => s.Optional ? '1' : '0')));
    private readonly SandboxProgram _nft = new(sheet.Nft, ["nft", "-f", "-"]);
    private readonly byte* _arpIgnore = SandboxMemory.Text($"/proc/sys/net/ipv4/conf/{sheet.Bridge}/arp_ignore");
    private readonly bool _uplinkComes = sheet.Uplink == UplinkKind.Pasta;
    private readonly bool _shut = !sheet.WaitForUplink && sheet.SandboxRules.Length > 0;
    private readonly uint _gateway = sheet.Gateway;
    private readonly int _prefixLength = sheet.PrefixLength;
    private readonly int _mtu = sheet.Mtu;
    private readonly uint _uplinkAddress = sheet.SandboxAddress;
    private readonly int _uplinkPrefixLength = sheet.UplinkPrefixLength;
    private readonly uint _uplinkGateway = sheet.HostAddress;

    /// <summary>Never returns.</summary>
    public void Run(int keeper)
    {
        Sys.ResetSignals();
        fixed (byte* name = "bolt-sandbox\0"u8) Sys.Prctl(Sys.PrSetName, (nint)name);
        var descriptors = stackalloc int[8];
        var request = stackalloc byte[1];
        var gate = new Gate { Socket = -1 };
        while (true)
        {
            var count = 0;
            var got = Receive(keeper, request, descriptors, &count);
            if (got <= 0) Sys.Exit(0);
            HolderAnswer answer = default;
            var sockets = 0;
            switch ((HolderRequest)request[0])
            {
                case HolderRequest.Begin:
                    answer = Begin(descriptors, &sockets, &gate);
                    break;
                case HolderRequest.Rules when count == 2:
                    answer = new HolderAnswer { Step = (int)SandboxStep.Rules, Result = _nft.Run(descriptors[0], descriptors[1]) };
                    Sys.Close(descriptors[0]);
                    Sys.Close(descriptors[1]);
                    break;
                case HolderRequest.Stream or HolderRequest.Datagram or HolderRequest.Route:
                    answer = Socket((HolderRequest)request[0], descriptors, &sockets);
                    break;
                case HolderRequest.Uplink:
                    answer = new HolderAnswer { Step = (int)SandboxStep.Uplink, Result = -Uplink() };
                    break;
                case HolderRequest.Open:
                    answer = new HolderAnswer { Step = (int)SandboxStep.Uplink, Result = (int)SandboxGate.Open(gate.Socket, _arpIgnore, gate.Link, _gateway) };
                    Sys.Close(gate.Socket);
                    break;
            }
            Sys.Send(keeper, &answer, (nuint)sizeof(HolderAnswer), descriptors, sockets);
            // The gate's own one is needed to open it.
            for (var i = 0; i < Math.Min(sockets, 2); i++) Sys.Close(descriptors[i]);
        }
    }

    private HolderAnswer Begin(int* sockets, int* count, Gate* gate)
    {
        // Denied in a single-id namespace, where there are no groups to drop anyway.
        Sys.SetGroups(0, null);
        if (Sys.SetGid(0) is < 0 and var gid) return Failed(SandboxStep.Ids, gid);
        if (Sys.SetUid(0) is < 0 and var uid) return Failed(SandboxStep.Ids, uid);
        if (Bridge(gate) is not 0 and var bridge) return Failed(SandboxStep.Bridge, -bridge);
        for (var i = 0; _sysctlPaths[i] != null; i++)
        {
            if (WriteFile(_sysctlPaths[i], _sysctlValues[i]) is < 0 and var sysctl && _sysctlOptional[i] == '0')
                return Failed(SandboxStep.Sysctl, sysctl);
        }
        var udp = Resolver(Sys.SockDatagram);
        if (udp < 0) return Failed(SandboxStep.Resolver, udp);
        var tcp = Resolver(Sys.SockStream);
        if (tcp < 0) return Failed(SandboxStep.Resolver, tcp);
        sockets[0] = (int)udp;
        sockets[1] = (int)tcp;
        sockets[2] = gate->Socket;
        *count = gate->Socket >= 0 ? 3 : 2;
        return default;
    }

    private static HolderAnswer Socket(HolderRequest kind, int* sockets, int* count)
    {
        const int routing = 0;
        var fd = kind switch
        {
            HolderRequest.Stream => Sys.Socket(Sys.AfInet, Sys.SockStream | Sys.SockCloseOnExec, 0),
            HolderRequest.Datagram => Sys.Socket(Sys.AfInet, Sys.SockDatagram | Sys.SockCloseOnExec, 0),
            _ => Sys.Socket(Sys.AfNetlink, Sys.SockRaw | Sys.SockCloseOnExec, routing),
        };
        if (fd < 0) return Failed(SandboxStep.Holder, fd);
        sockets[0] = (int)fd;
        *count = 1;
        return default;
    }

    private int Bridge(Gate* gate)
    {
        var route = Netlink.Open();
        if (route < 0) return -route;
        var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(_bridge);
        var error = Netlink.SetUp(route, 1); // lo is the first link of every namespace
        if (error == 0) error = Netlink.CreateBridge(route, name);
        var index = error == 0 ? Netlink.IndexOf(route, name) : 0;
        if (index < 0) error = -index;
        if (error == 0) error = Netlink.SetHardwareAddress(route, index, _gateway);
        if (error == 0) error = Netlink.SetMtu(route, index, _mtu);
        if (error == 0) error = Netlink.AddAddress(route, index, _gateway, _prefixLength);
        if (error == 0 && _shut) *gate = new Gate { Socket = SandboxGate.Shut(_arpIgnore, index), Link = index };
        if (error == 0) error = Netlink.SetUp(route, index);
        if (error == 0 && _uplinkComes) error = Netlink.AddBlackhole(route);
        Netlink.Close(route);
        return error;
    }

    private int Uplink()
    {
        var route = Netlink.Open();
        if (route < 0) return -route;
        var index = Netlink.IndexOf(route, MemoryMarshal.CreateReadOnlySpanFromNullTerminated(_uplink));
        var error = index < 0 ? -index : Netlink.AddAddress(route, index, _uplinkAddress, _uplinkPrefixLength);
        if (error == 0) error = Netlink.SetUp(route, index);
        if (error == 0) error = Netlink.AddRoute(route, index, _uplinkGateway);
        Netlink.Close(route);
        return error;
    }

    private nint Resolver(int type)
    {
        var fd = Sys.Socket(Sys.AfInet, type | Sys.SockCloseOnExec, 0);
        if (fd < 0) return fd;
        var result = SandboxPorts.Bind((int)fd, _gateway, 53);
        if (result == 0 && type == Sys.SockStream) result = Sys.Listen((int)fd, 64);
        return result < 0 ? result : fd;
    }

    /// <summary>One write(2) of a whole text; what was written, or a negated errno.</summary>
    public static nint WriteFile(byte* path, byte* value)
    {
        var fd = Sys.Open(path, Sys.OWriteOnly | Sys.OCloseOnExec);
        if (fd < 0) return fd;
        var written = Sys.Write((int)fd, value, (nuint)Native.Length(value));
        Sys.Close((int)fd);
        return written;
    }

    /// <summary>Sys.Receive passes through the garbage collector's gate; this child has none that would open it again.</summary>
    private static nint Receive(int fd, byte* data, int* descriptors, int* count)
    {
        nint got;
        do got = Sys.Receive(fd, data, 1, descriptors, count, direct: true);
        while (got == -(int)Errno.EINTR);
        return got;
    }

    private static HolderAnswer Failed(SandboxStep step, nint error) => new() { Step = (int)step, Result = (int)error };
}
