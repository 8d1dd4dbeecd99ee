using System.Text;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>The last step after an owner's death: takes away what is left of its stack, once its capsules have ended.</summary>
internal readonly unsafe struct SandboxRemoval(SandboxSheet sheet)
{
    private const int Shared = 1, Exclusive = 2, AtOnce = 4;

    public void Run()
    {
        var (run, state, volumes) = sheet.Remains;
        if (run.Length == 0) return;
        // Owners hold it exclusively: another one by now means that all of this is in use again.
        var owner = Open(run + "/owner.lock", 0);
        if (owner < 0 || Sys.Lock((int)owner, Shared | AtOnce) < 0) return;
        AwaitCapsules(run + "/capsules");
        if (!Directory.Exists(volumes)) TreeRemoval.Delete(state);
        // Aside first: whoever brings the stack up meanwhile finds either all of it or nothing.
        var aside = Path.Combine(Path.GetDirectoryName(run)!, $".{Path.GetFileName(run)}.{Sys.GetPid()}");
        if (Rename(run, aside) < 0) return;
        FilesMode.Run(new FilesSheet(sheet.Ids, "/", [new FileOperation.Delete(aside)]));
    }

    /// <summary>A shim holds its folder's lock as long as it lives; one that comes too late finds it taken and ends.</summary>
    private static void AwaitCapsules(string capsules)
    {
        if (!Directory.Exists(capsules)) return;
        foreach (var folder in Directory.GetDirectories(capsules))
        {
            if (Open(folder, Sys.ODirectory) is >= 0 and var fd) Sys.Lock((int)fd, Exclusive);
            // A shim that was killed too has left them.
            CgroupNote.RemoveAll(folder);
        }
    }

    private static nint Open(string path, int flags)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(path + "\0")) return Sys.Open(text, Sys.OReadOnly | Sys.OCloseOnExec | flags);
    }

    private static nint Rename(string from, string to)
    {
        fixed (byte* source = Encoding.UTF8.GetBytes(from + "\0"), target = Encoding.UTF8.GetBytes(to + "\0")) return Sys.Rename(source, target);
    }
}
