using Bolt.Kernel;

namespace Bolt.Shim;

/// <summary>Mounts of OCI containers, whose targets are the bundle's word: resolved in the root, used by descriptor.</summary>
internal static unsafe partial class StepRunner
{
    private const long ProcMagic = 0x9FA0;

    private static nint MakeRootTree(LaunchState* state, NativeStep* step)
    {
        var tree = Sys.OpenTree(Sys.AtFdCwd, step->A, Sys.OpenTreeClone | Sys.OCloseOnExec | Sys.AtRecursive);
        if (tree < 0)
            return tree;
        var target = Sys.Open(step->A, Sys.OPath | Sys.ODirectory | Sys.OCloseOnExec);
        var result = target < 0 ? target : Sys.MoveMount((int)tree, (int)target);
        if (target >= 0)
            Sys.Close((int)target);
        state->Root = (int)tree;
        return result;
    }

    private static nint KeepKind(LaunchState* state, NativeStep* step)
    {
        state->MountKind = step->A;
        state->MountSource = step->B;
        return 0;
    }

    private static nint MountFrom(LaunchState* state, NativeStep* step)
    {
        var target = FolderInRoot(state, step->B, 0x1ED);
        if (target < 0)
            return target;
        var result = MayLieOn((int)target, step->Y);
        // tmpfs without a mode has 01777; an image's folder keeps its own.
        if (result >= 0)
            result = Sys.Mount(state->MountSource, Descriptor(state, (int)target), state->MountKind, (nuint)step->X, *step->C == 0 ? null : step->C);
        Sys.Close((int)target);
        if (result >= 0 && state->CopySource >= 0)
            result = FillCopy(state, step);
        return result;
    }

    // CVE-2019-16884, CVE-2025-52881: what is written below /proc must go to procfs, and nothing may lie over its files.
    private static nint MayLieOn(int target, long allowed)
    {
        if (allowed == 1)
            return 0;
        // struct statfs, whose first word is the type.
        var status = stackalloc long[15];
        var result = Sys.Call(SystemCall.fstatfs, target, (nint)status);
        return result < 0 ? result : status[0] == ProcMagic ? -(int)Errno.EPERM : 0;
    }

    // Path is the whole, and from name to end the link. Two buffers take turns, because the path may lie in one of them.
    private static nint FolderBehindLink(LaunchState* state, int parent, byte* path, int name, int end, uint mode)
    {
        var link = state->Scratch + LaunchState.PathSize;
        var length = Sys.ReadLink(parent, state->Path + name, link, LaunchState.PathSize - 1);
        Sys.Close(parent);
        if (length < 0)
            return length;
        link[length] = 0;
        if (++state->Links > 40)
            return -(int)Errno.ELOOP;
        var whole = path == state->Home ? state->Program : state->Home;
        var limit = whole + LaunchState.PathSize;
        var at = whole;
        *at = 0;
        if (link[0] != '/')
        {
            for (var i = 0; i < name; i++)
                *at++ = path[i];
            *at = 0;
        }

        at = Native.Append(Native.Append(at, limit, link), limit, path + end);
        var result = at == null ? -(int)Errno.ENAMETOOLONG : FolderInRoot(state, whole, mode);
        state->Links--;
        return result;
    }

    private static nint OpenCopySource(LaunchState* state, NativeStep* step)
    {
        var found = InRoot(state, step->A, Sys.OReadOnly | Sys.ODirectory);
        if (found == -(int)Errno.ENOENT)
            return 0;
        if (found >= 0)
            state->CopySource = (int)found;
        return found;
    }

    private static nint FillCopy(LaunchState* state, NativeStep* step)
    {
        var target = InRoot(state, step->B, Sys.OReadOnly | Sys.ODirectory);
        var result = target < 0 ? target : BareCopy.Folder(state->CopySource, (int)target, 0);
        if (target >= 0)
            Sys.Close((int)target);
        Sys.Close(state->CopySource);
        state->CopySource = LaunchState.NoDescriptor;
        return result;
    }

    private static nint Attach(LaunchState* state, NativeStep* step)
    {
        var tree = state->Slots[step->X];
        var mode = Sys.ModeOf(tree);
        if (mode < 0)
            return mode;
        var target = ((uint)mode & Sys.TypeMask) == Sys.TypeFolder ? FolderInRoot(state, step->A, 0x1ED) : FileInRoot(state, step->A);
        if (target < 0)
            return target;
        var result = MayLieOn((int)target, step->Y);
        if (result >= 0)
            result = Sys.MoveMount(tree, (int)target);
        Sys.Close((int)target);
        return result;
    }

