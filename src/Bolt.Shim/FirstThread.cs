using System.Runtime.InteropServices;
using Bolt.Kernel;

namespace Bolt.Shim;

/// <summary>
/// The monitor runs on a second thread, which Landlock keeps to the capsule's folder and to reading and removing cgroups. The
/// first thread, which made the capsule, makes its commands: what they may do is the capsule's affair alone.
/// </summary>
internal static unsafe class FirstThread
{
    private static Func<int>? _watch;
    private static Func<ExecutedProcess?>? _work;
    private static ExecutedProcess? _made;
    private static int _ruleset, _asked = -1, _ask = -1, _answered = -1, _answer = -1, _code;

    /// <summary>Watches to the end; on this thread where the kernel has no Landlock.</summary>
    public static int Watch(Func<int> watch)
    {
        _watch = watch;
        _ruleset = Rules();
        nint thread;
        if (_ruleset < 0 || !Pipe(ref _asked, ref _ask) || !Pipe(ref _answered, ref _answer) || CreateThread(&thread, 0, &Confined, 0) != 0)
        {
            _ask = -1;
            return watch();
        }
        byte word;
        while (Sys.ReadBlocking(_asked, &word, 1) == 1)
        {
            _made = _work!();
            _ = Sys.Write(_answer, &word, 1);
        }
        return _code;
    }

    /// <summary>Makes a command where it is not confined.</summary>
    public static ExecutedProcess? Run(Func<ExecutedProcess?> work)
    {
        if (_ask < 0)
            return work();
        byte word = 1;
        _work = work;
        _ = Sys.Write(_ask, &word, 1);
        _ = Sys.ReadBlocking(_answered, &word, 1);
        return _made;
    }

    [UnmanagedCallersOnly]
    private static nint Confined(nint nothing)
    {
        // A sandbox around us may forbid it; then that has to do.
        _ = Landlock.Restrict(_ruleset);
        _ = Sys.Close(_ruleset);
        _code = _watch!();
        _ = Sys.Close(_ask);
        return nothing;
    }

    // The working folder is the capsule's: its log, its record, and all of it when its owner is gone.
    private static int Rules()
    {
        var ruleset = (int)Landlock.Create();
        if (ruleset < 0)
            return ruleset;
        const ulong own = Landlock.ReadFile | Landlock.WriteFile | Landlock.Truncate | Landlock.MakeFile | Landlock.RemoveFile
            | Landlock.ReadFolder | Landlock.RemoveFolder;
        if (Landlock.Allow(ruleset, Native.Literal(".\0"u8), own) >= 0
            && Landlock.Allow(ruleset, Native.Literal("..\0"u8), Landlock.RemoveFolder) >= 0
            && Landlock.Allow(ruleset, Native.Literal("/sys/fs/cgroup\0"u8), Landlock.ReadFile | Landlock.ReadFolder | Landlock.RemoveFolder) >= 0)
            return ruleset;
        _ = Sys.Close(ruleset);
        return -1;
    }

    private static bool Pipe(ref int read, ref int write)
    {
        var ends = stackalloc int[2];
        if (Sys.Pipe(ends, Sys.OCloseOnExec) < 0)
            return false;
        (read, write) = (ends[0], ends[1]);
        return true;
    }

    [DllImport("libc", EntryPoint = "pthread_create")]
    private static extern int CreateThread(nint* thread, nint attributes, delegate* unmanaged<nint, nint> start, nint argument);
}
