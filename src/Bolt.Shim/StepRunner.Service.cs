using Bolt.Kernel;

namespace Bolt.Shim;

/// <summary>Steps of the process that becomes the service, or an exec's command.</summary>
internal static unsafe partial class StepRunner
{
    private static nint StartSession(LaunchState* state)
    {
        var result = Sys.SetSession();
        if (result < 0 || !state->HasTerminal)
            return result;
        return Sys.Call(SystemCall.ioctl, 0, 0x540E /* TIOCSCTTY */, 0);
    }

    private static nint SetLimit(NativeStep* step)
    {
        // struct rlimit64 { soft, hard }
        var limit = stackalloc ulong[2];
        var result = Sys.ResourceLimit((int)step->X, null, limit);
        if (result < 0)
            return result;
        limit[1] = Math.Min(limit[1], (ulong)step->Z);
        limit[0] = Math.Min(limit[1], (ulong)step->Y);
        return Sys.ResourceLimit((int)step->X, limit, null);
    }

    // A host without keyrings (ENOSYS) or over its quota of keys (EDQUOT) has the parent's left; filters refuse keyctl.
    private static nint JoinKeyring()
    {
        _ = Sys.JoinSessionKeyring();
        return 0;
    }

    private static nint DropBounding(ulong keep)
    {
        for (var capability = 0; capability < 64; capability++)
        {
            if ((keep >> capability & 1) != 0)
                continue;
            // EINVAL: past the last capability that this kernel knows.
            if (Sys.Prctl(Sys.PrCapBoundingDrop, capability) == -(int)Errno.EINVAL)
                break;
        }

        return 0;
    }

    private static nint TakeIdentity(LaunchState* state)
    {
        var result = Sys.SetGroups(state->GroupCount, state->Groups);
        // In a map without a subordinate range setgroups is denied for good; there is no second id to be a member with.
        if (result < 0 && !(result == -(int)Errno.EPERM && state->GroupCount <= 1))
            return result;
        result = Sys.SetGid(state->Gid);
        if (result >= 0 && state->TerminalSide >= 0)
            Sys.ChangeOwner(state->TerminalSide, state->Uid, uint.MaxValue);
        return result < 0 ? result : Sys.SetUid(state->Uid);
    }

    private static nint SetCapabilities(LaunchState* state, ulong set)
    {
        Sys.Prctl(Sys.PrCapAmbient, 4 /* PR_CAP_AMBIENT_CLEAR_ALL */);
        return Sys.SetCapabilities(state->Uid == 0 ? set : 0, 0);
    }

    private static nint Execute(LaunchState* state)
    {
        var name = state->Arguments[0];
        LaunchState.Tell(state, LaunchWord.Executing, 0);
        for (var at = name; *at != 0; at++)
        {
            if (*at == '/')
                return Sys.Execute(name, state->Arguments, state->Environment);
        }

        var search = Native.Literal("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"u8);
        for (var entry = state->Environment; *entry != null; entry++)
        {
            if (Native.StartsWith(*entry, "PATH="u8))
                search = *entry + 5;
        }

        return ExecuteFromPath(state, name, search);
    }

    private static nint ExecuteFromPath(LaunchState* state, byte* name, byte* search)
    {
        nint refused = -(int)Errno.ENOENT;
        while (*search != 0)
        {
            byte* at = state->Path, end = at + LaunchState.PathSize - 2;
            for (; *search is not 0 and not (byte)':'; search++)
            {
                if (at < end)
                    *at++ = *search;
            }

            if (*search != 0)
                search++;
            // An empty entry would mean the working folder: nobody who writes an image means that.
            if (at == state->Path)
                continue;
            *at++ = (byte)'/';
            *at = 0;
            if (Native.Append(at, end + 2, name) == null)
                continue;
            var result = Sys.Execute(state->Path, state->Arguments, state->Environment);
            if (result == -(int)Errno.EACCES)
                refused = result;
            else if (result != -(int)Errno.ENOENT && result != -(int)Errno.ENOTDIR)
                return result;
        }

        return refused;
    }
}
