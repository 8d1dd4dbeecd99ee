namespace Bolt.Kernel;

/// <summary>errno(3) by the kernel's own names; only those that Bolt tells apart or explains.</summary>
internal enum Errno
{
    None = 0,
    EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, EIO = 5, ENXIO = 6, E2BIG = 7, ENOEXEC = 8, EBADF = 9, ECHILD = 10,
    EAGAIN = 11, ENOMEM = 12, EACCES = 13, EFAULT = 14, ENOTBLK = 15, EBUSY = 16, EEXIST = 17, EXDEV = 18, ENODEV = 19,
    ENOTDIR = 20, EISDIR = 21, EINVAL = 22, ENFILE = 23, EMFILE = 24, ENOTTY = 25, ETXTBSY = 26, EFBIG = 27, ENOSPC = 28,
    ESPIPE = 29, EROFS = 30, EMLINK = 31, EPIPE = 32, ERANGE = 34, EDEADLK = 35, ENAMETOOLONG = 36, ENOSYS = 38,
    ENOTEMPTY = 39, ELOOP = 40, EOVERFLOW = 75, EUSERS = 87, ENOTSOCK = 88, EMSGSIZE = 90, EPROTONOSUPPORT = 93,
    EOPNOTSUPP = 95, EAFNOSUPPORT = 97, EADDRINUSE = 98, EADDRNOTAVAIL = 99, ENETDOWN = 100, ENETUNREACH = 101,
    ECONNRESET = 104, ENOBUFS = 105, EISCONN = 106, ENOTCONN = 107, ETIMEDOUT = 110, ECONNREFUSED = 111,
    EHOSTUNREACH = 113, EALREADY = 114, EINPROGRESS = 115, ESTALE = 116, EDQUOT = 122, EKEYEXPIRED = 127,
}

/// <summary>Reads results of <see cref="Sys"/>: a value, or a negated errno.</summary>
internal static class Results
{
    /// <summary>The errno in a result; None when it is a value.</summary>
    public static Errno Error(this nint result) => result is < 0 and >= -4095 ? (Errno)(-(int)result) : Errno.None;

    /// <summary>What the errno means, as strerror(3) says it, in lower case.</summary>
    public static string Text(this Errno errno) => errno switch
    {
        Errno.EPERM => "operation not permitted",
        Errno.ENOENT => "no such file or directory",
        Errno.ESRCH => "no such process",
        Errno.EACCES => "permission denied",
        Errno.EBUSY => "device or resource busy",
        Errno.EEXIST => "file exists",
        Errno.EXDEV => "it leads out of the root",
        Errno.ENODEV => "no such device or file system type",
        Errno.ENOTDIR => "not a folder",
        Errno.EISDIR => "it is a folder",
        Errno.EINVAL => "invalid argument",
        Errno.EMFILE or Errno.ENFILE => "too many open files",
        Errno.ENOSPC => "no space left, or a limit of namespaces is reached",
        Errno.EROFS => "read-only file system",
        Errno.ENOEXEC => "not an executable for this machine",
        Errno.ELOOP => "too many levels of symbolic links",
        Errno.ENOSYS => "this kernel lacks the system call",
        Errno.EFBIG => "it is too large",
        Errno.ESPIPE => "it is no plain file",
        Errno.EIO => "it cannot be read",
        Errno.E2BIG => "argument list too long",
        Errno.EAGAIN => "a resource limit is reached",
        Errno.EUSERS => "too many nested user namespaces",
        Errno.ENOMEM => "out of memory",
        Errno.EADDRINUSE => "address already in use",
        _ => errno.ToString(),
    };
}
