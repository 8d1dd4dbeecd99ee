using System.Globalization;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>Writes the id maps of a new user namespace, from outside it (user_namespaces(7)).</summary>
internal static unsafe class SandboxMap
{
    /// <summary>0, a negated errno, or the exit code of the program that refused.</summary>
    public static int Write(SandboxSheet sheet, int pid, int log)
    {
        var ids = sheet.Ids;
        if (sheet.MapWay == IdMapWay.Programs)
        {
            var users = Program(sheet.NewUidMap, pid, ids.HostUid, ids.SubUid, ids.Count);
            var groups = Program(sheet.NewGidMap, pid, ids.HostGid, ids.SubGid, ids.Count);
            // Both at once: each takes about 2 ms, most of it execve.
            var first = users.Start(log, log, log);
            var second = groups.Start(log, log, log);
            var firstEnd = first < 0 ? first : SandboxProgram.Wait(first);
            var secondEnd = second < 0 ? second : SandboxProgram.Wait(second);
            return firstEnd != 0 ? firstEnd : secondEnd;
        }

        // A process without CAP_SETGID over its own namespace may map its group only where setgroups(2) is denied.
        if (ids.Single && WriteFile(pid, "setgroups", "deny") is < 0 and var denied) return (int)denied;
        var gid = WriteFile(pid, "gid_map", Lines(ids.HostGid, ids.SubGid, ids.Count));
        return (int)(gid < 0 ? gid : WriteFile(pid, "uid_map", Lines(ids.HostUid, ids.SubUid, ids.Count)) is < 0 and var uid ? uid : 0);
    }

    private static SandboxProgram Program(string path, int pid, uint host, uint sub, uint count)
    {
        List<string> arguments = [path, Text(pid), "0", Text(host), "1"];
        if (count > 0) arguments.AddRange(["1", Text(sub), Text(count)]);
        return new SandboxProgram(path, arguments);
    }

    private static string Lines(uint host, uint sub, uint count) =>
        count == 0 ? $"0 {Text(host)} 1\n" : $"0 {Text(host)} 1\n1 {Text(sub)} {Text(count)}\n";

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static nint WriteFile(int pid, string name, string text)
    {
        var fd = Sys.Open(SandboxMemory.Text($"/proc/{Text(pid)}/{name}"), Sys.OWriteOnly | Sys.OCloseOnExec);
        if (fd < 0) return fd;
        // One write: the kernel takes a map whole or not at all.
        var bytes = SandboxMemory.Text(text);
        var written = Sys.Write((int)fd, bytes, (nuint)SandboxMemory.Length(bytes));
        Sys.Close((int)fd);
        return written;
    }
}
