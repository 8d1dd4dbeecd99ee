using System.Text;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>
/// `bolt-shim capsule`: launches one capsule and watches over it. The sheet comes on standard input, which then stays as
/// the owner's pipe; the one answer goes to standard output. The working folder is the capsule's folder.
/// </summary>
internal static unsafe class CapsuleMode
{
    public static int Run()
    {
        // Descriptors that the owner's process left open must not live as long as the capsule.
        _ = Sys.CloseFrom(3, 0);
        // Out of the owner's terminal, whose Ctrl-C would otherwise reach this process.
        _ = Sys.SetSession();
        _ = Sys.IgnoreSignal(Sys.SigPipe);
        _ = Sys.IgnoreSignal(Sys.SigHangUp);
        _ = Sys.Prctl(Sys.PrSetChildSubreaper, 1);
        CapsuleSheet sheet;
        try
        {
            if (StandardStreams.ReadSheet() is not { } reader)
                return 64;
            sheet = CapsuleSheet.Read(reader);
        }
        catch (InvalidDataException)
        {
            return Fail(new LaunchFailure("read the order sheet", "", Errno.EINVAL));
        }
        SetName(sheet.Id);
        return Start(sheet);
    }

    private static int Start(CapsuleSheet sheet)
    {
        if (Claim() is var claimed and not Errno.None)
            return Fail(new LaunchFailure("claim the folder", sheet.Folder, claimed));
        var listener = (int)Listen();
        if (listener < 0)
            return Fail(new LaunchFailure("listen on the control socket", sheet.Folder, ((nint)listener).Error()));
        var log = new OutputLog(sheet.LogRotateBytes);
        if (Launcher.Launch(sheet, out var failure) is not { } capsule)
        {
            Monitor.RemoveSocket();
            return Fail(failure!);
        }
        StandardStreams.Report(ShimReport.Success(capsule.InitPid) with { Skipped = capsule.Skipped });
        StandardStreams.Detach(keepInput: sheet.DieWithOwner);
        return FirstThread.Watch(new Monitor(sheet, capsule, listener, log).Run);
    }

    private static int Fail(LaunchFailure failure)
    {
        StandardStreams.Report(new ShimReport(0, failure.Step, failure.Argument, failure.Errno));
        return 1;
    }

    // Held as long as this process lives: two shims never serve one folder.
    private static Errno Claim()
    {
        const int exclusiveNow = 2 | 4;
        fixed (byte* here = ".\0"u8)
        {
            var folder = Sys.Open(here, Sys.OReadOnly | Sys.ODirectory | Sys.OCloseOnExec);
            return folder < 0 ? folder.Error() : Sys.Lock((int)folder, exclusiveNow).Error();
        }
    }

    private static nint Listen()
    {
        Monitor.RemoveSocket();
        var socket = Sys.Socket(Sys.AfUnix, Sys.SockSeqPacket | Sys.SockCloseOnExec | Sys.SockNonBlock, 0);
        if (socket < 0)
            return socket;
        Span<byte> address = stackalloc byte[110];
        _ = Sys.UnixAddress("shim.new"u8, address, out var length);
        const uint ownerOnly = 0b001_111_111;
        var before = Sys.Umask(ownerOnly);
        nint result;
        fixed (byte* start = address)
            result = Sys.Bind((int)socket, start, length);
        _ = Sys.Umask((uint)before);
        if (result >= 0)
            result = Sys.Listen((int)socket, 128);
        // Under its name it always answers: one that refuses means that its shim was killed.
        if (result >= 0)
            fixed (byte* from = "shim.new\0"u8, to = "shim.sock\0"u8)
                result = Sys.Rename(from, to);
        return result < 0 ? result : socket;
    }

    private static void SetName(string id)
    {
        // prctl(2) cuts at 15 bytes.
        fixed (byte* name = Encoding.UTF8.GetBytes("bolt:" + id + "\0"))
            _ = Sys.Prctl(Sys.PrSetName, (nint)name);
    }
}
