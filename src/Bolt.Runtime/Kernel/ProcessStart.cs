using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Bolt.Kernel;

/// <summary>When a process began, in clock ticks since boot: with the pid it names one process for ever.</summary>
internal static unsafe class ProcessStart
{
    /// <summary>0 when there is no such process, or only its zombie: the machine's init may reap late.</summary>
    public static long Of(int pid)
    {
        nint file;
        fixed (byte* path = Encoding.ASCII.GetBytes(string.Concat("/proc/", pid.ToString(CultureInfo.InvariantCulture), "/stat\0")))
            file = Sys.Open(path, Sys.OReadOnly | Sys.OCloseOnExec);
        if (file < 0) return 0;
        // Some fifty numbers; the name between them has at most 64 bytes.
        const int enough = 2048;
        var bytes = stackalloc byte[enough];
        var got = Sys.Read((int)file, bytes, enough);
        Sys.Close((int)file);
        return got <= 0 ? 0 : StartOf(new ReadOnlySpan<byte>(bytes, (int)got));
    }

    // proc_pid_stat(5): "pid (comm) state ppid …"; comm may hold anything, so count from its end: state is the 3rd field,
    // starttime the 22nd.
    internal static long StartOf(ReadOnlySpan<byte> stat)
    {
        var fields = stat[(stat.LastIndexOf((byte)')') + 1)..].TrimStart((byte)' ');
        if (fields.IsEmpty || fields[0] is (byte)'Z' or (byte)'X') return 0;
        for (var skipped = 3; skipped < 22; skipped++)
        {
            var space = fields.IndexOf((byte)' ');
            if (space < 0) return 0;
            fields = fields[(space + 1)..];
        }
        return Utf8Parser.TryParse(fields, out long ticks, out _) ? ticks : 0;
    }
}
