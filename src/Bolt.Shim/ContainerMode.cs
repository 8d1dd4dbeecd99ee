using System.Globalization;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>
/// `bolt-shim container SHEET CONTROL`: launches an OCI container, or a process in one, and ends. The sheet lies in the
/// descriptor SHEET; answers are packets on CONTROL. Other descriptors are the command's, as far as they are preserved.
/// With `wait` it does nothing before a packet comes: whoever started it puts it into a cgroup first.
/// </summary>
internal static unsafe class ContainerMode
{
    public static int Run(string sheetText, string controlText, bool wait)
    {
        if (!int.TryParse(sheetText, NumberStyles.None, CultureInfo.InvariantCulture, out var sheetFd)
            || !int.TryParse(controlText, NumberStyles.None, CultureInfo.InvariantCulture, out var control))
            return 64;
        foreach (var fd in (ReadOnlySpan<int>)[sheetFd, control])
            _ = Sys.Call(SystemCall.fcntl, fd, 2 /* F_SETFD */, 1 /* FD_CLOEXEC */);
        byte go;
        if (wait && Sys.ReadBlocking(control, &go, 1) != 1)
            return 1;
        ContainerSheet sheet;
        try
        {
            if (ReadSheet(sheetFd) is not { } reader)
                return 64;
            sheet = ContainerSheet.Read(reader);
        }
        catch (InvalidDataException)
        {
            Answer(control, new ShimReport(0, "read the order sheet", "", Errno.EINVAL));
            return 1;
        }

        fixed (byte* name = "bolt:oci\0"u8)
            _ = Sys.Prctl(Sys.PrSetName, (nint)name);
        using var launch = new ContainerLaunch(sheet, control);
        var pid = launch.Run(out var failure);
        Answer(control, failure is null ? ShimReport.Success(pid) : new ShimReport(0, failure.Step, failure.Argument, failure.Errno));
        return failure is null ? 0 : 1;
    }

    /// <summary>One packet, with descriptors. Whoever asked may be gone; then nobody needs to know.</summary>
    public static void Answer(int control, ShimReport report, int* descriptors = null, int count = 0)
    {
        fixed (byte* message = report.ToMessage())
            _ = Sys.Send(control, message, (nuint)(8 + *(long*)message), descriptors, count);
    }

    private static SheetReader? ReadSheet(int fd)
    {
        FileStatus status;
        byte empty = 0;
        if (Sys.Status(fd, &empty, Sys.AtEmptyPath, &status) < 0 || status.Size is < 8 or > SheetReader.MaxLength + 8)
            return null;
        var bytes = new byte[status.Size];
        fixed (byte* start = bytes)
        {
            nint done = 0;
            while (done < bytes.Length)
            {
                var got = Sys.Call(SystemCall.pread64, fd, (nint)(start + done), bytes.Length - done, done);
                if (got <= 0)
                    return null;
                done += got;
            }
        }

        _ = Sys.Close(fd);
        return new SheetReader(bytes.AsMemory(8));
    }
}
