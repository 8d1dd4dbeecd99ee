using System.Buffers.Binary;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>
/// Raw standard input and output. Console is not used: it starts a signal thread and takes over signal actions, which
/// costs memory in every capsule's shim.
/// </summary>
internal static unsafe class StandardStreams
{
    /// <summary>The order sheet from standard input; null when it ends early or its length is absurd.</summary>
    public static SheetReader? ReadSheet()
    {
        Span<byte> prefix = stackalloc byte[8];
        if (!Fill(prefix))
            return null;
        var length = BinaryPrimitives.ReadInt64LittleEndian(prefix);
        if (length is < 0 or > SheetReader.MaxLength)
            return null;
        var body = new byte[length];
        return Fill(body) ? new SheetReader(body) : null;
    }

    /// <summary>Writes the answer to standard output, as far as someone reads it.</summary>
    public static void Report(ShimReport report) => WriteAll(1, report.ToMessage());

    /// <summary>Points standard output and error, and input unless it is the owner's pipe, to /dev/null.</summary>
    public static void Detach(bool keepInput)
    {
        fixed (byte* path = "/dev/null\0"u8)
        {
            var opened = Sys.Open(path, Sys.OReadWrite | Sys.OCloseOnExec);
            if (opened < 0)
                return;
            for (var fd = keepInput ? 1 : 0; fd <= 2; fd++)
                if (fd != (int)opened)
                    _ = Sys.Duplicate((int)opened, fd);
            if (opened > 2)
                _ = Sys.Close((int)opened);
        }
    }

    /// <summary>Writes all of it to a blocking descriptor; false when it cannot.</summary>
    public static bool WriteAll(int fd, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            nint done = 0;
            while (done < bytes.Length)
            {
                var written = Sys.WriteBlocking(fd, start + done, (nuint)(bytes.Length - done));
                if (written <= 0)
                    return false;
                done += written;
            }
        }
        return true;
    }

    private static bool Fill(Span<byte> target)
    {
        fixed (byte* start = target)
        {
            nint done = 0;
            while (done < target.Length)
            {
                var got = Sys.ReadBlocking(0, start + done, (nuint)(target.Length - done));
                if (got <= 0)
                    return false;
                done += got;
            }
        }
        return true;
    }
}
