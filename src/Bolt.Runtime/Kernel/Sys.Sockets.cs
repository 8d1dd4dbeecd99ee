namespace Bolt.Kernel;

internal static unsafe partial class Sys
{
    public const int AfUnix = 1, AfInet = 2, AfNetlink = 16;
    public const int SockStream = 1, SockDatagram = 2, SockRaw = 3, SockSeqPacket = 5, SockCloseOnExec = 0x80000, SockNonBlock = 0x800;

    public static nint Socket(int family, int type, int protocol) => Call(SystemCall.socket, family, type, protocol);

    public static nint SocketPair(int type, int* ends) => Call(SystemCall.socketpair, AfUnix, type, 0, (nint)ends);

    public static nint Bind(int fd, void* address, uint length) => Call(SystemCall.bind, fd, (nint)address, (nint)length);

    public static nint Listen(int fd, int backlog) => Call(SystemCall.listen, fd, backlog);

    /// <summary>accept4(2), close-on-exec.</summary>
    public static nint Accept(int fd) => Block(SystemCall.accept4, fd, 0, 0, SockCloseOnExec);

    public static nint Connect(int fd, void* address, uint length) => Block(SystemCall.connect, fd, (nint)address, (nint)length);

    public static nint SetOption(int fd, int level, int name, int value) =>
        Call(SystemCall.setsockopt, fd, level, name, (nint)(&value), 4);

    /// <summary>sendmsg(2) of some bytes with up to 8 descriptors (SCM_RIGHTS).</summary>
    public static nint Send(int fd, void* data, nuint size, int* descriptors, int count)
    {
        var vector = stackalloc nint[2] { (nint)data, (nint)size };
        var control = stackalloc nint[2 + 4];
        Message message = default;
        message.Vectors = vector;
        message.VectorCount = 1;
        if (count > 0)
        {
            // struct cmsghdr { size_t len; int level = SOL_SOCKET; int type = SCM_RIGHTS; } and then the descriptors.
            control[0] = 16 + count * 4;
            ((int*)control)[2] = 1;
            ((int*)control)[3] = 1;
            for (var i = 0; i < count; i++)
                ((int*)control)[4 + i] = descriptors[i];
            message.Control = control;
            message.ControlLength = (nuint)(16 + (count * 4 + 7 & ~7));
        }

        const int noSignal = 0x4000;
        return Call(SystemCall.sendmsg, fd, (nint)(&message), noSignal);
    }

    /// <summary>recvmsg(2): bytes, and up to 8 descriptors that came with them (close-on-exec); blocks. <paramref name="direct"/>: as a
    /// forked child may call it.</summary>
    public static nint Receive(int fd, void* data, nuint size, int* descriptors, int* count, bool direct = false)
    {
        var vector = stackalloc nint[2] { (nint)data, (nint)size };
        var control = stackalloc nint[2 + 4];
        Message message = default;
        message.Vectors = vector;
        message.VectorCount = 1;
        message.Control = control;
        message.ControlLength = 48;
        *count = 0;
        const int closeOnExec = 0x40000000;
        var received = direct
            ? Call(SystemCall.recvmsg, fd, (nint)(&message), closeOnExec)
            : Block(SystemCall.recvmsg, fd, (nint)(&message), closeOnExec);
        if (received >= 0 && message.ControlLength >= 16 && ((int*)control)[3] == 1)
        {
            *count = (int)((control[0] - 16) / 4);
            for (var i = 0; i < *count; i++)
                descriptors[i] = ((int*)control)[4 + i];
        }

        return received;
    }

    /// <summary>struct msghdr.</summary>
    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Sequential)]
    private struct Message
    {
        public nint Name;
        public nuint NameLength;
        public nint* Vectors;
        public nuint VectorCount;
        public nint* Control;
        public nuint ControlLength;
        public nint Flags;
    }
}
