namespace Bolt.Kernel;

internal static unsafe partial class Sys
{
    public const int AtFdCwd = -100;
    public const int AtEmptyPath = 0x1000, AtSymlinkNoFollow = 0x100, AtRecursive = 0x8000, AtRemoveDir = 0x200;
    public const int OReadOnly = 0, OWriteOnly = 1, OReadWrite = 2, OCreate = 0x40, OExclusive = 0x80, ONoCtty = 0x100,
        OTruncate = 0x200, OAppend = 0x400, ONonBlock = 0x800, ODirectory = 0x10000, ONoFollow = 0x20000,
        OCloseOnExec = 0x80000, OPath = 0x200000;
    public const int ResolveNoXdev = 1, ResolveNoMagicLinks = 2, ResolveNoSymlinks = 4, ResolveBeneath = 8, ResolveInRoot = 16;
    public const uint TypeMask = 0xF000, TypeFolder = 0x4000, TypeFile = 0x8000, TypeLink = 0xA000;

    public static nint Open(byte* path, int flags, uint mode = 0) => OpenAt(AtFdCwd, path, flags, mode);

    public static nint OpenAt(int folder, byte* path, int flags, uint mode = 0) =>
        Call(SystemCall.openat, folder, (nint)path, flags, (nint)mode);

    /// <summary>openat2(2): <paramref name="resolve"/> keeps the path inside <paramref name="folder"/>.</summary>
    public static nint OpenAt2(int folder, byte* path, int flags, uint mode, int resolve)
    {
        // struct open_how: flags, mode, resolve, each 64 bits; mode must be 0 unless a file may be made.
        var how = stackalloc ulong[3];
        how[0] = (uint)flags;
        how[1] = (flags & OCreate) != 0 ? mode : 0;
        how[2] = (uint)resolve;
        nint result;
        // EAGAIN: a rename or mount elsewhere raced with the resolution (openat2(2)); it says to try again.
        do result = Call(SystemCall.openat2, folder, (nint)path, (nint)how, 24);
        while (result == -(int)Errno.EAGAIN);
        return result;
    }

    public static nint Close(int fd) => Call(SystemCall.close, fd);

    /// <summary>close_range(2) from <paramref name="first"/> on; 4 (CLOSE_RANGE_CLOEXEC) only marks them.</summary>
    public static nint CloseFrom(uint first, int flags) => Call(SystemCall.close_range, (nint)first, unchecked((nint)uint.MaxValue), flags);

    public static nint Read(int fd, void* buffer, nuint size) => Call(SystemCall.read, fd, (nint)buffer, (nint)size);

    public static nint ReadBlocking(int fd, void* buffer, nuint size) => Block(SystemCall.read, fd, (nint)buffer, (nint)size);

    public static nint Write(int fd, void* buffer, nuint size) => Call(SystemCall.write, fd, (nint)buffer, (nint)size);

    public static nint WriteBlocking(int fd, void* buffer, nuint size) => Block(SystemCall.write, fd, (nint)buffer, (nint)size);

    /// <summary>pipe2(2): ends[0] reads, ends[1] writes.</summary>
    public static nint Pipe(int* ends, int flags) => Call(SystemCall.pipe2, (nint)ends, flags);

    public static nint Duplicate(int from, int to) => Call(SystemCall.dup3, from, to, 0);

    public static nint MakeFolder(int folder, byte* path, uint mode) => Call(SystemCall.mkdirat, folder, (nint)path, (nint)mode);

    public static nint RemoveFolder(byte* path) => Call(SystemCall.unlinkat, AtFdCwd, (nint)path, AtRemoveDir);

    public static nint Unlink(int folder, byte* path) => Call(SystemCall.unlinkat, folder, (nint)path, 0);

    public static nint Symlink(byte* target, int folder, byte* path) => Call(SystemCall.symlinkat, (nint)target, folder, (nint)path);

    public static nint Rename(byte* from, byte* to) => Call(SystemCall.rename, (nint)from, (nint)to);

    public static nint ChangeOwner(int fd, uint uid, uint gid) => Call(SystemCall.fchown, fd, (nint)uid, (nint)gid);

    /// <summary>fchownat(2) without following a symbolic link at the end.</summary>
    public static nint ChangeOwnerAt(int folder, byte* path, uint uid, uint gid, int flags = AtSymlinkNoFollow) =>
        Call(SystemCall.fchownat, folder, (nint)path, (nint)uid, (nint)gid, flags);

