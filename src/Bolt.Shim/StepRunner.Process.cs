using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>Steps of the process that an OCI container or an exec becomes.</summary>
internal static unsafe partial class StepRunner
{
    private static nint RunForProcess(LaunchState* state, NativeStep* step) => step->Operation switch
    {
        LaunchOperation.Streams => TakeStreams(state),
        LaunchOperation.ExecTerminal => MakeExecTerminal(state),
        LaunchOperation.Affinity => SetAffinity(step->A),
        LaunchOperation.ExactLimit => SetExactLimit(step),
        LaunchOperation.Personality => Sys.Call(SystemCall.personality, (nint)step->X),
        LaunchOperation.SchedulerTimes => KeepTimes(state, step),
        LaunchOperation.Scheduler => SetScheduler(state, step),
        LaunchOperation.IoPriority => Sys.Call(SystemCall.ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0, (nint)step->X),
        LaunchOperation.FileMask => Sys.Umask((uint)step->X) is var _ ? 0 : 0,
        LaunchOperation.Home => FindHome(state, step),
        LaunchOperation.Ids => KeepIds(state, step),
        LaunchOperation.StreamOwners => OwnStreams(state),
        LaunchOperation.KeepCapabilities => Sys.Prctl(Sys.PrSetKeepCaps, 1),
        LaunchOperation.RaiseCapabilities => Sys.RaisePermitted(),
        LaunchOperation.CapabilitySets => Sys.SetGrantableCapabilities((ulong)step->X, (ulong)step->Y, (ulong)step->Z),
        LaunchOperation.Ambient => RaiseAmbient((ulong)step->X),
        LaunchOperation.CheckFolder => CheckFolder(state),
        LaunchOperation.Locate => Locate(state),
        LaunchOperation.WaitStart => WaitStart(state, step),
        LaunchOperation.Descriptors => Sys.CloseFrom((uint)step->X, 4 /* CLOSE_RANGE_CLOEXEC */),
        LaunchOperation.Announce => Announce(state),
        LaunchOperation.FilterWith => SetFilterWith(state, step),
        LaunchOperation.Label => Sys.Write(state->Slots[step->X], step->A, (nuint)Native.Length(step->A)),
        LaunchOperation.ExecuteNow => Sys.Execute(state->Program, state->Arguments, state->Environment),
        _ => -(int)Errno.ENOSYS,
    };

    private static nint TakeStreams(LaunchState* state)
    {
        Sys.ResetSignals();
        if (!state->HasTerminal)
            return 0;
        for (var fd = 0; fd <= 2; fd++)
        {
            if (Sys.Duplicate(state->TerminalSide, fd) is < 0 and var refused)
                return refused;
        }

        return 0;
    }

    private static nint MakeExecTerminal(LaunchState* state)
    {
        var master = Sys.Open(Native.Literal("/dev/ptmx"u8), Sys.OReadWrite | Sys.ONoCtty | Sys.OCloseOnExec);
        var side = master < 0 ? master : OpenTerminalSide(state, (int)master);
        if (side < 0)
            return side;
        var fd = (int)master;
        state->TerminalSide = (int)side;
        LaunchState.Tell(state, LaunchWord.Terminal, 0, &fd, 1);
        Sys.Close(fd);
        int go;
        return Sys.Read(state->Control, &go, 4) == 4 ? 0 : -(nint)Errno.ECHILD;
    }

    private static nint SetExactLimit(NativeStep* step)
    {
        // struct rlimit64 { soft, hard }
        var limit = stackalloc ulong[2] { (ulong)step->Y, (ulong)step->Z };
        return Sys.ResourceLimit((int)step->X, limit, null);
    }

    private static nint KeepTimes(LaunchState* state, NativeStep* step)
    {
        state->SchedulerRuntime = step->X;
        state->SchedulerDeadline = step->Y;
        state->SchedulerPeriod = step->Z;
        return 0;
    }

    private static nint SetScheduler(LaunchState* state, NativeStep* step)
    {
        // struct sched_attr: u32 size, policy; u64 flags; s32 nice; u32 priority; u64 runtime, deadline, period.
        var attributes = stackalloc long[6];
        ((int*)attributes)[0] = 48;
        ((uint*)attributes)[1] = (uint)step->X;
        attributes[1] = step->X >> 32;
        ((int*)attributes)[4] = (int)step->Y;
        ((uint*)attributes)[5] = (uint)step->Z;
        attributes[3] = state->SchedulerRuntime;
        attributes[4] = state->SchedulerDeadline;
        attributes[5] = state->SchedulerPeriod;
        return Sys.Call(SystemCall.sched_setattr, 0, (nint)attributes, 0);
    }

    private static nint FindHome(LaunchState* state, NativeStep* step)
    {
        var digits = stackalloc byte[24];
        Native.AppendNumber(digits, digits + 24, (ulong)step->X);
        var result = FindUser(state, digits, Native.Length(digits));
        AddHome(state);
        return result;
    }

    private static nint KeepIds(LaunchState* state, NativeStep* step)
    {
        state->Uid = (uint)step->X;
        state->Gid = (uint)step->Y;
        state->GroupCount = 0;
        for (var at = step->A; *at != 0;)
        {
            var length = 0;
            while (at[length] is not 0 and not (byte)',')
                length++;
            if (state->GroupCount == LaunchState.MaxGroups)
                return -(int)Errno.E2BIG;
            state->Groups[state->GroupCount++] = (uint)Native.Number(at, length);
            at += length + (at[length] == ',' ? 1 : 0);
        }

        return 0;
    }

