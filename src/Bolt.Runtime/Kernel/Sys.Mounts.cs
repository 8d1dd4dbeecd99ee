namespace Bolt.Kernel;

internal static unsafe partial class Sys
{
    public const nuint MsReadOnly = 1, MsNoSuid = 2, MsNoDev = 4, MsNoExec = 8, MsRemount = 32, MsBind = 4096, MsRec = 16384,
        MsMove = 8192, MsUnbindable = 1 << 17, MsPrivate = 1 << 18, MsSlave = 1 << 19, MsShared = 1 << 20, MsStrictAtime = 1 << 24, MsRelatime = 1 << 21;
    public const ulong AttrReadOnly = 1, AttrNoSuid = 2, AttrNoDev = 4, AttrNoExec = 8, AttrIdMap = 0x100000;
    public const int OpenTreeClone = 1;

    public static nint Mount(byte* source, byte* target, byte* type, nuint flags, byte* data) =>
        Call(SystemCall.mount, (nint)source, (nint)target, (nint)type, (nint)flags, (nint)data);

    public static nint Unmount(byte* target, int flags) => Call(SystemCall.umount2, (nint)target, flags);

    public static nint PivotRoot(byte* root, byte* old) => Call(SystemCall.pivot_root, (nint)root, (nint)old);

    /// <summary>open_tree(2): a detached copy of the mounts at a path, for <see cref="MoveMount"/>.</summary>
    public static nint OpenTree(int folder, byte* path, int flags) => Call(SystemCall.open_tree, folder, (nint)path, flags);

    /// <summary>move_mount(2) of the mount that <paramref name="tree"/> is onto what <paramref name="target"/> names.</summary>
    public static nint MoveMount(int tree, int target)
    {
        const int fromEmptyPath = 4, toEmptyPath = 0x40;
        byte empty = 0;
        return Call(SystemCall.move_mount, tree, (nint)(&empty), target, (nint)(&empty), fromEmptyPath | toEmptyPath);
    }

    /// <summary>mount_setattr(2): attributes to set and to clear, and MS_ propagation (0: as it is).</summary>
    public static nint ChangeMountAttributes(int mount, ulong set, ulong clear, ulong propagation, bool recursive)
    {
        var attributes = stackalloc ulong[4] { set, clear, propagation, 0 };
        byte empty = 0;
        return Call(SystemCall.mount_setattr, mount, (nint)(&empty), AtEmptyPath | (recursive ? AtRecursive : 0), (nint)attributes, 32);
    }

    /// <summary>mount_setattr(2) on the mount(s) of an fd; with <see cref="AttrIdMap"/>, as <paramref name="userNamespace"/> maps.</summary>
    public static nint SetMountAttributes(int tree, ulong set, ulong propagation, int userNamespace, bool recursive)
    {
        // struct mount_attr: attr_set, attr_clr, propagation, userns_fd, each 64 bits.
        var attributes = stackalloc ulong[4];
        attributes[0] = set;
        attributes[1] = 0;
        attributes[2] = propagation;
        attributes[3] = (set & AttrIdMap) != 0 ? (ulong)userNamespace : 0;
        byte empty = 0;
        return Call(SystemCall.mount_setattr, tree, (nint)(&empty), AtEmptyPath | (recursive ? AtRecursive : 0), (nint)attributes, 32);
    }
}