    private static nint Remount(LaunchState* state, NativeStep* step)
    {
        var target = InRoot(state, step->A, Sys.OPath);
        if (target < 0)
            return target;
        var result = SetMount((int)target, step->Y, step->Z);
        Sys.Close((int)target);
        return result;
    }

    // Z: MS_ propagation; bit 0: attributes of all below, bit 1: propagation of all below.
    private static nint SetMount(int mount, long attributes, long propagation)
    {
        nint result = 0;
        if (attributes != 0)
            result = Sys.ChangeMountAttributes(mount, (uint)attributes, (ulong)attributes >> 32, 0, (propagation & 1) != 0);
        if (result >= 0 && (propagation & ~3L) != 0)
            result = Sys.ChangeMountAttributes(mount, 0, 0, (ulong)propagation & ~3UL, (propagation & 2) != 0);
        return result;
    }

    private static nint MapMount(LaunchState* state, NativeStep* step)
    {
        var own = step->Y < 0;
        var userNamespace = own ? OpenUserNamespace(state) : state->Slots[step->Y];
        if (userNamespace < 0)
            return userNamespace;
        var result = Sys.SetMountAttributes(state->Slots[step->X], Sys.AttrIdMap, 0, (int)userNamespace, step->Z == 1);
        if (own)
            Sys.Close((int)userNamespace);
        return result;
    }

    private static nint MakeNode(LaunchState* state, NativeStep* step)
    {
        var there = InRoot(state, step->A, Sys.OPath | Sys.ONoFollow);
        if (there >= 0)
        {
            Sys.Close((int)there);
            return BindDeviceOver(state, step);
        }

        var parent = ParentInRoot(state, step->A, out var name);
        if (parent < 0)
            return parent;
        var made = Sys.MakeNodeAt((int)parent, name, (uint)step->X, (ulong)step->Y);
        if (made >= 0)
            made = Sys.ChangeModeAt((int)parent, name, (uint)step->X & 0xFFF);
        if (made >= 0)
            made = Sys.ChangeOwnerAt((int)parent, name, (uint)step->Z, (uint)(step->Z >> 32));
        Sys.Close((int)parent);
        // Nodes of devices are the host's alone to make.
        return made == -(int)Errno.EPERM && *step->B != 0 ? BindDeviceOver(state, step) : made;
    }

    private static nint BindDeviceOver(LaunchState* state, NativeStep* step)
    {
        if (*step->B == 0)
            return 0;
        FileStatus there;
        var target = FileInRoot(state, step->A);
        if (target < 0)
            return target;
        byte empty = 0;
        var result = Sys.Status((int)target, &empty, Sys.AtEmptyPath, &there);
        // What the image or a mount has there already is the device that was meant.
        if (result >= 0 && (there.Mode & Sys.TypeMask) == ((uint)step->X & Sys.TypeMask) && there.SpecialDevice == (ulong)step->Y)
            result = 0;
        else if ((result = MayLieOn((int)target, 0)) >= 0)
            result = Sys.Mount(step->B, Descriptor(state, (int)target), null, Sys.MsBind, null);
        Sys.Close((int)target);
        return result;
    }

    private static nint LinkMissing(LaunchState* state, NativeStep* step)
    {
        var result = MakeLink(state, step);
        return result == -(int)Errno.EEXIST ? 0 : result;
    }

    private static nint MakeReadOnlyPath(LaunchState* state, NativeStep* step)
    {
        var target = InRoot(state, step->A, Sys.OPath);
        if (target < 0)
            return target is -(int)Errno.ENOENT or -(int)Errno.ENOTDIR ? 0 : target;
        byte here = 0;
        var tree = Sys.OpenTree((int)target, &here, Sys.OpenTreeClone | Sys.OCloseOnExec | Sys.AtEmptyPath | Sys.AtRecursive);
        var result = tree;
        if (tree >= 0)
        {
            result = Sys.SetMountAttributes((int)tree, Sys.AttrReadOnly, 0, 0, true);
            if (result >= 0)
                result = Sys.MoveMount((int)tree, (int)target);
            Sys.Close((int)tree);
        }

        Sys.Close((int)target);
        return result;
    }
}
