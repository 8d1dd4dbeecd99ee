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
        folder.Create();
        if (Open(folder, FileMode.OpenOrCreate) is not { } held) return null;
        var taken = new OwnerLock(held);
        StackFolder.Write(folder.Path + "/owner.json", new OwnerRecord((int)Kernel.Sys.GetPid()), StackJsonShapes.Default.OwnerRecord);
        return taken;
    }

    /// <summary>The living owner's process; null when none lives.</summary>
    public static int? OwnerOf(StackFolder folder)
    {
        if (!File.Exists(folder.Path + "/owner.lock")) return null;
        using var free = Open(folder, FileMode.Open);
        return free is not null ? null : StackFolder.Read(folder.Path + "/owner.json", StackJsonShapes.Default.OwnerRecord)?.Pid ?? 0;
    }

    public void Dispose() => _held.Dispose();

    // FileShare.None is flock(LOCK_EX | LOCK_NB) on Unix.
    private static FileStream? Open(StackFolder folder, FileMode mode)
    {
        try
        {
            return new FileStream(folder.Path + "/owner.lock", mode, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }
}

/// <summary>owner.json.</summary>
internal sealed record OwnerRecord(int Pid);
