using System.Globalization;
using System.Text;

namespace Bolt.Kernel;

/// <summary>A process as the kernel shows it to this one.</summary>
/// <param name="Pid">Here.</param>
/// <param name="Parent">Of whom it is a child here; 0: of none that can be seen.</param>
/// <param name="State">R, S, D, T (stopped), t (traced), Z, X … (proc_pid_stat(5)).</param>
/// <param name="Name">What it calls itself, at most 15 bytes.</param>
/// <param name="Ticks">Processor time of it and of the children that it collected, in clock ticks.</param>
/// <param name="OwnTicks">Processor time of it alone, in clock ticks.</param>
/// <param name="Threads">How many threads it has.</param>
/// <param name="Started">Clock ticks since boot: with the pid it names one process for ever.</param>
/// <param name="ResidentPages">Pages of memory that it has, shared ones included.</param>
internal sealed record ObservedProcess(
    int Pid, int Parent, char State, string Name, long Ticks, long OwnTicks, int Threads, long Started, long ResidentPages)
{
    /// <summary>It has ended and waits to be collected.</summary>
    public bool Ended => State is 'Z' or 'X';
}

/// <summary>Who the process is inside of its namespaces, from proc_pid_status(5).</summary>
/// <param name="Pids">Its number in each pid namespace, from this process's inwards.</param>
/// <param name="Uid">Effective user, as this process sees it.</param>
internal sealed record ProcessIdentity(IReadOnlyList<int> Pids, uint Uid);

/// <summary>The processes of this host; reads only. What ends in between is simply not there.</summary>
internal static class ProcessTable
{
    /// <summary>Clock ticks of a second: the kernel's USER_HZ, the same on all that Bolt runs on (proc_pid_stat(5), sysconf(3)).</summary>
    public const int TicksPerSecond = 100;

    /// <summary>All that this user may see.</summary>
    public static List<ObservedProcess> Read()
    {
        var all = new List<ObservedProcess>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(folder.AsSpan("/proc/".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && Find(pid) is { } process)
                all.Add(process);
        }
        return all;
    }

    /// <summary>Null when there is none of this number.</summary>
    public static ObservedProcess? Find(int pid) => Text(pid, "stat") is { Length: > 0 } text ? Parse(text) : null;

    /// <summary>Null when it is gone.</summary>
    public static ProcessIdentity? IdentityOf(int pid)
    {
        IReadOnlyList<int>? pids = null;
        uint? uid = null;
        foreach (var line in (Text(pid, "status") ?? "").Split('\n'))
        {
            // "Uid:\t1000\t1000\t1000\t1000": real, effective, saved, file system's; "NSpid:\t4711\t5".
            var fields = line.Split('\t', StringSplitOptions.RemoveEmptyEntries);
            if (fields is ["Uid:", _, var effective, ..] && uint.TryParse(effective, CultureInfo.InvariantCulture, out var number))
                uid = number;
            else if (fields is ["NSpid:", ..])
                pids = [.. fields.Skip(1).Select(f => int.TryParse(f, CultureInfo.InvariantCulture, out var inner) ? inner : 0)];
        }
        return pids is null || uid is null ? null : new ProcessIdentity(pids, uid.Value);
    }

    /// <summary>Its command line, its arguments parted by blanks; empty when it has none or hides it.</summary>
    public static string CommandOf(int pid) => (Text(pid, "cmdline") ?? "").TrimEnd('\0').Replace('\0', ' ');

    /// <summary>
    /// Bytes that it and the children that it collected had read from and written to disks (proc_pid_io(5)); null when this user
    /// may not know.
    /// </summary>
    public static (long Read, long Written)? DiskOf(int pid)
    {
        long read = -1, written = -1;
        foreach (var line in (Text(pid, "io") ?? "").Split('\n'))
        {
            if (line.StartsWith("read_bytes: ", StringComparison.Ordinal))
                _ = long.TryParse(line.AsSpan(12), CultureInfo.InvariantCulture, out read);
            else if (line.StartsWith("write_bytes: ", StringComparison.Ordinal))
                _ = long.TryParse(line.AsSpan(13), CultureInfo.InvariantCulture, out written);
        }
        return read >= 0 && written >= 0 ? (read, written) : null;
    }

    /// <summary>
    /// Bytes in and out of the network devices of its namespace but the loopback; null when it is gone. Lines of proc_pid_net(5),
    /// dev: "  eth0: received packets errs drop fifo frame compressed multicast sent …".
    /// </summary>
    public static (long Received, long Sent)? NetworkOf(int pid)
    {
        if (Text(pid, "net/dev") is not { } text)
            return null;
        long received = 0, sent = 0;
        foreach (var line in text.Split('\n'))
        {
            var parts = line.Split(':', 2);
            if (parts.Length < 2 || parts[0].Trim() == "lo")
                continue;
            var numbers = parts[1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (numbers.Length < 9)
                continue;
            received += long.Parse(numbers[0], CultureInfo.InvariantCulture);
            sent += long.Parse(numbers[8], CultureInfo.InvariantCulture);
        }
        return (received, sent);
    }

    // "pid (comm) state ppid …": comm may hold anything, so count from its end. Fields by proc_pid_stat(5): 14 to 17 utime, stime,
    // cutime and cstime, 20 num_threads, 22 starttime, 24 rss.
    internal static ObservedProcess? Parse(string stat)
    {
        int open = stat.IndexOf('('), close = stat.LastIndexOf(')');
        if (open < 2 || close < open || !int.TryParse(stat.AsSpan(0, open - 1), CultureInfo.InvariantCulture, out var pid))
            return null;
        var fields = stat[(close + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 22)
            return null;
        long Field(int number) => long.TryParse(fields[number - 3], CultureInfo.InvariantCulture, out var value) ? value : 0;
        var own = Field(14) + Field(15);
        return new ObservedProcess(
            pid, (int)Field(4), fields[0][0], stat[(open + 1)..close], own + Field(16) + Field(17), own, (int)Field(20), Field(22), Field(24));
    }

    private static string? Text(int pid, string file)
    {
        const int usual = 4096, most = 1 << 20;
        try
        {
            using var opened = File.OpenHandle($"/proc/{pid}/{file}");
            var bytes = new byte[usual];
            var length = 0;
            // These files say that they have no length.
            while (length < most && RandomAccess.Read(opened, bytes.AsSpan(length), length) is > 0 and var got)
            {
                length += got;
                if (length == bytes.Length)
                    Array.Resize(ref bytes, length * 2);
            }
            return Encoding.UTF8.GetString(bytes, 0, length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