    // So that a command of another user can reopen /dev/stdout; whatever refuses (a socket, a file of the host) is as it was.
    private static nint OwnStreams(LaunchState* state)
    {
        for (var fd = 0; fd <= 2; fd++)
        {
            FileStatus status;
            byte empty = 0;
            if (Sys.Status(fd, &empty, Sys.AtEmptyPath, &status) < 0 || status.Uid == state->Uid)
                continue;
            // /dev/null is everybody's.
            if ((status.Mode & Sys.TypeMask) == Sys.TypeDevice && status.SpecialDevice == 0x103)
                continue;
            Sys.ChangeOwner(fd, state->Uid, uint.MaxValue);
        }

        return 0;
    }

    private static nint RaiseAmbient(ulong set)
    {
        Sys.Prctl(Sys.PrCapAmbient, 4 /* PR_CAP_AMBIENT_CLEAR_ALL */);
        for (var capability = 0; capability < 64; capability++)
        {
            // What is not permitted and inheritable cannot be granted, which is no failure (config.md#linux-process).
            if ((set >> capability & 1) != 0)
                Sys.Prctl(Sys.PrCapAmbient, 2 /* RAISE */, capability);
        }

        return 0;
    }

    // getcwd(2) of a folder that is not below the root does not begin with "/" (CVE-2024-21626).
    private static nint CheckFolder(LaunchState* state)
    {
        var result = Sys.Call(SystemCall.getcwd, (nint)state->Path, LaunchState.PathSize);
        return result < 0 ? result : state->Path[0] == '/' ? 0 : -(int)Errno.EXDEV;
    }

    private static nint WaitStart(LaunchState* state, NativeStep* step)
    {
        LaunchState.Tell(state, LaunchWord.Created, 0);
        while (true)
        {
            var connection = Sys.Call(SystemCall.accept4, state->Slots[step->X], 0, 0, Sys.SockCloseOnExec);
            if (connection < 0)
            {
                if (connection == -(int)Errno.EINTR)
                    continue;
                return connection;
            }

            byte go;
            if (Sys.Read((int)connection, &go, 1) == 1)
            {
                Sys.Close(state->Control);
                Sys.Close(state->Slots[step->X]);
                state->Control = (int)connection;
                return 0;
            }

            Sys.Close((int)connection);
        }
    }

    private static nint Announce(LaunchState* state)
    {
        LaunchState.Tell(state, LaunchWord.Executing, 0);
        return 0;
    }

    private static nint SetFilterWith(LaunchState* state, NativeStep* step)
    {
        var result = Sys.SetFilter(state->Filter, state->FilterCount, (int)step->X);
        if (result < 0 || step->Y == 0)
            return result;
        var listener = (int)result;
        LaunchState.Tell(state, LaunchWord.Listener, 0, &listener, 1);
        return Sys.Close(listener);
    }

    /// <summary>As execvp(3) would find it, before anyone waits for it: what cannot be executed is not a container.</summary>
    private static nint Locate(LaunchState* state)
    {
        var name = state->Arguments[0];
        for (var at = name; *at != 0; at++)
        {
            if (*at != '/')
                continue;
            return Native.Append(state->Program, state->Program + LaunchState.PathSize, name) == null
                ? -(int)Errno.ENAMETOOLONG : MayRun(state->Program);
        }

        var search = Native.Literal("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"u8);
        for (var entry = state->Environment; *entry != null; entry++)
        {
            if (Native.StartsWith(*entry, "PATH="u8))
                search = *entry + 5;
        }

        return LocateInPath(state, name, search);
    }

    private static nint LocateInPath(LaunchState* state, byte* name, byte* search)
    {
        nint refused = -(int)Errno.ENOENT;
        var end = state->Program + LaunchState.PathSize;
        while (*name != 0 && *search != 0)
        {
            var at = state->Program;
            for (; *search is not 0 and not (byte)':'; search++)
            {
                if (at < end - 2)
                    *at++ = *search;
            }

            if (*search != 0)
                search++;
            if (at == state->Program)
                continue;
            *at++ = (byte)'/';
            *at = 0;
            if (Native.Append(at, end, name) == null)
                continue;
            var result = MayRun(state->Program);
            if (result >= 0)
                return 0;
            if (result == -(int)Errno.EACCES)
                refused = result;
        }

        return refused;
    }

    private static nint MayRun(byte* path)
    {
        FileStatus status;
        var result = Sys.Status(Sys.AtFdCwd, path, 0, &status);
        if (result >= 0 && (status.Mode & Sys.TypeMask) != Sys.TypeFile)
            return -(int)Errno.EACCES;
        return result < 0 ? result : Sys.Access(path, 1);
    }

    // As many processors as glibc's cpu_set_t has.
    private static nint SetAffinity(byte* list)
    {
        const int most = 1024;
        var mask = stackalloc ulong[most / 64];
        new Span<ulong>(mask, most / 64).Clear();
        while (*list != 0)
        {
            var first = Number(ref list);
            var last = first;
            if (*list == '-')
            {
                list++;
                last = Number(ref list);
            }

            if (first < 0 || last is < 0 or >= most || *list is not (0 or (byte)','))
                return -(nint)Errno.EINVAL;
            for (; first <= last; first++)
                mask[first / 64] |= 1UL << (first % 64);
            if (*list == ',')
                list++;
        }

        return Sys.Call(SystemCall.sched_setaffinity, 0, most / 8, (nint)mask);
    }

    // -1 where there are no digits.
    private static int Number(ref byte* text)
    {
        var number = -1;
        for (; *text is >= (byte)'0' and <= (byte)'9' && number < 1 << 20; text++)
            number = Math.Max(number, 0) * 10 + (*text - '0');
        return number;
    }
}
