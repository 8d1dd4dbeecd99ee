using System.Runtime.InteropServices;
using System.Text;

namespace Bolt.Kernel;

/// <summary>
/// posix_spawn(3): where the argument zero, inherited descriptors and the waiting must be one's own. Signals are at their
/// defaults in the child, and the streams are this process's unless they are replaced.
/// </summary>
internal static unsafe partial class Spawn
{
    // Larger than glibc's and musl's posix_spawn_file_actions_t and posix_spawnattr_t.
    private const int OpaqueSize = 512;
    private const short SetSignalDefaults = 4, SetSignalMask = 8;

    [LibraryImport("libc", EntryPoint = "posix_spawn")]
    private static partial int Start(int* pid, byte* path, void* actions, void* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int InitActions(void* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int DestroyActions(void* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    private static partial int AddDuplicate(void* actions, int from, int to);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    private static partial int InitAttributes(void* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    private static partial int DestroyAttributes(void* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    private static partial int SetFlags(void* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    private static partial int SetDefaults(void* attributes, void* set);

    /// <summary>Starts a program. <paramref name="descriptors"/> are pairs: what the child has as the second is the first here;
    /// a pair of the same number is kept open over the execution.</summary>
    public static int Program(
        string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, ReadOnlySpan<(int From, int To)> descriptors, out Errno error)
    {
        var actions = stackalloc byte[OpaqueSize];
        var attributes = stackalloc byte[OpaqueSize];
        // sigset_t is 128 bytes; all signals.
        var all = stackalloc byte[128];
        new Span<byte>(all, 128).Fill(0xFF);
        _ = InitActions(actions);
        _ = InitAttributes(attributes);
        _ = SetDefaults(attributes, all);
        _ = SetFlags(attributes, SetSignalDefaults | SetSignalMask);
        foreach (var (from, to) in descriptors)
            _ = AddDuplicate(actions, from, to);
        var argv = Texts(arguments);
        var envp = Texts(environment);
        var pid = 0;
        int result;
        fixed (byte* file = Encoding.UTF8.GetBytes(path + "\0"))
        fixed (nint* first = argv, second = envp)
            result = Start(&pid, file, actions, attributes, (byte**)first, (byte**)second);
        foreach (var text in (ReadOnlySpan<nint>)[.. argv, .. envp])
            Marshal.FreeCoTaskMem(text);
        _ = DestroyActions(actions);
        _ = DestroyAttributes(attributes);
        error = (Errno)result;
        return result == 0 ? pid : 0;
    }

    /// <summary>Waits for a child; its raw wait status. Null when it is none of this process's.</summary>
    public static int? Wait(int pid)
    {
        int status;
        return Sys.Wait(pid, &status, 0) == pid ? status : null;
    }

    /// <summary>Whether the child has ended, without waiting; it stays to be waited for.</summary>
    public static bool EndsWithin(int pid, TimeSpan time)
    {
        using var pidfd = Pidfd.Open(pid);
        if (pidfd is null)
            return true;
        var entry = new PollEntry(pidfd.Number, PollEntry.In);
        return Sys.Poll(&entry, 1, (int)Math.Min(time.TotalMilliseconds, int.MaxValue)) > 0;
    }

    /// <summary>Orphans below this process become its children.</summary>
    public static void AdoptOrphans() => _ = Sys.Prctl(Sys.PrSetChildSubreaper, 1);

    // Ends with null.
    private static nint[] Texts(IReadOnlyList<string> texts)
    {
        var pointers = new nint[texts.Count + 1];
        for (var i = 0; i < texts.Count; i++)
            pointers[i] = Marshal.StringToCoTaskMemUTF8(texts[i]);
        return pointers;
    }
}
