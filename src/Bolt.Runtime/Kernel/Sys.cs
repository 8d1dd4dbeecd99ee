using System.Runtime.InteropServices;

namespace Bolt.Kernel;

/// <summary>
/// Raw system calls. All return the kernel's result or a negated errno, and none allocates, so that they may be used
/// between fork and execve. Wrappers stand in files by topic: Sys.Files, Sys.Mounts, Sys.Processes, Sys.Sockets.
/// </summary>
internal static unsafe partial class Sys
{
    // glibc's syscall(2) and not our own stub: .NET cannot emit the instruction. errno is thread-local and read at once.
    [DllImport("libc", EntryPoint = "syscall"), SuppressGCTransition]
    private static extern nint Quick(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    // A call that may block: without the transition it would hold up a garbage collection of the other threads.
    // SetLastError: errno is saved before the transition back can touch it.
    [DllImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static extern nint Slow(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    [DllImport("libc", EntryPoint = "__errno_location"), SuppressGCTransition]
    private static extern int* ErrnoLocation();

    /// <summary>A call that returns at once, or that is made in a forked child, which has one thread.</summary>
    public static nint Call(SystemCall call, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0, nint f = 0)
    {
        var result = Quick((nint)call, a, b, c, d, e, f);
        return result == -1 ? -*ErrnoLocation() : result;
    }

    /// <summary>A call that may block, in a process with more threads. Restarted after a signal.</summary>
    public static nint Block(SystemCall call, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0, nint f = 0)
    {
        while (true)
        {
            var result = Slow((nint)call, a, b, c, d, e, f);
            if (result != -1)
                return result;
            var error = Marshal.GetLastPInvokeError();
            if (error != (int)Errno.EINTR)
                return -error;
        }
    }
}
