using System.Runtime.InteropServices;

namespace Bolt.Kernel;

/// <summary>What a process knows of its own start and its first output, by the C library alone: any Linux, no system call's number.</summary>
internal static unsafe class OwnProcess
{
    // <sys/auxv.h>
    private const nuint ExecutedName = 31;

    [DllImport("libc", EntryPoint = "getauxval"), SuppressGCTransition]
    private static extern byte* AuxiliaryValue(nuint type);

    [DllImport("libc", EntryPoint = "write", SetLastError = true)]
    private static extern nint Write(int fd, byte* bytes, nuint count);

    /// <summary>The path that was executed, as it was given to execve(2): a link's own name, not what it leads to (AT_EXECFN, getauxval(3)).</summary>
    public static ReadOnlySpan<byte> Name => AuxiliaryValue(ExecutedName) is var name && name == null ? [] : MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name);

    /// <summary>Writes all of it to standard output (write(2)); the first error ends it.</summary>
    public static Errno WriteOut(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint written;
            fixed (byte* next = bytes) written = Write(1, next, (nuint)bytes.Length);
            if (written >= 0) bytes = bytes[(int)written..];
            else if (Marshal.GetLastPInvokeError() is var error && error != (int)Errno.EINTR) return (Errno)error;
        }
        return Errno.None;
    }
}
