using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>Writes the id maps of a new user namespace (user_namespaces(7)).</summary>
internal static unsafe class IdMapWriter
{
    public static LaunchFailure? Write(CapsuleSheet sheet, int pid) => Write(sheet.Ids, sheet.MapWay, pid);

    public static LaunchFailure? Write(IdMap ids, IdMapWay way, int pid) => way switch
    {
        IdMapWay.Joined => null,
        IdMapWay.Programs => ByPrograms(ids, pid),
        _ => Directly(ids, pid),
    };

    /// <summary>A container's maps: any number of ranges.</summary>
    public static LaunchFailure? Write(ContainerSheet sheet, int pid)
    {
        if (sheet.Steps.MapWay == IdMapWay.Joined)
            return null;
        if (sheet.Steps.MapWay == IdMapWay.Programs)
        {
            var users = Start("newuidmap", Arguments("newuidmap", pid, sheet.Uids));
            var groups = Start("newgidmap", Arguments("newgidmap", pid, sheet.Gids));
            return End("newuidmap", users) is var first && End("newgidmap", groups) is var second ? first ?? second : null;
        }

        if (sheet.DenyGroups && Write(pid, "setgroups", "deny") is var denied and < 0)
            return new LaunchFailure("id-map", "setgroups", denied.Error());
        if (Write(pid, "uid_map", Map(sheet.Uids)) is var uids and < 0)
            return new LaunchFailure("id-map", "uid_map", uids.Error());
        return Write(pid, "gid_map", Map(sheet.Gids)) is var gids and < 0 ? new LaunchFailure("id-map", "gid_map", gids.Error()) : null;
    }

    private static string Map(IEnumerable<IdRange> ranges) =>
        string.Concat(ranges.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Inner} {r.Host} {r.Count}\n")));

    private static string[] Arguments(string program, int pid, IEnumerable<IdRange> ranges) =>
        [program, Text(pid), .. ranges.SelectMany(r => (string[])[Text(r.Inner), Text(r.Host), Text(r.Count)])];

    private static LaunchFailure? Directly(IdMap ids, int pid)
    {
        // One's own gid may be mapped without privilege only once setgroups is denied.
        if (ids.Single && Write(pid, "setgroups", "deny") is var denied and < 0)
            return new LaunchFailure("id-map", "setgroups", denied.Error());
        if (Write(pid, "uid_map", Map(ids.HostUid, ids.SubUid, ids.Count)) is var uids and < 0)
            return new LaunchFailure("id-map", "uid_map", uids.Error());
        if (Write(pid, "gid_map", Map(ids.HostGid, ids.SubGid, ids.Count)) is var gids and < 0)
            return new LaunchFailure("id-map", "gid_map", gids.Error());
        return null;
    }

    private static string Map(uint zero, uint rest, uint count)
    {
        var first = string.Concat("0 ", Text(zero), " 1\n");
        return count == 0 ? first : first + string.Concat("1 ", Text(rest), " ", Text(count)) + "\n";
    }

    private static nint Write(int pid, string file, string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        fixed (byte* path = Encoding.ASCII.GetBytes(string.Concat("/proc/", Text(pid), "/", file) + "\0"))
        fixed (byte* content = bytes)
        {
            var fd = Sys.Open(path, Sys.OWriteOnly | Sys.OCloseOnExec);
            if (fd < 0)
                return fd;
            var result = Sys.Write((int)fd, content, (nuint)bytes.Length);
            Sys.Close((int)fd);
            return result;
        }
    }

    private static LaunchFailure? ByPrograms(IdMap ids, int pid)
    {
        // Both at once: each costs about a millisecond.
        var uids = Start("newuidmap", pid, ids.HostUid, ids.SubUid, ids.Count);
        var gids = Start("newgidmap", pid, ids.HostGid, ids.SubGid, ids.Count);
        return End("newuidmap", uids) is var first && End("newgidmap", gids) is var second ? first ?? second : null;
    }

    private static nint Start(string program, int pid, uint zero, uint rest, uint count) =>
        Start(program, [program, Text(pid), "0", Text(zero), "1", "1", Text(rest), Text(count)]);

    private static nint Start(string program, string[] arguments)
    {
        var texts = new byte*[arguments.Length + 1];
        for (var i = 0; i < arguments.Length; i++)
            texts[i] = (byte*)Marshal.StringToCoTaskMemUTF8(arguments[i]);
        var path = (byte*)Marshal.StringToCoTaskMemUTF8("/usr/bin/" + program);
        nint child;
        fixed (byte** argv = texts)
        {
            byte* none = null;
            child = Sys.Fork();
            if (child == 0)
            {
                Sys.ResetSignals();
                Sys.Exit(Sys.Execute(path, argv, &none) == -(int)Errno.ENOENT ? 127 : 126);
            }
        }

        foreach (var text in texts)
            Marshal.FreeCoTaskMem((nint)text);
        Marshal.FreeCoTaskMem((nint)path);
        return child;
    }

    private static LaunchFailure? End(string program, nint child)
    {
        if (child < 0)
            return new LaunchFailure("id-map", program, child.Error());
        int status;
        Sys.Wait((int)child, &status, 0);
        return status switch
        {
            0 => null,
            127 << 8 => new LaunchFailure("id-map", program, Errno.ENOENT),
            _ => new LaunchFailure("id-map", program, Errno.EPERM),
        };
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
