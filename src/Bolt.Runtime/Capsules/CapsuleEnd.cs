using Bolt.Diagnostics;
using Bolt.Kernel;
using Bolt.Launch;
using Bolt.Storage;

namespace Bolt.Capsules;

internal sealed partial class Capsule
{
    /// <summary>How it ended; null while it runs and when there never was one.</summary>
    public static CapsuleExit? ReadExit(string folder)
    {
        try
        {
            using var file = new StreamReader(Path.Combine(folder, ExitRecord.FileName));
            var text = new char[ExitRecord.MaxLength];
            return ExitRecord.Parse(new string(text, 0, file.ReadBlock(text))) is { } record ? ToExit(record) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Deletes the folder of a capsule that has ended, files of mapped ids included.</summary>
    public static Task DeleteAsync(string folder, MappedFiles files, CancellationToken cancellationToken)
    {
        CgroupNote.RemoveAll(folder);
        return TryDeleteOwn(folder) ? Task.CompletedTask : files.DeleteTreeAsync(folder, cancellationToken);
    }

    /// <summary>
    /// Most capsules leave nothing but the shim's own files; those need no user namespace. False: there is more, and whose it
    /// is only the mapped ids may be able to say.
    /// </summary>
    private static bool TryDeleteOwn(string folder)
    {
        try
        {
            var entries = new DirectoryInfo(folder);
            if (!entries.Exists)
                return true;
            foreach (var entry in entries.EnumerateFileSystemInfos())
            {
                if (entry is DirectoryInfo { LinkTarget: null } inner && inner.EnumerateFileSystemInfos().Any())
                    return false;
                entry.Delete();
            }
            entries.Delete();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // Of groups that it was given while it ran its shim knows nothing.
    private CapsuleExit EndOfGroups(CapsuleExit exit)
    {
        var outOfMemory = exit.OutOfMemory || (exit.Signal == Sys.SigKill && CapsuleUsage.RanOutOfMemory(Folder));
        CgroupNote.RemoveAll(Folder);
        return exit with { OutOfMemory = outOfMemory };
    }

    private static CapsuleExit ToExit(ExitRecord record) =>
        new(record.Code, record.Signal, record.OutOfMemory, DateTimeOffset.UnixEpoch.AddTicks(record.AtMicroseconds * TimeSpan.TicksPerMicrosecond))
        {
            MonitorDied = record.MonitorDied,
        };

    /// <summary>
    /// A folder that a shim left without an exit record: it was killed, and the kernel killed the capsule with it. Whoever
    /// finds out writes the record, so that the next one finds an end and no riddle.
    /// </summary>
    private static CapsuleExit? SettleOrphan(string folder)
    {
        if (ReadExit(folder) is { } exit)
            return exit;
        var socket = Path.Combine(folder, "shim.sock");
        if (!File.Exists(socket))
            return null;
        const int kill = 9;
        var now = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        var record = new ExitRecord(null, kill, OutOfMemory: false, MonitorDied: true, now);
        CgroupNote.RemoveAll(folder);
        try
        {
            var beside = Path.Combine(folder, "exit.settled");
            File.WriteAllText(beside, record + "\n");
            File.Move(beside, Path.Combine(folder, ExitRecord.FileName), overwrite: true);
            File.Delete(socket);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The folder is going away under us; the end is the same.
        }
        return ToExit(record);
    }

    private async Task<CapsuleExit> EndOfOrphanAsync(CancellationToken cancellationToken)
    {
        // The init's death follows its shim's at once, but not in the same instant.
        using (var init = Pidfd.Open(Pid))
        {
            if (init is not null && ReadExit(Folder) is null)
                await FdEvents.ReadableAsync(init.Number, cancellationToken).ConfigureAwait(false);
        }
        return SettleOrphan(Folder) is { } exit ? EndOfGroups(exit) : throw new BoltException(CapsuleErrors.NotRunning(Id));
    }
}
