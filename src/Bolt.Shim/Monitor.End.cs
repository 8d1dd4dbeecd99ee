using System.Text;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

internal sealed unsafe partial class Monitor
{
    public static void RemoveSocket()
    {
        Remove("shim.new\0"u8);
        Remove("shim.sock\0"u8);
    }

    // The init has ended, and with it every process of the capsule.
    private void End()
    {
        int status = 0;
        if (Sys.Wait(capsule.InitPid, &status, 1) <= 0)
            return;
        int service;
        if (Sys.Read(capsule.Status, &service, 4) == 4)
            status = service;
        while (_output >= 0 && ReadOutput(ref _output, isError: false))
        {
        }
        while (_error >= 0 && ReadOutput(ref _error, isError: true))
        {
        }
        if (log.Flush())
            TellFollowers();
        _exit = ExitRecord.FromWaitStatus(status, RanOutOfMemory(), NowMicroseconds());
        Launcher.CleanUp(sheet);
        if (_killedForOwner)
            RemoveFolder();
        else
            WriteRecord(_exit);
        RemoveSocket();
        _ = Sys.Close(listener);
        foreach (var client in _clients)
            Tell(client, _exit);
    }

    private static void Tell(MonitorClient client, ExitRecord exit)
    {
        // A command was killed with its capsule and is still to be collected: its own end is told then.
        if (client.Command is not null)
            return;
        client.Send(new MonitorMessage.Exited(exit));
        client.Done = true;
    }

    private static void WriteRecord(ExitRecord record)
    {
        const uint ownerOnly = 0b110_000_000;
        fixed (byte* beside = "exit.new\0"u8, path = "exit\0"u8)
        {
            var fd = (int)Sys.Open(beside, Sys.OWriteOnly | Sys.OCreate | Sys.OTruncate | Sys.OCloseOnExec, ownerOnly);
            if (fd < 0)
                return;
            var written = StandardStreams.WriteAll(fd, Encoding.UTF8.GetBytes(record + "\n"));
            _ = Sys.Close(fd);
            if (written)
                _ = Sys.Rename(beside, path);
        }
    }

    private bool RanOutOfMemory()
    {
        if (sheet.OutOfMemoryFile.Length == 0)
            return false;
        nint got;
        fixed (byte* path = Encoding.UTF8.GetBytes(sheet.OutOfMemoryFile + "\0"))
        {
            var fd = (int)Sys.Open(path, Sys.OReadOnly | Sys.OCloseOnExec);
            if (fd < 0)
                return false;
            got = Sys.Read(fd, _buffer, 1024);
            _ = Sys.Close(fd);
        }
        if (got <= 0)
            return false;
        // memory.events (v2) and memory.oom_control (v1) both have the line "oom_kill N".
        var text = new ReadOnlySpan<byte>(_buffer, (int)got);
        var line = text.IndexOf("oom_kill "u8);
        return line >= 0 && line + 9 < text.Length && text[line + 9] != (byte)'0';
    }

    // No one is left who would ask for the log or the exit.
    private void RemoveFolder()
    {
        RemoveSocket();
        // Those that it was given while it ran; its sheet names the others alone.
        CgroupNote.RemoveAll(sheet.Folder);
        _ = TreeRemoval.Delete(sheet.Folder);
    }

    private static void Remove(ReadOnlySpan<byte> name)
    {
        fixed (byte* path = name)
            _ = Sys.Unlink(Sys.AtFdCwd, path);
    }

    private static long NowMicroseconds() => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
