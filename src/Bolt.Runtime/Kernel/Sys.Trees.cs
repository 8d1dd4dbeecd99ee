namespace Bolt.Kernel;

internal static unsafe partial class Sys
{
    public const uint TypeDevice = 0x2000, TypeBlockDevice = 0x6000, TypePipe = 0x1000;

    public static nint RemoveFolderAt(int folder, byte* name) => Call(SystemCall.unlinkat, folder, (nint)name, AtRemoveDir);

    /// <summary>linkat(2): a hard link, not following a symbolic one.</summary>
    public static nint LinkAt(int fromFolder, byte* from, int toFolder, byte* to) =>
        Call(SystemCall.linkat, fromFolder, (nint)from, toFolder, (nint)to, 0);

    public static nint MakeNodeAt(int folder, byte* name, uint mode, ulong device) =>
        Call(SystemCall.mknodat, folder, (nint)name, (nint)mode, (nint)device);

    /// <summary>utimensat(2) with the access and modification time of a status; not following a link.</summary>
    public static nint SetTimesAt(int folder, byte* name, in FileStatus status)
    {
        var times = stackalloc long[4] { status.AccessSeconds, status.AccessNanoseconds, status.ChangeSeconds, status.ChangeNanoseconds };
        return Call(SystemCall.utimensat, folder, (nint)name, (nint)times, AtSymlinkNoFollow);
    }

    /// <summary>ioctl(FICLONE): the target shares the source's blocks; EOPNOTSUPP, EXDEV or EINVAL where it cannot.</summary>
    public static nint CloneFile(int target, int source) => Call(SystemCall.ioctl, target, 0x40049409, source);

    /// <summary>copy_file_range(2) at both file positions.</summary>
    public static nint CopyRange(int source, int target, nuint size) =>
        Block(SystemCall.copy_file_range, source, 0, target, 0, (nint)size, 0);

    public static nint ListAttributes(int fd, byte* buffer, nuint size) => Call(SystemCall.flistxattr, fd, (nint)buffer, (nint)size);

    public static nint GetAttribute(int fd, byte* name, byte* buffer, nuint size) =>
        Call(SystemCall.fgetxattr, fd, (nint)name, (nint)buffer, (nint)size);

    public static nint SetAttribute(int fd, byte* name, byte* value, nuint size) =>
        Call(SystemCall.fsetxattr, fd, (nint)name, (nint)value, (nint)size, 0);
}
