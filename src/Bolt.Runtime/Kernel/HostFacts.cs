using System.Globalization;

namespace Bolt.Kernel;

/// <summary>What the kernel and the disk say about this host; reads only.</summary>
internal static unsafe class HostFacts
{
    /// <summary>Version of the running kernel; null when it cannot be read.</summary>
    public static Version? KernelVersion()
    {
        // "6.1.0-26-amd64", "6.18.5+", "5.15.167.4-microsoft-standard-WSL2"
        var release = ReadLine("/proc/sys/kernel/osrelease") ?? "";
        var numbers = new string([.. release.TakeWhile(c => char.IsAsciiDigit(c) || c == '.')]).Split('.', StringSplitOptions.RemoveEmptyEntries);
        return numbers.Length >= 2 && Version.TryParse($"{numbers[0]}.{numbers[1]}", out var version) ? version : null;
    }

    /// <summary>A number below /proc/sys; null when this kernel has no such setting.</summary>
    public static long? Setting(string path) =>
        long.TryParse(ReadLine("/proc/sys/" + path), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>The effective user is root.</summary>
    public static bool IsRoot => Sys.EffectiveUid() == 0;

    /// <summary>Whether the effective user may read and write this path.</summary>
    public static bool CanReadAndWrite(string path)
    {
        Span<byte> bytes = stackalloc byte[path.Length * 3 + 1];
        bytes[System.Text.Encoding.UTF8.GetBytes(path, bytes)] = 0;
        fixed (byte* first = bytes)
        {
            return Sys.Access(first, 6).Error() == Errno.None;
        }
    }

    /// <summary>"v2", "v1", "hybrid" (both) or null.</summary>
    public static string? Cgroups()
    {
        var mounts = ReadLines("/proc/self/mounts").Select(l => l.Split(' ')).Where(f => f.Length > 2).Select(f => f[2]).ToHashSet();
        return (mounts.Contains("cgroup2"), mounts.Contains("cgroup")) switch
        {
            (true, true) => "hybrid",
            (true, false) => "v2",
            (false, true) => "v1",
            _ => null,
        };
    }

    /// <summary>Controllers of the v2 group that this process is in.</summary>
    public static string[] Controllers()
    {
        // A line of /proc/self/cgroup for v2: "0::/user.slice/…"
        var own = ReadLines("/proc/self/cgroup").FirstOrDefault(l => l.StartsWith("0::", StringComparison.Ordinal))?[3..];
        return own is null ? [] : ReadLine($"/sys/fs/cgroup{own.TrimEnd('/')}/cgroup.controllers")?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
    }

    /// <summary>The program's path in the usual folders; null when there is none.</summary>
    public static string? Program(string name) =>
        new[] { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin" }
            .Select(folder => $"{folder}/{name}").FirstOrDefault(File.Exists);

    /// <summary>First line of a file; null when it cannot be read.</summary>
    public static string? ReadLine(string path) => ReadLines(path) is [var first, ..] ? first : null;

    /// <summary>Lines of a file; none when it cannot be read.</summary>
    public static IReadOnlyList<string> ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
