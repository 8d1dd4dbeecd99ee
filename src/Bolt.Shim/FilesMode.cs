using System.Runtime.InteropServices;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>
/// `bolt-shim files`: file operations as inner ids. Root does them itself with shifted ids. An ordinary user's are done
/// by this program once more (`files inside`), executed in a mapped user namespace, where it is a fresh process that
/// may allocate and thread as it likes.
/// </summary>
internal static unsafe class FilesMode
{
    public static int Run()
    {
        if (ReadSheet(out var message) is not { } sheet)
            return Answer(new ShimReport(0, "read the order sheet", "", Errno.EINVAL));
        return Run(sheet, message);
    }

    /// <summary>For another mode's own operations.</summary>
    public static int Run(FilesSheet sheet) => Run(sheet, sheet.ToMessage());

    private static int Run(FilesSheet sheet, byte[] message) => Sys.EffectiveUid() == 0
        ? Answer(new FileOperations(sheet, shift: true).Apply())
        : RunMapped(sheet, message);

    public static int RunInside() =>
        ReadSheet(out _) is { } sheet
            ? Answer(new FileOperations(sheet, shift: false).Apply())
            : Answer(new ShimReport(0, "read the order sheet", "", Errno.EINVAL));

    private static FilesSheet? ReadSheet(out byte[] message)
    {
        message = [];
        try
        {
            if (StandardStreams.ReadSheet() is not { } reader)
                return null;
            var sheet = FilesSheet.Read(reader);
            message = sheet.ToMessage();
            return sheet;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static int Answer(ShimReport report)
    {
        StandardStreams.Report(report);
        return report.Ok ? 0 : 1;
    }

    private static int RunMapped(FilesSheet sheet, byte[] message)
    {
        var input = InMemory(message);
        if (input < 0)
            return Answer(new ShimReport(0, "memory", "", input.Error()));
        var ends = stackalloc int[2];
        if (Sys.Pipe(ends, Sys.OCloseOnExec) is < 0 and var refused)
            return Answer(new ShimReport(0, "pipe", "", refused.Error()));
        var child = Sys.Fork(Sys.CloneNewUser);
        if (child == 0)
            ExecuteInside((int)input, ends);
        _ = Sys.Close(ends[0]);
        if (child < 0)
            // A host that forbids user namespaces: with one id there is nothing to map, the files are the user's own.
            return Answer(sheet.Ids.Single
                ? new FileOperations(sheet, shift: false).Apply()
                : new ShimReport(0, "user namespace", "", child.Error()));
        var way = sheet.Ids.Single ? IdMapWay.Direct : IdMapWay.Programs;
        var unmapped = IdMapWriter.Write(sheet.Ids, way, (int)child);
        byte go = unmapped is null ? (byte)1 : (byte)0;
        _ = Sys.Write(ends[1], &go, 1);
        int status;
        _ = Sys.Wait((int)child, &status, 0);
        if (unmapped is not null)
            return Answer(new ShimReport(0, unmapped.Step, unmapped.Argument, unmapped.Errno));
        return status == 0 ? 0 : 1;
    }

    // In the forked child: no allocation.
    private static void ExecuteInside(int input, int* ends)
    {
        _ = Sys.Prctl(Sys.PrSetPdeathsig, Sys.SigKill);
        _ = Sys.Close(ends[1]);
        byte go = 0;
        if (Sys.Read(ends[0], &go, 1) != 1 || go == 0)
            Sys.Exit(1);
        _ = Sys.Duplicate(input, 0);
        var arguments = stackalloc byte*[4];
        arguments[0] = Native.Literal("bolt-shim\0"u8);
        arguments[1] = Native.Literal("files\0"u8);
        arguments[2] = Native.Literal("inside\0"u8);
        arguments[3] = null;
        byte* none = null;
        _ = Sys.Execute(Native.Literal("/proc/self/exe\0"u8), arguments, &none);
        Sys.Exit(1);
    }

    private static nint InMemory(byte[] message)
    {
        nint file;
        fixed (byte* name = "files\0"u8)
            file = Sys.MemoryFile(name);
        if (file < 0)
            return file;
        if (!StandardStreams.WriteAll((int)file, message))
            return -(int)Errno.ENOSPC;
        _ = Sys.Call(SystemCall.lseek, file, 0, 0);
        return file;
    }
}
