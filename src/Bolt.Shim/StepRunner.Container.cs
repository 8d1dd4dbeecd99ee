using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>Steps of OCI containers alone.</summary>
internal static unsafe partial class StepRunner
{
    private static nint RunForContainer(LaunchState* state, NativeStep* step) => step->Operation switch
    {
        LaunchOperation.OpenNamespace => Keep(state, step, Sys.Open(step->A, Sys.OReadOnly | Sys.OCloseOnExec)),
        LaunchOperation.MakeNamespace => MakeNamespace(state, step),
        LaunchOperation.ListenStart => ListenStart(state, step),
        LaunchOperation.OutOfMemoryScore => WriteOutOfMemoryScore(state, step),
        LaunchOperation.SetMount => SetMount(state->Slots[step->X], step->Y, step->Z),
        LaunchOperation.MapMount => MapMount(state, step),
        LaunchOperation.EnterNamespace => Sys.SetNamespace(state->Slots[step->X], (ulong)step->Y),
        LaunchOperation.InnerRoot => InitProcess.BecomeInnerRoot() is var root && step->X == 1 ? 0 : root,
        LaunchOperation.Propagation => Sys.Mount(null, step->A, null, (nuint)step->X, null),
        LaunchOperation.RootTree => MakeRootTree(state, step),
        LaunchOperation.MountKind => KeepKind(state, step),
        LaunchOperation.MountFrom => MountFrom(state, step),
        LaunchOperation.CopyUp => OpenCopySource(state, step),
        LaunchOperation.Attach => Attach(state, step),
        LaunchOperation.Remount => Remount(state, step),
        LaunchOperation.Node => MakeNode(state, step),
        LaunchOperation.LinkMissing => LinkMissing(state, step),
        LaunchOperation.ReadOnlyPath => MakeReadOnlyPath(state, step),
        LaunchOperation.HostHooks => ContainerHooks.AwaitHost(state),
        LaunchOperation.Hook => ContainerHooks.Run(state, state->Hooks + step->X),
        LaunchOperation.MoveRoot => MoveRoot(state),
        LaunchOperation.DomainName => Sys.Call(SystemCall.setdomainname, (nint)step->A, Native.Length(step->A)),
        LaunchOperation.TimeOffsets => SetTimeOffsets(step),
        LaunchOperation.LabelFile => OpenLabel(state, step),
        _ => RunForProcess(state, step),
    };

    private static nint ListenStart(LaunchState* state, NativeStep* step)
    {
        var folder = Sys.Open(step->A, Sys.OPath | Sys.ODirectory | Sys.OCloseOnExec);
        if (folder < 0)
            return folder;
        var socket = Sys.Socket(Sys.AfUnix, Sys.SockSeqPacket | Sys.SockCloseOnExec, 0);
        // By way of the folder's descriptor: a unix address ends at 107 bytes.
        var address = stackalloc byte[110];
        *(ushort*)address = Sys.AfUnix;
        var end = address + 109;
        var at = Native.AppendNumber(Native.Append(address + 2, end, "/proc/self/fd/"u8), end, (ulong)folder);
        at = Native.Append(at, end, "/start"u8);
        var result = socket < 0 ? socket : Sys.Bind((int)socket, address, (uint)(at - address + 1));
        if (result >= 0)
            result = Sys.Listen((int)socket, 4);
        Sys.Close((int)folder);
        if (result >= 0)
            state->Slots[step->X] = (int)socket;
        return result;
    }

    private static nint WriteOutOfMemoryScore(LaunchState* state, NativeStep* step)
    {
        var end = state->Path + LaunchState.PathSize;
        var at = Native.AppendNumber(Native.Append(state->Path, end, "/proc/"u8), end, (ulong)state->InitPid);
        Native.Append(at, end, "/oom_score_adj"u8);
        var text = stackalloc byte[24];
        if (step->X < 0)
            text[0] = (byte)'-';
        Native.AppendNumber(text + (step->X < 0 ? 1 : 0), text + 24, (ulong)Math.Abs(step->X));
        var result = WriteHostFile(state->Path, text);
        // Lowering needs a capability over the host, which an ordinary user's container is started without.
        return result == -(int)Errno.EACCES && step->Y == 1 ? 0 : result;
    }

    private static nint MakeNamespace(LaunchState* state, NativeStep* step)
    {
        var wait = stackalloc int[2];
        var result = Sys.Pipe(wait, Sys.OCloseOnExec);
        if (result < 0)
            return result;
        var child = Sys.Fork(Sys.CloneNewUser);
        if (child == 0)
        {
            byte end;
            Sys.Close(wait[1]);
            _ = Sys.Read(wait[0], &end, 1);
            Sys.Exit(0);
        }

        Sys.Close(wait[0]);
        result = child;
        if (child > 0)
        {
            result = WriteHostFile(ProcessFile(state, child, "/uid_map"u8), step->A);
            if (result >= 0)
                result = WriteHostFile(ProcessFile(state, child, "/gid_map"u8), step->B);
            if (result >= 0)
                result = Keep(state, step, Sys.Open(ProcessFile(state, child, "/ns/user"u8), Sys.OReadOnly | Sys.OCloseOnExec));
        }

        Sys.Close(wait[1]);
        if (child > 0)
            Sys.Call(SystemCall.wait4, child, 0, 0, 0);
        return result;
    }

    private static byte* ProcessFile(LaunchState* state, nint pid, ReadOnlySpan<byte> file)
    {
        var end = state->Path + LaunchState.PathSize;
        Native.Append(Native.AppendNumber(Native.Append(state->Path, end, "/proc/"u8), end, (ulong)pid), end, file);
        return state->Path;
    }

    private static nint MoveRoot(LaunchState* state)
    {
        var here = Native.Literal("."u8);
        var root = Native.Literal("/"u8);
        var result = Sys.ChangeFolder(state->Root);
        if (result >= 0)
            result = Sys.Mount(here, root, null, Sys.MsMove, null);
        if (result >= 0)
            result = Sys.Call(SystemCall.chroot, (nint)here);
        return result < 0 ? result : Sys.ChangeFolder(root);
    }

    private static nint SetTimeOffsets(NativeStep* step)
    {
        // The files of an undumpable process are the host root's, who may not be among the mapped ids.
        Sys.Prctl(Sys.PrSetDumpable, 1);
        var result = Sys.Unshare(Sys.CloneNewTime);
        if (result >= 0 && *step->A != 0)
            result = WriteHostFile(Native.Literal("/proc/self/timens_offsets"u8), step->A);
        Sys.Prctl(Sys.PrSetDumpable, 0);
        return result;
    }

    private static nint OpenLabel(LaunchState* state, NativeStep* step)
    {
        Sys.Prctl(Sys.PrSetDumpable, 1);
        var result = Keep(state, step, Sys.Open(step->A, Sys.OWriteOnly | Sys.OCloseOnExec));
        Sys.Prctl(Sys.PrSetDumpable, 0);
        return result;
    }
}
