using Bolt.Kernel;

namespace Bolt.Shim;

/// <summary>Steps for terminal, network and notify socket.</summary>
internal static unsafe partial class StepRunner
{
    private const uint TypeLink = 0xA000;

    private static nint MakeTerminal(LaunchState* state)
    {
        var master = InRoot(state, Native.Literal("dev/pts/ptmx"u8), Sys.OReadWrite | Sys.ONoCtty);
        if (master < 0)
            return master;
        var side = OpenTerminalSide(state, (int)master);
        if (side < 0)
            return side;
        state->TerminalSide = (int)side;

        // CVE-2025-52565: what is bound is the terminal itself and no path to it, and it lies over a file of the root: neither
        // over one of procfs nor wherever a link of the image leads.
        var tree = Sys.OpenTree((int)side, Native.Literal(""u8), Sys.OpenTreeClone | Sys.OCloseOnExec | Sys.AtEmptyPath);
        if (tree < 0)
            return tree;
        var target = ConsoleInRoot(state);
        var result = target < 0 ? target : MayLieOn((int)target, 0);
        if (result >= 0)
            result = Sys.MoveMount((int)tree, (int)target);
        var fd = (int)master;
        LaunchState.Tell(state, LaunchWord.Terminal, 0, &fd, 1);
        return result;
    }

    private static nint ConsoleInRoot(LaunchState* state)
    {
        var path = Native.Literal("dev/console"u8);
        var found = InRoot(state, path, Sys.OPath | Sys.ONoFollow);
        if (found == -(int)Errno.ENOENT)
            return FileInRoot(state, path);
        if (found < 0 || ((uint)Sys.ModeOf((int)found) & Sys.TypeMask) != TypeLink)
            return found;
        Sys.Close((int)found);
        return -(int)Errno.ELOOP;
    }

    /// <summary>The process's side of a pseudo-terminal, whatever its path is.</summary>
    public static nint OpenTerminalSide(LaunchState* state, int master)
    {
        // Before anything runs on it: what asks for its size at the start is not told again.
        _ = Sys.SetTerminalSize(master, state->Columns, state->Rows);
        var locked = 0;
        var result = Sys.Ioctl(master, 0x40045431 /* TIOCSPTLCK */, &locked);
        const int flags = Sys.OReadWrite | Sys.ONoCtty | Sys.OCloseOnExec;
        return result < 0 ? result : Sys.Call(SystemCall.ioctl, master, 0x5441 /* TIOCGPTPEER */, flags);
    }

    private static nint OpenNotifySocket(LaunchState* state, NativeStep* step)
    {
        var fd = Sys.Socket(Sys.AfUnix, Sys.SockDatagram | Sys.SockCloseOnExec | Sys.SockNonBlock, 0);
        if (fd < 0)
            return fd;
        // struct sockaddr_un with a path that starts with NUL: abstract, seen in this network namespace alone, so that no
        // file, no folder and no permission of an image is in the way.
        var address = stackalloc byte[110];
        *(ushort*)address = Sys.AfUnix;
        var length = Native.Length(step->A);
        if (length > 100)
            return -(int)Errno.ENAMETOOLONG;
        address[2] = 0;
        for (var i = 0; i < length; i++)
            address[3 + i] = step->A[i];
        var result = Sys.Bind((int)fd, address, (uint)(3 + length));
        if (result < 0)
            return result;
        var number = (int)fd;
        LaunchState.Tell(state, LaunchWord.Notify, 0, &number, 1);
        return Sys.Close(number);
    }

    private static nint SetUp(ReadOnlySpan<byte> name)
    {
        var route = Netlink.Open();
        if (route < 0)
            return route;
        var index = Netlink.IndexOf(route, name);
        var error = index < 0 ? -index : Netlink.SetUp(route, index);
        Netlink.Close(route);
        return -error;
    }

    private static nint SetAddress(NativeStep* step)
    {
        var route = Netlink.Open();
        if (route < 0)
            return route;
        var index = Netlink.IndexOf(route, "eth0"u8);
        // A service that starts again keeps its hardware address, or its neighbours would go on sending to the old one.
        var error = index < 0 ? -index : Netlink.SetHardwareAddress(route, index, Network((uint)step->X));
        if (error == 0)
            error = Netlink.SetUp(route, index);
        if (error == 0)
            error = Netlink.AddAddress(route, index, Network((uint)step->X), (int)step->Y);
        if (error == 0 && step->Z != 0)
            error = Netlink.AddRoute(route, index, Network((uint)step->Z));
        Netlink.Close(route);
        return -error;
    }

    private static uint Network(uint host) => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(host);
}