    public static nint ChangeMode(int fd, uint mode) => Call(SystemCall.fchmod, fd, (nint)mode);

    public static nint ChangeModeAt(int folder, byte* path, uint mode) => Call(SystemCall.fchmodat, folder, (nint)path, (nint)mode);

    public static nint ChangeFolder(byte* path) => Call(SystemCall.chdir, (nint)path);

    public static nint ChangeFolder(int fd) => Call(SystemCall.fchdir, fd);

    public static nint Umask(uint mask) => Call(SystemCall.umask, (nint)mask);

    /// <summary>readlinkat(2), not NUL-terminated.</summary>
    public static nint ReadLink(int folder, byte* path, byte* buffer, nuint size) =>
        Call(SystemCall.readlinkat, folder, (nint)path, (nint)buffer, (nint)size);

    /// <summary>getdents64(2).</summary>
    public static nint ReadFolder(int fd, void* buffer, nuint size) => Call(SystemCall.getdents64, fd, (nint)buffer, (nint)size);

    /// <summary>st_mode of what an fd names, O_PATH included; negated errno on failure.</summary>
    public static nint ModeOf(int fd)
    {
        FileStatus status;
        byte empty = 0;
        var result = Status(fd, &empty, AtEmptyPath, &status);
        return result < 0 ? result : (nint)status.Mode;
    }

    /// <summary>newfstatat(2).</summary>
    public static nint Status(int folder, byte* path, int flags, FileStatus* status) =>
        Call(SystemCall.newfstatat, folder, (nint)path, (nint)status, flags);

    /// <summary>Whether the path can be had in this mode (4 read, 2 write, 1 search) by the effective ids.</summary>
    public static nint Access(byte* path, int mode) => Call(SystemCall.faccessat2, AtFdCwd, (nint)path, mode, 0x200);

    public static nint Ioctl(int fd, nuint request, void* argument) => Call(SystemCall.ioctl, fd, (nint)request, (nint)argument);

    public static nint SetNonBlocking(int fd)
    {
        const int getFlags = 3, setFlags = 4;
        var flags = Call(SystemCall.fcntl, fd, getFlags);
        return flags < 0 ? flags : Call(SystemCall.fcntl, fd, setFlags, flags | ONonBlock);
    }

    /// <summary>poll(2); blocks. Timeout in milliseconds, -1: none.</summary>
    public static nint Poll(PollEntry* entries, int count, int timeout) => Block(SystemCall.poll, (nint)entries, count, timeout);

    public static nint EventFd(uint initial) => Call(SystemCall.eventfd2, (nint)initial, OCloseOnExec | ONonBlock);

    public static nint MemoryFile(byte* name) => Call(SystemCall.memfd_create, (nint)name, 1);

    /// <summary>flock(2): 2 exclusive, 4 without waiting, 8 release.</summary>
    public static nint Lock(int fd, int operation) => Block(SystemCall.flock, fd, operation);

    public static nint FileSync(int fd) => Block(SystemCall.fsync, fd);
}

/// <summary>struct stat of x86-64.</summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Explicit, Size = 144)]
internal struct FileStatus
{
    [System.Runtime.InteropServices.FieldOffset(0)] public ulong Device;
    [System.Runtime.InteropServices.FieldOffset(8)] public ulong Inode;
    [System.Runtime.InteropServices.FieldOffset(16)] public ulong Links;
    [System.Runtime.InteropServices.FieldOffset(24)] public uint Mode;
    [System.Runtime.InteropServices.FieldOffset(28)] public uint Uid;
    [System.Runtime.InteropServices.FieldOffset(32)] public uint Gid;
    [System.Runtime.InteropServices.FieldOffset(40)] public ulong SpecialDevice;
    [System.Runtime.InteropServices.FieldOffset(48)] public long Size;
    [System.Runtime.InteropServices.FieldOffset(72)] public long AccessSeconds;
    [System.Runtime.InteropServices.FieldOffset(80)] public long AccessNanoseconds;
    [System.Runtime.InteropServices.FieldOffset(88)] public long ChangeSeconds;
    [System.Runtime.InteropServices.FieldOffset(96)] public long ChangeNanoseconds;
}

/// <summary>struct pollfd.</summary>
internal struct PollEntry(int fd, short events)
{
    public const short In = 1, Priority = 2, Out = 4, Error = 8, HangUp = 16;

    public int Fd = fd;
    public short Events = events;
    public short Returned = 0;
}
