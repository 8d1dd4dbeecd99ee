using Bolt.Kernel;

namespace Bolt.Shim;

/// <summary>Runs a hook in the init's namespaces: after the fork nothing may be allocated.</summary>
internal static unsafe class ContainerHooks
{
    public static nint Run(LaunchState* state, NativeHook* hook)
    {
        var ends = stackalloc int[2];
        var result = Sys.Pipe(ends, Sys.OCloseOnExec);
        if (result < 0)
            return result;
        var child = Sys.Fork();
        if (child == 0)
            Execute(state, hook, ends[0]);
        Sys.Close(ends[0]);
        if (child > 0)
            WriteState(state, hook, ends[1]);
        Sys.Close(ends[1]);
        return child < 0 ? child : Await((int)child, hook->TimeoutSeconds);
    }

    /// <summary>Asks whoever launches to run the hooks of the host, and waits.</summary>
    public static nint AwaitHost(LaunchState* state)
    {
        LaunchState.Tell(state, LaunchWord.Hooks, 0);
        int pid;
        return Sys.Read(state->Control, &pid, 4) == 4 ? 0 : -(int)Errno.ECHILD;
    }

    private static void Execute(LaunchState* state, NativeHook* hook, int input)
    {
        Sys.ResetSignals();
        var output = Sys.Open(Native.Literal("/dev/null"u8), Sys.OReadWrite | Sys.OCloseOnExec);
        Sys.Duplicate(input, 0);
        if (output >= 0)
        {
            // What the container says is its command's alone.
            Sys.Duplicate((int)output, 1);
            Sys.Duplicate((int)output, 2);
        }

        Sys.CloseFrom(3, 4 /* CLOSE_RANGE_CLOEXEC */);
        Sys.Exit(Sys.Execute(hook->Path, hook->Arguments, hook->Environment) == -(int)Errno.ENOENT ? 127 : 126);
    }

    private static void WriteState(LaunchState* state, NativeHook* hook, int output)
    {
        // A hook that ends without having read breaks the pipe.
        Sys.IgnoreSignal(Sys.SigPipe);
        var digits = stackalloc byte[24];
        Native.AppendNumber(digits, digits + 24, (ulong)state->InitPid);
        if (Write(output, hook->Head) && Write(output, digits))
            Write(output, hook->Tail);
    }

    private static bool Write(int fd, byte* text)
    {
        var length = Native.Length(text);
        while (length > 0)
        {
            var written = Sys.Write(fd, text, (nuint)length);
            if (written <= 0)
                return false;
            text += written;
            length -= (int)written;
        }

        return true;
    }

    private static nint Await(int child, int timeoutSeconds)
    {
        if (timeoutSeconds > 0)
        {
            var pidfd = Sys.PidFdOpen(child);
            var entry = new PollEntry((int)pidfd, PollEntry.In);
            var ended = pidfd < 0 ? 1 : Sys.Call(SystemCall.poll, (nint)(&entry), 1, timeoutSeconds * 1000);
            if (ended == 0)
                Sys.Kill(child, Sys.SigKill);
            if (pidfd >= 0)
                Sys.Close((int)pidfd);
            if (ended == 0)
            {
                Sys.Call(SystemCall.wait4, child, 0, 0, 0);
                return -(int)Errno.ETIMEDOUT;
            }
        }

        int status;
        var result = Sys.Call(SystemCall.wait4, child, (nint)(&status), 0, 0);
        return result < 0 ? result : status switch
        {
            0 => 0,
            127 << 8 => -(int)Errno.ENOENT,
            126 << 8 => -(int)Errno.EACCES,
            _ => -(int)Errno.ECHILD,
        };
    }
}
