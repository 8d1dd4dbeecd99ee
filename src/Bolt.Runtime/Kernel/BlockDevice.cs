using System.Globalization;
using System.Text;

namespace Bolt.Kernel;

/// <summary>Block devices by their nodes.</summary>
internal static unsafe class BlockDevice
{
    /// <summary>"MAJOR:MINOR" of a block device's node; null when the path is none.</summary>
    public static string? Number(string path)
    {
        const uint kind = 0xF000, block = 0x6000;
        FileStatus status;
        nint result;
        fixed (byte* start = Encoding.UTF8.GetBytes(path + "\0"))
            result = Sys.Status(Sys.AtFdCwd, start, 0, &status);
        if (result < 0 || (status.Mode & kind) != block)
            return null;
        // makedev(3): minor bits 0-7 and 20-31, major bits 8-19 (the upper half is empty on Linux).
        var number = status.SpecialDevice;
        var (major, minor) = ((number >> 8) & 0xFFF, (number & 0xFF) | ((number >> 12) & 0xFFF00));
        return string.Create(CultureInfo.InvariantCulture, $"{major}:{minor}");
    }
}
