using Bolt.Kernel;

namespace Bolt.Shim;

/// <summary>
/// Who user[:group] is, by the capsule's own passwd(5) and group(5). Read by hand: glibc's lookups allocate, load modules
/// and would ask the host.
/// </summary>
internal static unsafe partial class StepRunner
{
    private static nint ResolveUser(LaunchState* state, NativeStep* step)
    {
        byte* user = step->A;
        var userLength = 0;
        while (user[userLength] is not 0 and not (byte)':')
            userLength++;
        var group = user + userLength + (user[userLength] == ':' ? 1 : 0);
        if (userLength == 0)
        {
            user = Native.Literal("0"u8);
            userLength = 1;
        }

        var found = FindUser(state, user, userLength);
        if (found < 0)
            return found;
        var groupLength = Native.Length(group);
        found = FindGroups(state, user, userLength, group, groupLength);
        if (found < 0)
            return found;
        AddHome(state);
        // With a single id there is no second group to be a member of.
        if (step->X == 1)
            state->GroupCount = 1;
        return step->X == 1 && (state->Uid != 0 || state->Gid != 0) ? NestUser(state) : 0;
    }

    private static nint FindUser(LaunchState* state, byte* user, int userLength)
    {
        var number = Native.Number(user, userLength);
        state->Home[0] = (byte)'/';
        state->Home[1] = 0;
        state->Gid = 0;
        state->Uid = number >= 0 ? (uint)number : 0;
        var length = ReadWhole(state, "/etc/passwd"u8);
        // name:password:uid:gid:comment:home:shell
        var fields = stackalloc Field[8];
        for (byte* line = state->Scratch, end = line + length; line < end; line = NextLine(line, end))
        {
            if (SplitLine(line, end, fields) < 6)
                continue;
            var uid = Native.Number(fields[2].Start, fields[2].Length);
            var gid = Native.Number(fields[3].Start, fields[3].Length);
            if (uid < 0 || gid < 0 || !(number >= 0 ? uid == number : Native.Same(fields[0].Start, fields[0].Length, user, userLength)))
                continue;
            state->Uid = (uint)uid;
            state->Gid = (uint)gid;
            if (fields[5].Length is > 0 and < LaunchState.PathSize - 1)
            {
                for (var i = 0; i < fields[5].Length; i++)
                    state->Home[i] = fields[5].Start[i];
                state->Home[fields[5].Length] = 0;
            }

            return KeepName(state, fields[0]);
        }

        return number >= 0 ? KeepName(state, default) : -(int)Errno.ESRCH;
    }

    // The name stands behind what is read next: memberships are by name, also when the user was given by number.
    private static nint KeepName(LaunchState* state, Field name)
    {
        var length = Math.Min(name.Length, 255);
        var kept = UserName(state);
        for (var i = 0; i < length; i++)
            kept[i] = name.Start[i];
        kept[length] = 0;
        return 0;
    }

    private static byte* UserName(LaunchState* state) => state->Path + LaunchState.PathSize - 256;

    private static nint FindGroups(LaunchState* state, byte* user, int userLength, byte* group, int groupLength)
    {
        var number = Native.Number(group, groupLength);
        var found = groupLength == 0 || number >= 0;
        if (number >= 0)
            state->Gid = (uint)number;
        state->GroupCount = 0;
        var name = UserName(state);
        var nameLength = Native.Length(name);
        var length = ReadWhole(state, "/etc/group"u8);
        // name:password:gid:member,member
        var fields = stackalloc Field[8];
        for (byte* line = state->Scratch, end = line + length; line < end; line = NextLine(line, end))
        {
            if (SplitLine(line, end, fields) < 3)
                continue;
            var gid = Native.Number(fields[2].Start, fields[2].Length);
            if (gid < 0)
                continue;
            if (!found && Native.Same(fields[0].Start, fields[0].Length, group, groupLength))
            {
                state->Gid = (uint)gid;
                found = true;
            }

            if (nameLength > 0 && fields[3].Start != null && IsMember(fields[3], name, nameLength) && state->GroupCount < LaunchState.MaxGroups - 1)
                state->Groups[state->GroupCount++] = (uint)gid;
        }

        // A named group is the whole wish, as in OCI images; else the memberships count, and the user's own group.
        if (groupLength > 0)
            state->GroupCount = 0;
        state->Groups[state->GroupCount++] = state->Gid;
        return found ? 0 : -(int)Errno.ESRCH;
    }

