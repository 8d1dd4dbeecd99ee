using Bolt.Diagnostics;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Capsules;

/// <summary>
/// Stands a capsule still and lets it go on. By the freezer of version 2 where this user may have a group, in which a frozen
/// process can still be killed (in that of version 1 it cannot: a killed monitor would leave it for ever). Elsewhere by SIGSTOP to
/// each process, which those that look after stopped children can see.
/// </summary>
internal static class CapsulePause
{
    private const string FileName = "paused", BySignals = "signals";
    private const int Stop = 19, Continue = 18;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>It stands still, or someone is about to make it.</summary>
    public static bool IsPaused(string folder) => Note(folder) is { } how
        && (how == BySignals || HostFacts.ReadLine(how + "/cgroup.freeze") == "1");

    /// <summary>Returns once no process of it runs.</summary>
    public static async Task StartAsync(Capsule capsule, CancellationToken cancellation)
    {
        var group = CapsuleGroups.ForFreezing(capsule);
        // Before the deed: whoever comes after a crash finds what may have to be undone.
        WriteNote(capsule.Folder, group ?? BySignals);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(Patience);
            if (group is null)
                await StopAllAsync(capsule.Pid, limit.Token).ConfigureAwait(false);
            else
                await FreezeAsync(capsule, group, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            End(capsule);
            throw e switch
            {
                OperationCanceledException when !cancellation.IsCancellationRequested => new BoltException(CapsuleErrors.NotPaused(capsule.Id, "a process of it waits for the kernel"), e),
                IOException or UnauthorizedAccessException => new BoltException(CapsuleErrors.NotPaused(capsule.Id, e.Message), e),
                _ => e,
            };
        }
    }

    /// <summary>Lets it go on; nothing happens to one that is not paused.</summary>
    public static void End(Capsule capsule)
    {
        if (Note(capsule.Folder) is not { } how)
            return;
        if (how == BySignals)
        {
            foreach (var process in CapsuleProcesses.Of(capsule.Pid, IdMap.OfCurrentUser()).Where(p => p.Seen.State == 'T'))
                Signal(process.Seen, Continue);
        }
        else
        {
            Thaw(how);
        }
        File.Delete(Path.Combine(capsule.Folder, FileName));
    }

    private static void Thaw(string group)
    {
        try
        {
            File.WriteAllText(group + "/cgroup.freeze", "0");
        }
        catch (IOException) when (!Directory.Exists(group))
        {
            // It ended, and its groups with it.
        }
    }

    private static async Task FreezeAsync(Capsule capsule, string group, CancellationToken cancellation)
    {
        CapsuleGroups.Gather(capsule, group);
        using var events = File.OpenHandle(group + "/cgroup.events");
        File.WriteAllText(group + "/cgroup.freeze", "1");
        // "populated 1\nfrozen 1\n"; the kernel tells of each change (cgroup-v2.rst).
        var text = new byte[256];
        while (text.AsSpan(0, RandomAccess.Read(events, text, 0)).IndexOf("frozen 1"u8) < 0)
            await FdEvents.ChangedAsync((int)events.DangerousGetHandle(), cancellation).ConfigureAwait(false);
    }

    // Until one look finds none that runs: a process may fork before it is stopped. The init is left to collect them.
    private static async Task StopAllAsync(int init, CancellationToken cancellation)
    {
        var ids = IdMap.OfCurrentUser();
        while (CapsuleProcesses.Of(init, ids).Where(p => p.Seen.Pid != init && p.Seen.State is not ('T' or 't')).ToArray() is { Length: > 0 } running)
        {
            foreach (var process in running)
                Signal(process.Seen, Stop);
            cancellation.ThrowIfCancellationRequested();
            // Only its parent could wait for a stop; it comes with the process's next turn on a processor.
            await Task.Yield();
        }
    }

    private static void Signal(ObservedProcess process, int signal)
    {
        using var pidfd = Pidfd.Open(process.Pid);
        // By now the number could be another's.
        if (pidfd is null || ProcessStart.Of(process.Pid) != process.Started)
            return;
        if (Pidfd.Signal(pidfd, signal) is var error and not (Errno.None or Errno.ESRCH))
            throw new IOException($"signal process {process.Pid}: {error.Text()}");
    }

    private static string? Note(string folder) => HostFacts.ReadLine(Path.Combine(folder, FileName));

    private static void WriteNote(string folder, string how)
    {
        var beside = Path.Combine(folder, FileName + ".new");
        File.WriteAllText(beside, how + "\n");
        File.Move(beside, Path.Combine(folder, FileName), overwrite: true);
    }
}
