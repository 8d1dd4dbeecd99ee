using Bolt.Kernel;

namespace Bolt.Surge;

/// <summary>
/// One owner per stack: an exclusive flock(2) on owner.lock, which the kernel drops when the owner dies, however it dies.
/// owner.json beside it says who holds it, and is believed only while the lock is held.
/// </summary>
internal sealed class OwnerLock : IDisposable
{
    private readonly FileStream _held;

    private OwnerLock(FileStream held) => _held = held;

    /// <summary>Null when another process owns the stack.</summary>
    public static OwnerLock? TryTake(StackFolder folder)
    {
        while (true)
        {
            folder.Create();
            var held = Open(folder, FileMode.OpenOrCreate, FileShare.None) ?? Open(folder, FileMode.OpenOrCreate, FileShare.Read);
            if (held is null && Directory.Exists(folder.Path)) return null;
            if (held is not null && WaitForOthers(held) && IsInPlace(held, folder))
            {
                StackFolder.Write(folder.Path + "/owner.json", RecordText.Of(new OwnerRecord((int)Sys.GetPid())));
                return new OwnerLock(held);
            }
            held?.Dispose();
        }
    }

    /// <summary>The living owner's process; null when none lives.</summary>
    public static int? OwnerOf(StackFolder folder)
    {
        if (!File.Exists(folder.Path + "/owner.lock")) return null;
        // Shared: looking must not keep anyone from owning for longer than it takes.
        using var free = Open(folder, FileMode.Open, FileShare.Read);
        return free is not null || !folder.Exists ? null : StackFolder.Read(folder.Path + "/owner.json", () => StackJsonShapes.Default.OwnerRecord)?.Pid ?? 0;
    }

    public void Dispose() => _held.Dispose();

    // Those who share it only look, or clear away what a killed owner left: both are done in a moment.
    private static bool WaitForOthers(FileStream held)
    {
        const int exclusive = 2;
        return Sys.Lock((int)held.SafeFileHandle.DangerousGetHandle(), exclusive) >= 0;
    }

    // What was waited for may have been moved away and deleted.
    private static bool IsInPlace(FileStream held, StackFolder folder) =>
        new FileInfo($"/proc/self/fd/{held.SafeFileHandle.DangerousGetHandle()}").LinkTarget!
            .EndsWith($"/{folder.Name.Id}/owner.lock", StringComparison.Ordinal);

    // On Unix FileShare.None is flock(LOCK_EX | LOCK_NB), every other one LOCK_SH.
    private static FileStream? Open(StackFolder folder, FileMode mode, FileShare share)
    {
        try
        {
            return new FileStream(folder.Path + "/owner.lock", mode, FileAccess.ReadWrite, share);
        }
        catch (IOException)
        {
            return null;
        }
    }
}

/// <summary>owner.json.</summary>
internal sealed record OwnerRecord(int Pid);