    private static bool IsMember(Field members, byte* name, int length)
    {
        var start = 0;
        for (var i = 0; i <= members.Length; i++)
        {
            if (i < members.Length && members.Start[i] != ',')
                continue;
            if (Native.Same(members.Start + start, i - start, name, length))
                return true;
            start = i + 1;
        }

        return false;
    }

    private static void AddHome(LaunchState* state)
    {
        var entry = state->Environment;
        for (; *entry != null; entry++)
        {
            if (Native.StartsWith(*entry, "HOME="u8))
                return;
        }

        var length = Native.Length(state->Home);
        if (length > LaunchState.PathSize - 8)
            return;
        for (var i = length; i >= 0; i--)
            state->Home[i + 5] = state->Home[i];
        var name = Native.Literal("HOME="u8);
        for (var i = 0; i < 5; i++)
            state->Home[i] = name[i];
        entry[0] = state->Home;
        entry[1] = null;
    }

    /// <summary>
    /// Where only one id is mapped, a service that must not be 0 (PostgreSQL refuses to run as root) gets a user namespace
    /// of its own, in which that one id has the number that it wants.
    /// </summary>
    private static nint NestUser(LaunchState* state)
    {
        if (state->NestedNamespace >= 0)
            return state->NestedUid != state->Uid ? -(int)Errno.EINVAL : Sys.SetNamespace(state->NestedNamespace, Sys.CloneNewUser);
        // Files of /proc/self are the host root's while undumpable. Nothing else runs inside yet that could look.
        var result = Sys.Prctl(Sys.PrSetDumpable, 1);
        if (result >= 0)
            result = Sys.Unshare(Sys.CloneNewUser);
        if (result >= 0)
            result = WriteHostFile(Native.Literal("/proc/self/setgroups"u8), Native.Literal("deny"u8));
        if (result >= 0)
            result = WriteHostFile(Native.Literal("/proc/self/uid_map"u8), OneId(state, state->Uid));
        if (result >= 0)
            result = WriteHostFile(Native.Literal("/proc/self/gid_map"u8), OneId(state, state->Gid));
        Sys.Prctl(Sys.PrSetDumpable, 0);
        var fd = result < 0 ? result : Sys.Open(Native.Literal("/proc/self/ns/user"u8), Sys.OReadOnly | Sys.OCloseOnExec);
        if (fd < 0)
            return fd;
        var number = (int)fd;
        LaunchState.Tell(state, LaunchWord.Nested, (int)state->Uid, &number, 1);
        return Sys.Close(number);
    }

    private static byte* OneId(LaunchState* state, uint id)
    {
        var end = state->Scratch + LaunchState.PathSize;
        Native.Append(Native.AppendNumber(state->Scratch, end, id), end, " 0 1"u8);
        return state->Scratch;
    }

    private struct Field
    {
        public byte* Start;
        public int Length;
    }

    private static byte* NextLine(byte* line, byte* end)
    {
        while (line < end && *line != '\n')
            line++;
        return line + 1;
    }

    private static int SplitLine(byte* line, byte* end, Field* fields)
    {
        for (var i = 0; i < 8; i++)
            fields[i] = default;
        var count = 0;
        var start = line;
        for (; count < 8; line++)
        {
            var ends = line >= end || *line == '\n';
            if (!ends && *line != ':')
                continue;
            fields[count].Start = start;
            fields[count++].Length = (int)(line - start);
            start = line + 1;
            if (ends)
                break;
        }

        return count;
    }

    /// <summary>A regular file into the scratch space; 0 when there is none. What is beyond the space is not seen.</summary>
    private static int ReadWhole(LaunchState* state, ReadOnlySpan<byte> path)
    {
        var fd = Sys.Open(Native.Literal(path), Sys.OReadOnly | Sys.ONonBlock | Sys.ONoCtty | Sys.OCloseOnExec);
        if (fd < 0)
            return 0;
        var length = 0;
        if (((uint)Sys.ModeOf((int)fd) & Sys.TypeMask) == Sys.TypeFile)
        {
            while (length < LaunchState.ScratchSize)
            {
                var got = Sys.Read((int)fd, state->Scratch + length, (nuint)(LaunchState.ScratchSize - length));
                if (got <= 0)
                    break;
                length += (int)got;
            }
        }

        Sys.Close((int)fd);
        return length;
    }
}
