namespace Bolt.Kernel;

internal static unsafe partial class Sys
{
    /// <summary>Of unshare(2) and setns(2); in clone(2) these bits are the signal.</summary>
    public const ulong CloneNewTime = 0x80;

    public const ulong CloneParent = 0x8000, CloneNewMounts = 0x20000, CloneNewCgroup = 0x2000000, CloneNewUts = 0x4000000,
        CloneNewIpc = 0x8000000, CloneNewUser = 0x10000000, CloneNewPid = 0x20000000, CloneNewNet = 0x40000000;
    public const int SigChild = 17, SigKill = 9, SigTerm = 15;

    public const int PrSetPdeathsig = 1, PrSetDumpable = 4, PrCapBoundingRead = 23, PrCapBoundingDrop = 24, PrSetNoNewPrivileges = 38,
        PrSetChildSubreaper = 36, PrCapAmbient = 47, PrSetName = 15, PrSetKeepCaps = 8;

    /// <summary>
    /// fork, with clone flags. The child has this thread alone: it may use nothing that allocates, locks or waits for the
    /// garbage collector, and ends with <see cref="Exit"/> or <see cref="Execute"/>. 0 in the child.
    /// </summary>
    public static nint Fork(ulong flags = 0) => Call(SystemCall.clone, (nint)(flags | SigChild));

    public static void Exit(int code)
    {
        while (true)
            Call(SystemCall.exit_group, code);
    }

    public static nint Execute(byte* path, byte** arguments, byte** environment) =>
        Call(SystemCall.execve, (nint)path, (nint)arguments, (nint)environment);

    public static nint GetPid() => Call(SystemCall.getpid);

    public static uint EffectiveUid() => (uint)Call(SystemCall.geteuid);

    public static uint EffectiveGid() => (uint)Call(SystemCall.getegid);

    public static nint Kill(int pid, int signal) => Call(SystemCall.kill, pid, signal);

    public static nint PidFdOpen(int pid) => Call(SystemCall.pidfd_open, pid, 0);

    public static nint PidFdSignal(int pidfd, int signal) => Call(SystemCall.pidfd_send_signal, pidfd, signal);

    /// <summary>wait4(2): a raw status as in wait(2). Blocks unless options has WNOHANG (1).</summary>
    public static nint Wait(int pid, int* status, int options) =>
        Block(SystemCall.wait4, pid, (nint)status, options | 0x40000000 /* __WALL */);

    public static nint Prctl(int option, nint a = 0, nint b = 0, nint c = 0, nint d = 0) => Call(SystemCall.prctl, option, a, b, c, d);

    public static nint Unshare(ulong flags) => Call(SystemCall.unshare, (nint)flags);

    public static nint SetNamespace(int fd, ulong flags) => Call(SystemCall.setns, fd, (nint)flags);

    public static nint SetUid(uint uid) => Call(SystemCall.setresuid, (nint)uid, (nint)uid, (nint)uid);

    public static nint SetGid(uint gid) => Call(SystemCall.setresgid, (nint)gid, (nint)gid, (nint)gid);

    public static nint SetGroups(int count, uint* groups) => Call(SystemCall.setgroups, count, (nint)groups);

    public static nint SetSession() => Call(SystemCall.setsid);

    public static nint SetHostname(byte* name, nuint length) => Call(SystemCall.sethostname, (nint)name, (nint)length);

    /// <summary>prlimit64(2) on this process; null pointers leave or skip.</summary>
    public static nint ResourceLimit(int resource, ulong* set, ulong* old) => Call(SystemCall.prlimit64, 0, resource, (nint)set, (nint)old);

    /// <summary>capset(2): the same 64-bit set as effective and permitted, and the inheritable one.</summary>
    public static nint SetCapabilities(ulong permitted, ulong inheritable) => SetCapabilities(permitted, permitted, inheritable);

    /// <summary>capset(2) of three 64-bit sets.</summary>
    public static nint SetCapabilities(ulong effective, ulong permitted, ulong inheritable)
    {
        // struct __user_cap_header_struct { version 3, pid 0 } and two words each of effective, permitted, inheritable.
        var header = stackalloc uint[2] { 0x20080522, 0 };
        var data = stackalloc uint[6]
        {
            (uint)effective, (uint)permitted, (uint)inheritable,
            (uint)(effective >> 32), (uint)(permitted >> 32), (uint)(inheritable >> 32),
        };
        return Call(SystemCall.capset, (nint)header, (nint)data);
    }

    /// <summary>Makes all permitted capabilities effective.</summary>
    public static nint RaisePermitted()
    {
        var header = stackalloc uint[2] { 0x20080522, 0 };
        var data = stackalloc uint[6];
        var result = Call(SystemCall.capget, (nint)header, (nint)data);
        (data[0], data[3]) = (data[1], data[4]);
        return result < 0 ? result : Call(SystemCall.capset, (nint)header, (nint)data);
    }

    /// <summary>As <see cref="SetCapabilities(ulong, ulong, ulong)"/>, less what this process has not got to give.</summary>
    public static nint SetGrantableCapabilities(ulong effective, ulong permitted, ulong inheritable)
    {
        var header = stackalloc uint[2] { 0x20080522, 0 };
        var data = stackalloc uint[6];
        var result = Call(SystemCall.capget, (nint)header, (nint)data);
        var had = data[1] | (ulong)data[4] << 32;
        return result < 0 ? result : SetCapabilities(effective & permitted & had, permitted & had, inheritable & had);
    }

    /// <summary>keyctl(KEYCTL_JOIN_SESSION_KEYRING) with a fresh, nameless keyring.</summary>
    public static nint JoinSessionKeyring() => Call(SystemCall.keyctl, 1, 0);

    /// <summary>seccomp(SECCOMP_SET_MODE_FILTER) with a classic BPF program of <paramref name="count"/> instructions.</summary>
    public static nint SetFilter(void* program, int count, int flags = 0)
    {
        // struct sock_fprog { unsigned short len; struct sock_filter *filter; }
        var filter = stackalloc nint[2] { count, (nint)program };
        return Call(SystemCall.seccomp, 1, flags, (nint)filter);
    }

    /// <summary>Sets every signal to its default action, and empties the mask.</summary>
    public static void ResetSignals()
    {
        // struct sigaction of the kernel: handler, flags, restorer, mask: all zero is SIG_DFL.
        var action = stackalloc ulong[4] { 0, 0, 0, 0 };
        for (var signal = 1; signal <= 64; signal++)
            Call(SystemCall.rt_sigaction, signal, (nint)action, 0, 8);
        SetSignalMask(0);
    }

    public static nint SetSignalMask(ulong mask)
    {
        const int setMask = 2;
        return Call(SystemCall.rt_sigprocmask, setMask, (nint)(&mask), 0, 8);
    }

    /// <summary>Waits for a signal that is blocked; returns its number.</summary>
    public static nint WaitSignal(ulong mask) => Call(SystemCall.rt_sigtimedwait, (nint)(&mask), 0, 0, 8);
}
