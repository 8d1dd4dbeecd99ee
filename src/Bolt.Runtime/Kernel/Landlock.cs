namespace Bolt.Kernel;

/// <summary>
/// landlock(7): a thread gives up all access to files but what lies below the folders that it names, and with newer kernels
/// TCP and other processes' abstract sockets too. What a thread has given up its children have not either.
/// </summary>
internal static unsafe class Landlock
{
    /// <summary>LANDLOCK_ACCESS_FS_*.</summary>
    public const ulong WriteFile = 1 << 1, ReadFile = 1 << 2, ReadFolder = 1 << 3, RemoveFolder = 1 << 4, RemoveFile = 1 << 5, MakeFile = 1 << 8,
        Truncate = 1 << 14;

    private const int RulePathBeneath = 1, AskVersion = 1;

    /// <summary>The kernel's version of it, from 1 on; 0 where it has none or has it switched off.</summary>
    public static int Version { get; } = (int)Math.Max(0, Sys.Call(SystemCall.landlock_create_ruleset, 0, 0, AskVersion));

    /// <summary>A ruleset that grants nothing yet; a negated errno.</summary>
    public static nint Create()
    {
        // landlock_ruleset_attr: what is handled is denied unless a rule grants it. Bits that a kernel does not know are errors.
        var files = Version switch { 0 => 0, 1 => 13, 2 => 14, 3 or 4 => 15, _ => 16 };
        var handled = stackalloc ulong[3] { (1UL << files) - 1, Version >= 4 ? 3UL : 0, Version >= 6 ? 1UL : 0 };
        var size = Version switch { < 4 => 8, < 6 => 16, _ => 24 };
        return Version == 0 ? -(nint)Errno.ENOSYS : Sys.Call(SystemCall.landlock_create_ruleset, (nint)handled, size);
    }

    /// <summary>Grants rights below a folder; one that is not there needs none. Rights that this kernel does not know are not denied.</summary>
    public static nint Allow(int ruleset, byte* folder, ulong rights)
    {
        var opened = Sys.Open(folder, Sys.OPath | Sys.OCloseOnExec);
        if (opened < 0)
            return opened.Error() == Errno.ENOENT ? 0 : opened;
        // landlock_path_beneath_attr, packed: rights, descriptor.
        var rule = stackalloc byte[12];
        *(ulong*)rule = Version < 3 ? rights & ~Truncate : rights;
        *(int*)(rule + 8) = (int)opened;
        var result = Sys.Call(SystemCall.landlock_add_rule, ruleset, RulePathBeneath, (nint)rule);
        _ = Sys.Close((int)opened);
        return result;
    }

    /// <summary>Confines the calling thread for good.</summary>
    public static nint Restrict(int ruleset)
    {
        // Whoever is not root may only when no program can give it more.
        _ = Sys.Prctl(Sys.PrSetNoNewPrivileges, 1);
        return Sys.Call(SystemCall.landlock_restrict_self, ruleset);
    }
}
