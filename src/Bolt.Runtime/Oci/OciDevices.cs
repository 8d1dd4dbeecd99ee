using System.Collections.Immutable;
using Bolt.Launch;

namespace Bolt.Oci;

/// <summary>What /dev has: the default devices and links (config-linux.md#default-devices) and those that were asked for.</summary>
internal static class OciDevices
{
    private const uint Character = 0x2000, Block = 0x6000, Pipe = 0x1000, EverybodysMode = 0x1B6;

    private static readonly ImmutableArray<(string Name, long Major, long Minor)> Default =
        [("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0)];

    public static ImmutableArray<LaunchStep> Steps(OciLinux linux)
    {
        var asked = (linux.Devices ?? []).GroupBy(d => Path.GetFullPath(d.Path!), StringComparer.Ordinal)
            .ToDictionary(same => same.Key, same => Node(same.Last()), StringComparer.Ordinal);
        return
        [
            .. Default.Where(d => !asked.ContainsKey("/dev/" + d.Name))
                .Select(d => Node("/dev/" + d.Name, Character | EverybodysMode, d.Major, d.Minor, 0, 0)),
            .. asked.Values,
            new(LaunchOperation.LinkMissing, "/proc/self/fd", "/dev/fd"),
            new(LaunchOperation.LinkMissing, "/proc/self/fd/0", "/dev/stdin"),
            new(LaunchOperation.LinkMissing, "/proc/self/fd/1", "/dev/stdout"),
            new(LaunchOperation.LinkMissing, "/proc/self/fd/2", "/dev/stderr"),
            new(LaunchOperation.LinkMissing, "pts/ptmx", "/dev/ptmx"),
        ];
    }

    private static LaunchStep Node(OciDevice device) => Node(
        Path.GetFullPath(device.Path!),
        (device.Type switch { "b" => Block, "p" => Pipe, _ => Character }) | ((device.FileMode ?? EverybodysMode) & 0xFFF),
        device.Type == "p" ? 0 : device.Major, device.Type == "p" ? 0 : device.Minor, device.Uid ?? 0, device.Gid ?? 0);

    private static LaunchStep Node(string path, uint mode, long major, long minor, uint uid, uint gid) => new(
        LaunchOperation.Node, path, (mode & 0xF000) == Pipe ? "" : path, X: mode, Y: Number(major, minor), Z: uid | (long)gid << 32);

    /// <summary>dev_t as the kernel takes it (makedev(3)).</summary>
    private static long Number(long major, long minor) => (minor & 0xFF) | (major & 0xFFF) << 8 | (minor & ~0xFFL) << 12;
}
