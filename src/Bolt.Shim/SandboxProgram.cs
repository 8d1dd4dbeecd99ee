using Bolt.Kernel;

namespace Bolt.Shim;

/// <summary>One program to run, ready for a process that may not allocate.</summary>
internal readonly unsafe struct SandboxProgram(string path, IReadOnlyList<string> arguments)
{
    private static readonly byte** Environment = SandboxMemory.Texts(["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"]);

    private readonly byte* _path = SandboxMemory.Text(path);
    private readonly byte** _arguments = SandboxMemory.Texts(arguments);
    private readonly byte** _environment = Environment;

    /// <summary>The pid, or a negated errno. The descriptors become its stdin, stdout and stderr.</summary>
    public int Start(int input, int output, int error, bool dieWithParent = false)
    {
        var pid = (int)Sys.Fork();
        if (pid != 0) return pid;

        Sys.ResetSignals();
        if (dieWithParent) Sys.Prctl(Sys.PrSetPdeathsig, Sys.SigKill);
        // dup3 clears close-on-exec; on the same number it is EINVAL, so first away from 0..2.
        var from = (int)Sys.Call(SystemCall.fcntl, input, 0 /* F_DUPFD */, 10);
        var to = (int)Sys.Call(SystemCall.fcntl, output, 0, 10);
        var log = (int)Sys.Call(SystemCall.fcntl, error, 0, 10);
        Sys.Duplicate(from, 0);
        Sys.Duplicate(to, 1);
        Sys.Duplicate(log, 2);
        Sys.CloseFrom(3, 4);
        Sys.Execute(_path, _arguments, _environment);
        Sys.Exit(127);
        return 0;
    }

    /// <summary>Runs it to its end: its exit code, 128 + signal, or a negated errno.</summary>
    public int Run(int input, int output)
    {
        var pid = Start(input, output, output, dieWithParent: true);
        return pid < 0 ? pid : Wait(pid);
    }

    /// <summary>Waits with a direct call, which a forked child may use too.</summary>
    public static int Wait(int pid)
    {
        int status;
        nint result;
        do result = Sys.Call(SystemCall.wait4, pid, (nint)(&status));
        while (result == -(int)Errno.EINTR);
        if (result < 0) return (int)result;
        return (status & 0x7f) == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f);
    }
}
