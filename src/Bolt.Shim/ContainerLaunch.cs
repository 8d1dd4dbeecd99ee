using System.Globalization;
using System.Text;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>Makes a container, or a process in one, and says over the control socket how far it is.</summary>
internal sealed unsafe class ContainerLaunch : IDisposable
{
    private readonly ContainerSheet _sheet;
    private readonly LaunchMemory _memory;
    private readonly LaunchState* _state;
    private readonly int _control;
    private int _mine = -1;
    private LaunchFailure? _failure;

    public ContainerLaunch(ContainerSheet sheet, int control)
    {
        _sheet = sheet;
        _control = control;
        _memory = new LaunchMemory(sheet.Steps, sheet.Steps.Service, sheet.Steps.Command, sheet.Steps.Environment);
        _memory.AddContainer(sheet);
        _state = _memory.State;
        _state->HasTerminal = sheet.Steps.Terminal;
        (_state->Columns, _state->Rows) = (sheet.Columns, sheet.Rows);
    }

    /// <summary>The container's pid, once it awaits its start or, for a process in one, has been executed.</summary>
    public int Run(out LaunchFailure? failure)
    {
        if (!_sheet.Exec)
            ProcessTitle.Find(_state);
        var pid = Fork();
        if (pid > 0 && _failure is null)
            _failure = Await(pid);
        if (pid > 0 && _failure is not null)
        {
            int status;
            Sys.Kill(pid, Sys.SigKill);
            Sys.Wait(pid, &status, 0);
        }

        failure = _failure;
        return pid;
    }

    public void Dispose() => _memory.Dispose();

    private int Fork()
    {
        var ends = stackalloc int[2];
        if (Sys.SocketPair(Sys.SockSeqPacket | Sys.SockCloseOnExec, ends) is < 0 and var refused)
            return Fail("streams", refused);
        _mine = _state->ShimEnd = Above(ends[0]);
        _state->Control = Above(ends[1]);
        if (StepRunner.RunAll(_state, LaunchSection.Before, _state->Before) is < 0 and var before)
            return FailAt(before);
        var forked = _state->Beside.Count == 0 ? ForkInit(0) : ForkBetween();
        if (forked < 0)
            return _failure is null ? Fail("fork", forked) : 0;
        _state->InitPid = (int)forked;
        if (IdMapWriter.Write(_sheet, (int)forked) is { } unmapped)
            _failure = unmapped;
        else if (StepRunner.RunAll(_state, LaunchSection.Between, _state->Between) is < 0 and var between)
            FailAt(between);
        else if (!Go())
            Fail("fork", -(int)Errno.EPIPE);
        return (int)forked;
    }

    // The init needs to know its pid as the host sees it, for the state that its hooks read.
    private bool Go()
    {
        var pid = _state->InitPid;
        return Sys.Send(_mine, &pid, 4, null, 0) == 4;
    }

    private nint ForkInit(ulong flags)
    {
        var pid = Sys.Fork(flags | (_state->Namespaces & ~Sys.CloneNewCgroup));
        if (pid == 0)
            ContainerInit.Run(_state);
        if (flags == 0)
            CloseChild();
        return pid;
    }

    // While this process holds the child's end, its own never sees the end of the socket.
    private void CloseChild()
    {
        _ = Sys.Close(_state->Control);
        _state->Control = -1;
    }

    private nint ForkBetween()
    {
        var forked = Sys.Fork();
        if (forked == 0)
            JoinAndFork();
        if (forked < 0)
            return forked;
        CloseChild();
        int status;
        Sys.Wait((int)forked, &status, 0);
        while (status == 0 || _failure is null)
        {
            if (Next() is not { } message)
                break;
            if (message.Word == LaunchWord.Init)
                return message.Value;
        }

        return -(int)Errno.ECHILD;
    }

    private void JoinAndFork()
    {
        LaunchState.LeaveShimEnd(_state);
        // Before anything of a container can see it: /proc/PID/exe of this process is the shim, a file of the host.
        Sys.Prctl(Sys.PrSetDumpable, 0);
        var result = StepRunner.RunAll(_state, LaunchSection.Beside, _state->Beside);
        if (result < 0)
            LaunchState.Fail(_state, result);
        result = ForkInit(Sys.CloneParent);
        if (result < 0)
            LaunchState.Fail(_state, result);
        LaunchState.Tell(_state, LaunchWord.Init, (int)result);
        Sys.Exit(0);
    }

    private LaunchFailure? Await(int pid)
    {
        var executing = false;
        while (_failure is null && Next() is { } message)
        {
            if (message.Word == LaunchWord.Created)
                return null;
            executing |= message.Word == LaunchWord.Executing;
            if (message.Word != LaunchWord.Hooks)
                continue;
            ContainerMode.Answer(_control, new ShimReport(pid, "hooks", "", Errno.None));
            if (!HostDone())
                return new LaunchFailure("HostHooks", "", Errno.ECHILD);
        }

        return _failure ?? (executing ? null : new LaunchFailure("start", "", Errno.ECHILD));
    }

    private LaunchMessage? Next()
    {
        LaunchMessage message;
        var fds = stackalloc int[8];
        int count;
        if (Sys.Receive(_mine, &message, (nuint)sizeof(LaunchMessage), fds, &count) < sizeof(LaunchMessage))
            return null;
        if (message.Word == LaunchWord.Failed)
            _failure = Launcher.FailureOf(_sheet.Steps, _sheet.Steps.Service, message.Section, message.Index, (Errno)message.Value);
        if (count > 0)
            ContainerMode.Answer(_control, new ShimReport(0, message.Word == LaunchWord.Terminal ? "terminal" : "listener", "", Errno.None), fds, count);
        for (var i = 0; i < count; i++)
            Sys.Close(fds[i]);
        // A command's terminal is where it belongs before the command looks at it.
        if (message.Word == LaunchWord.Terminal && _sheet.Exec && !HostDone())
            _failure = new LaunchFailure("Terminal", "", Errno.ECHILD);
        return message;
    }

    // The host has done what it was told of, and the init may go on.
    private bool HostDone()
    {
        byte go;
        return Sys.ReadBlocking(_control, &go, 1) == 1 && Go();
    }

    private int FailAt(nint result)
    {
        _failure = Launcher.FailureOf(_sheet.Steps, _sheet.Steps.Service, _state->Section, _state->Index, result.Error());
        return 0;
    }

    private int Fail(string step, nint result)
    {
        _failure = new LaunchFailure(step, "", result.Error());
        return 0;
    }

    // Above the streams and what the command gets, whatever of it is open.
    private int Above(int fd)
    {
        if (fd > 2 + _sheet.Preserved)
            return fd;
        var moved = (int)Sys.Call(SystemCall.fcntl, fd, 1030 /* F_DUPFD_CLOEXEC */, 3 + _sheet.Preserved);
        Sys.Close(fd);
        return moved;
    }
}
