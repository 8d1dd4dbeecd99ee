using Bolt.Kernel;

namespace Bolt.Shim;

/// <summary>Steps on the host's side of the mounts.</summary>
internal static unsafe partial class StepRunner
{
    private static nint MakeHostFolder(NativeStep* step)
    {
        var result = Sys.MakeFolder(Sys.AtFdCwd, step->A, (uint)step->X);
        if (result == -(int)Errno.EEXIST)
            return 0;
        if (result < 0)
            return result;
        // The umask took bits from the mode.
        result = Sys.ChangeModeAt(Sys.AtFdCwd, step->A, (uint)step->X);
        return result < 0 || step->Y < 0 ? result : Sys.ChangeOwnerAt(Sys.AtFdCwd, step->A, (uint)step->Y, (uint)step->Z);
    }

    private static nint WriteHostFile(byte* path, byte* content)
    {
        var fd = Sys.Open(path, Sys.OWriteOnly | Sys.OCloseOnExec);
        if (fd < 0)
            return fd;
        var result = Sys.Write((int)fd, content, (nuint)Native.Length(content));
        Sys.Close((int)fd);
        return result;
    }

    private static nint JoinCgroup(LaunchState* state, NativeStep* step)
    {
        var end = state->Path + LaunchState.PathSize;
        if (Native.Append(Native.Append(state->Path, end, step->A), end, "/cgroup.procs"u8) == null)
            return -(int)Errno.ENAMETOOLONG;
        var number = stackalloc byte[24];
        Native.AppendNumber(number, number + 24, (ulong)state->InitPid);
        return MayFail(step, WriteHostFile(state->Path, number));
    }

    private static nint OpenGroup(LaunchState* state, NativeStep* step)
    {
        var end = state->Path + LaunchState.PathSize;
        return Native.Append(Native.Append(state->Path, end, step->A), end, "/tasks"u8) == null
            ? -(int)Errno.ENAMETOOLONG
            : Keep(state, step, Sys.Open(state->Path, Sys.OWriteOnly | Sys.OCloseOnExec));
    }

    // What is to be told is read from the step when the launch is over: these run in the shim's own process.
    private static nint MayFail(NativeStep* step, nint result)
    {
        if (step->X == 0 || result >= 0)
            return result;
        step->Y = result;
        return 0;
    }

    private static nint OpenTree(LaunchState* state, NativeStep* step) =>
        Keep(state, step, Sys.OpenTree(
            Sys.AtFdCwd, step->A, Sys.OpenTreeClone | Sys.OCloseOnExec | (step->Y == 1 ? Sys.AtRecursive : 0)));

    private static nint SetTree(LaunchState* state, NativeStep* step)
    {
        const ulong privatePropagation = 1 << 18;
        var tree = state->Slots[step->X];
        var attributes = (ulong)step->Y;
        if ((attributes & Sys.AttrIdMap) == 0)
            return Sys.SetMountAttributes(tree, attributes, privatePropagation, 0, true);

        var userNamespace = OpenUserNamespace(state);
        if (userNamespace < 0)
            return userNamespace;
        var result = Sys.SetMountAttributes(tree, attributes, privatePropagation, (int)userNamespace, true);
        Sys.Close((int)userNamespace);
        // EINVAL: a file system below that cannot be idmapped, or is already. Its files then show the owners they have.
        return result == -(int)Errno.EINVAL
            ? Sys.SetMountAttributes(tree, attributes & ~Sys.AttrIdMap, privatePropagation, 0, true)
            : result;
    }

    private static nint OpenUserNamespace(LaunchState* state)
    {
        var end = state->Path + LaunchState.PathSize;
        var at = Native.Append(state->Path, end, "/proc/"u8);
        at = Native.AppendNumber(at, end, (ulong)(state->SandboxPid != 0 ? state->SandboxPid : state->InitPid));
        Native.Append(at, end, "/ns/user"u8);
        return Sys.Open(state->Path, Sys.OReadOnly | Sys.OCloseOnExec);
    }

    private static nint CreateVeth(LaunchState* state, NativeStep* step)
    {
        var route = Netlink.Open();
        if (route < 0)
            return route;
        var bridge = Netlink.IndexOf(route, new ReadOnlySpan<byte>(step->A, Native.Length(step->A)));
        if (bridge < 0)
            return bridge;
        var name = new ReadOnlySpan<byte>(step->B, Native.Length(step->B));
        var error = Netlink.CreateVeth(route, name, "eth0"u8, bridge, state->InitPid, (int)step->X);
        if (error == (int)Errno.EEXIST)
        {
            // The kernel takes down an ended capsule's network some time after its end.
            Netlink.DeleteLink(route, name);
            error = Netlink.CreateVeth(route, name, "eth0"u8, bridge, state->InitPid, (int)step->X);
        }

        if (error == 0)
        {
            var index = Netlink.IndexOf(route, name);
            error = index < 0 ? -index : Netlink.SetUp(route, index);
        }

        Netlink.Close(route);
        return -error;
    }

    private static nint Overlay(LaunchState* state, NativeStep* step)
    {
        // Descriptors instead of paths: they stay short (mount data is one page), need no escapes, and show no host path
        // in the capsule's /proc/mounts.
        byte* at = state->Scratch, end = at + 4095;
        for (var i = 0; i < step->Y; i++)
        {
            at = Native.Append(at, end, i == 0 ? "lowerdir=/proc/self/fd/"u8 : ":/proc/self/fd/"u8);
            at = Native.AppendNumber(at, end, (ulong)state->Slots[step->X + i]);
        }

        at = Native.Append(at, end, ",upperdir=/proc/self/fd/"u8);
        at = Native.AppendNumber(at, end, (ulong)state->Slots[step->Z]);
        at = Native.Append(at, end, ",workdir=/proc/self/fd/"u8);
        at = Native.AppendNumber(at, end, (ulong)state->Slots[step->Z + 1]);
        at = Native.Append(at, end, step->B);
        if (at == null)
            return -(int)Errno.E2BIG;
        var overlay = Native.Literal("overlay"u8);
        return Sys.Mount(overlay, step->A, overlay, 0, state->Scratch);
    }

    private static nint Liken(LaunchState* state, NativeStep* step)
    {
        FileStatus status;
        byte empty = 0;
        var result = Sys.Status(state->Slots[step->X], &empty, Sys.AtEmptyPath, &status);
        var path = Descriptor(state, state->Slots[step->Y]);
        if (result >= 0)
            result = Sys.ChangeOwnerAt(Sys.AtFdCwd, path, status.Uid, status.Gid, 0);
        return result < 0 ? result : Sys.ChangeModeAt(Sys.AtFdCwd, path, status.Mode & 0xFFF);
    }

    private static nint OpenRoot(LaunchState* state, NativeStep* step)
    {
        var fd = Sys.Open(step->A, Sys.OPath | Sys.ODirectory | Sys.OCloseOnExec);
        if (fd >= 0)
            state->Root = (int)fd;
        return fd;
    }

    private static nint Pivot(LaunchState* state)
    {
        // pivot_root(2), "pivot_root(".", ".")": the old root ends up above the new one, and is taken off again.
        var here = Native.Literal("."u8);
        var result = Sys.ChangeFolder(state->Root);
        if (result >= 0)
            result = Sys.PivotRoot(here, here);
        if (result >= 0)
            result = Sys.Unmount(here, 2 /* MNT_DETACH */);
        return result < 0 ? result : Sys.ChangeFolder(Native.Literal("/"u8));
    }
}
