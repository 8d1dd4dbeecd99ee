using Bolt.Kernel;

namespace Bolt.Shim;

/// <summary>
/// Steps below the new root. Whatever symbolic links an image holds, a path is resolved with the new root as "/", and
/// what was resolved is used by descriptor, so that nothing can be put in its place in between.
/// </summary>
internal static unsafe partial class StepRunner
{
    private static nint InRoot(LaunchState* state, byte* path, int flags, uint mode = 0) =>
        Sys.OpenAt2(state->Root, path, flags | Sys.OCloseOnExec, mode, Sys.ResolveInRoot | Sys.ResolveNoMagicLinks);

    /// <summary>A folder by its path, made with its parents where they lack.</summary>
    private static nint FolderInRoot(LaunchState* state, byte* path, uint mode)
    {
        const int folder = Sys.OPath | Sys.ODirectory;
        var found = InRoot(state, path, folder);
        if (found != -(int)Errno.ENOENT)
            return found;
        var length = Native.Length(path);
        if (length >= LaunchState.PathSize)
            return -(int)Errno.ENAMETOOLONG;

        var parent = InRoot(state, Native.Literal("."u8), folder);
        var copy = state->Path;
        var name = 0;
        for (var i = 0; i <= length && parent >= 0; i++)
        {
            if (path[i] != '/' && path[i] != 0)
            {
                copy[i] = path[i];
                continue;
            }

            copy[i] = 0;
            if (i > name)
            {
                var next = InRoot(state, copy, folder);
                if (next == -(int)Errno.ENOENT)
                {
                    var made = Sys.MakeFolder((int)parent, copy + name, mode);
                    next = made < 0 && made != -(int)Errno.EEXIST ? made : InRoot(state, copy, folder);
                    // A link to nowhere: what it names is made, in the root.
                    if (next == -(int)Errno.ENOENT && state->Program != null)
                        return FolderBehindLink(state, (int)parent, path, name, i, mode);
                }

                Sys.Close((int)parent);
                parent = next;
            }

            copy[i] = path[i];
            name = i + 1;
        }

        return parent;
    }

    /// <summary>The folder that a path's last part is in, made where it lacks; name is that last part.</summary>
    private static nint ParentInRoot(LaunchState* state, byte* path, out byte* name)
    {
        var slash = Native.Length(path);
        while (slash > 0 && path[slash - 1] != '/')
            slash--;
        name = path + slash;
        if (slash == 0)
            return InRoot(state, Native.Literal("."u8), Sys.OPath | Sys.ODirectory);
        if (slash >= LaunchState.PathSize)
            return -(int)Errno.ENAMETOOLONG;
        var folder = state->Scratch;
        for (var i = 0; i < slash; i++)
            folder[i] = path[i];
        folder[slash] = 0;
        return FolderInRoot(state, folder, 0x1ED);
    }

    /// <summary>O_PATH of a file to mount over; an empty one is made where there is none.</summary>
    private static nint FileInRoot(LaunchState* state, byte* path)
    {
        var found = InRoot(state, path, Sys.OPath);
        if (found != -(int)Errno.ENOENT)
            return found;
        var parent = ParentInRoot(state, path, out var name);
        if (parent < 0)
            return parent;
        const int flags = Sys.OCreate | Sys.OExclusive | Sys.OWriteOnly | Sys.OCloseOnExec;
        var made = Sys.OpenAt((int)parent, name, flags, 0x1A4);
        if (made == -(int)Errno.EEXIST)
        {
            // A link to nowhere, such as /etc/resolv.conf of an image: the file takes its place.
            Sys.Unlink((int)parent, name);
            made = Sys.OpenAt((int)parent, name, flags, 0x1A4);
        }

        Sys.Close((int)parent);
        if (made < 0)
            return made;
        Sys.Close((int)made);
        return InRoot(state, path, Sys.OPath);
    }

    private static nint MakeFolder(LaunchState* state, NativeStep* step)
    {
        var there = InRoot(state, step->A, Sys.OPath | Sys.ODirectory);
        if (there >= 0)
            return Sys.Close((int)there);
        var fd = FolderInRoot(state, step->A, 0x1ED);
        if (fd < 0)
            return fd;
        var path = Descriptor(state, (int)fd);
        var result = Sys.ChangeModeAt(Sys.AtFdCwd, path, (uint)step->X);
        if (result >= 0 && (step->Y | step->Z) != 0)
            result = Sys.ChangeOwnerAt(Sys.AtFdCwd, path, (uint)step->Y, (uint)step->Z, 0);
        Sys.Close((int)fd);
        return result;
    }

    private static nint MakeFile(LaunchState* state, NativeStep* step)
    {
        var parent = ParentInRoot(state, step->A, out var name);
        if (parent < 0)
            return parent;
        Sys.Unlink((int)parent, name);
        var fd = Sys.OpenAt((int)parent, name, Sys.OCreate | Sys.OExclusive | Sys.OWriteOnly | Sys.OCloseOnExec, 0x180);
        Sys.Close((int)parent);
        if (fd < 0)
            return fd;
        var result = Sys.Write((int)fd, step->B, (nuint)Native.Length(step->B));
        if (result >= 0)
            result = Sys.ChangeMode((int)fd, (uint)step->X);
        Sys.Close((int)fd);
        return result;
    }

    private static nint MakeLink(LaunchState* state, NativeStep* step)
    {
        var parent = ParentInRoot(state, step->B, out var name);
        if (parent < 0)
            return parent;
        var result = Sys.Symlink(step->A, (int)parent, name);
        Sys.Close((int)parent);
        return result;
    }

    private static nint MountType(LaunchState* state, NativeStep* step)
    {
        var target = FolderInRoot(state, step->B, 0x1ED);
        if (target < 0)
            return target;
        var result = Sys.Mount(step->A, Descriptor(state, (int)target), step->A, (nuint)step->X, step->C);
        Sys.Close((int)target);
        return step->Y == 1 ? 0 : result;
    }

    private static nint BindDevice(LaunchState* state, NativeStep* step)
    {
        var target = FileInRoot(state, step->B);
        if (target < 0)
            return target;
        var result = Sys.Mount(step->A, Descriptor(state, (int)target), null, Sys.MsBind, null);
        Sys.Close((int)target);
        return result;
    }

    private static nint Place(LaunchState* state, NativeStep* step)
    {
        var tree = state->Slots[step->X];
        var mode = Sys.ModeOf(tree);
        if (mode < 0)
            return mode;
        var target = ((uint)mode & Sys.TypeMask) == Sys.TypeFolder ? FolderInRoot(state, step->A, 0x1ED) : FileInRoot(state, step->A);
        if (target < 0)
            return target;
        var result = Sys.MoveMount(tree, (int)target);
        Sys.Close((int)target);
        return result;
    }

    private static nint Mask(LaunchState* state, NativeStep* step)
    {
        var target = InRoot(state, step->A, Sys.OPath);
        if (target < 0)
            return target is -(int)Errno.ENOENT or -(int)Errno.ENOTDIR ? 0 : target;
        var mode = Sys.ModeOf((int)target);
        var path = Descriptor(state, (int)target);
        var result = ((uint)mode & Sys.TypeMask) == Sys.TypeFolder
            ? Sys.Mount(Native.Literal("tmpfs"u8), path, Native.Literal("tmpfs"u8), Sys.MsReadOnly | Sys.MsNoSuid | Sys.MsNoDev | Sys.MsNoExec, Native.Literal("nr_inodes=1"u8))
            : Sys.Mount(Native.Literal("/dev/null"u8), path, null, Sys.MsBind, null);
        Sys.Close((int)target);
        return result;
    }

    private static nint MakeReadOnly(LaunchState* state, NativeStep* step)
    {
        var target = InRoot(state, step->A, Sys.OPath);
        if (target < 0)
            return target is -(int)Errno.ENOENT or -(int)Errno.ENOTDIR ? 0 : target;
        byte here = 0;
        var tree = Sys.OpenTree((int)target, &here, Sys.OpenTreeClone | Sys.OCloseOnExec | Sys.AtEmptyPath | Sys.AtRecursive);
        var result = tree;
        if (tree >= 0)
        {
            result = Sys.SetMountAttributes((int)tree, Sys.AttrReadOnly | Sys.AttrNoSuid | Sys.AttrNoDev | Sys.AttrNoExec, 0, 0, true);
            if (result >= 0)
                result = Sys.MoveMount((int)tree, (int)target);
            Sys.Close((int)tree);
        }

        Sys.Close((int)target);
        return result;
    }

    private static nint SetSysctl(LaunchState* state, NativeStep* step)
    {
        byte* at = state->Scratch, end = at + LaunchState.PathSize;
        at = Native.Append(at, end, "proc/sys/"u8);
        for (var key = step->A; *key != 0 && at < end - 1; key++)
            *at++ = *key == '.' && step->Y == 0 ? (byte)'/' : *key;
        *at = 0;
        var fd = InRoot(state, state->Scratch, Sys.OWriteOnly);
        // What an image or a mount put in /proc's place would redirect the write (CVE-2025-52881).
        var result = fd < 0 ? fd : MayLieOn((int)fd, 0) == 0 ? -(int)Errno.EXDEV : Sys.Write((int)fd, step->B, (nuint)Native.Length(step->B));
        if (fd >= 0)
            Sys.Close((int)fd);
        return step->X == 1 ? 0 : result;
    }

    // mount(2) has no descriptor form; this names what was resolved, by way of the host's own /proc.
    private static byte* Descriptor(LaunchState* state, int fd)
    {
        var end = state->Path + LaunchState.PathSize;
        Native.AppendNumber(Native.Append(state->Path, end, "/proc/self/fd/"u8), end, (ulong)fd);
        return state->Path;
    }
}
