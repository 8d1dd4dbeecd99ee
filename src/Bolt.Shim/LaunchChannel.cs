using System.Collections.Immutable;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>The shim's side of a launch: the control socket, the streams, and what the children have said so far.</summary>
internal sealed unsafe class LaunchChannel(ImmutableArray<LaunchStep> service) : IDisposable
{
    private readonly List<int> _children = [];
    private readonly Dictionary<LaunchWord, int[]> _descriptors = [];
    private int _control = -1, _status = -1, _input = -1, _output = -1, _error = -1;
    private uint _nestedUid;
    private bool _kept, _executing;

    public LaunchMessage? Failure { get; private set; }
    public int InitPid { get; private set; }

    public Errno Open(LaunchState* state, bool terminal, bool inputOpen)
    {
        var ends = stackalloc int[2];
        if (Sys.SocketPair(Sys.SockSeqPacket | Sys.SockCloseOnExec, ends) is < 0 and var refused)
            return refused.Error();
        _control = Above(ends[0]);
        state->ShimEnd = _control;
        state->Control = Child(ends[1]);
        if (Pipe(out _status, out state->Status) is var status and not Errno.None)
            return status;
        if (terminal)
            return Errno.None;
        if (inputOpen && Pipe(out var read, out _input) is var input)
        {
            if (input != Errno.None)
                return input;
            // Here the child's end is the reading one.
            (state->Input, _input) = (read, Swap(read, _input));
        }

        var result = Pipe(out _output, out state->Output);
        return result == Errno.None ? Pipe(out _error, out state->Error) : result;
    }

    /// <summary>The children's ends: while the shim holds one, its own end never sees the end of the stream.</summary>
    public void CloseChildren()
    {
        foreach (var fd in _children)
            Sys.Close(fd);
        _children.Clear();
    }

    public bool Go()
    {
        byte go = 1;
        return Sys.Send(_control, &go, 1, null, 0) == 1;
    }

    /// <summary>Next message; null at the end of the socket.</summary>
    public LaunchMessage? Next()
    {
        LaunchMessage message;
        var fds = stackalloc int[8];
        int count;
        if (Sys.Receive(_control, &message, (nuint)sizeof(LaunchMessage), fds, &count) < sizeof(LaunchMessage))
            return null;
        if (count > 0)
        {
            var kept = new int[count];
            for (var i = 0; i < count; i++)
                kept[i] = Above(fds[i]);
            _descriptors[message.Word] = kept;
        }

        if (message.Word == LaunchWord.Failed)
            Failure = message;
        _executing |= message.Word == LaunchWord.Executing;
        if (message.Word == LaunchWord.Init)
            InitPid = message.Value;
        if (message.Word == LaunchWord.Nested)
            _nestedUid = (uint)message.Value;
        return message;
    }

    /// <summary>
    /// What the process in between, which has ended, said: the pid that it forked, or a negative errno. What that child
    /// has said already may stand before it.
    /// </summary>
    public nint AwaitInit(int status)
    {
        while (InitPid == 0 && (status == 0 || Failure is null) && Next() is not null)
        {
        }

        return status == 0 && InitPid > 0 ? InitPid : -(int)Errno.ECHILD;
    }

    /// <summary>Null when the command was executed.</summary>
    public LaunchFailure? AwaitExecution(CapsuleSheet sheet)
    {
        while (Failure is null && Next() is not null)
        {
        }

        if (Failure is { } told)
            return Launcher.FailureOf(sheet, service, told.Section, told.Index, (Errno)told.Value);
        return _executing ? null : new LaunchFailure("start", "", Errno.ECHILD);
    }

    public LaunchedCapsule Launched(int init)
    {
        _kept = true;
        return new LaunchedCapsule
        {
            InitPid = init,
            Pidfd = (int)Sys.PidFdOpen(init),
            Status = _status,
            Input = _input,
            Output = _output,
            Error = _error,
            Terminal = One(LaunchWord.Terminal),
            Notify = One(LaunchWord.Notify),
            Namespaces = _descriptors[LaunchWord.Namespaces],
            Nested = One(LaunchWord.Nested),
            NestedUid = _nestedUid,
        };
    }

    public ExecutedProcess Executed(int pid)
    {
        _kept = true;
        Sys.Close(_status);
        return new ExecutedProcess
        {
            Pid = pid,
            Pidfd = (int)Sys.PidFdOpen(pid),
            Input = _input,
            Output = _output,
            Error = _error,
            Terminal = One(LaunchWord.Terminal),
        };
    }

    public void Dispose()
    {
        CloseChildren();
        Close(_control);
        if (_kept)
            return;
        foreach (var fd in (ReadOnlySpan<int>)[_status, _input, _output, _error])
            Close(fd);
        foreach (var fd in _descriptors.Values.SelectMany(fds => fds))
            Close(fd);
    }

    private int One(LaunchWord word) => _descriptors.TryGetValue(word, out var fds) ? fds[0] : -1;

    private static void Close(int fd)
    {
        if (fd >= 0)
            Sys.Close(fd);
    }

    private Errno Pipe(out int mine, out int child)
    {
        var ends = stackalloc int[2];
        mine = child = -1;
        if (Sys.Pipe(ends, Sys.OCloseOnExec) is < 0 and var refused)
            return refused.Error();
        // Programs reopen /dev/stdout; the pipe's owner is the host's user, who inside may be nobody.
        Sys.ChangeMode(ends[1], 0x1B6);
        mine = Above(ends[0]);
        child = Child(ends[1]);
        return Errno.None;
    }

    private int Swap(int read, int write)
    {
        _children.Remove(write);
        _children.Add(read);
        return write;
    }

    private int Child(int fd)
    {
        var above = Above(fd);
        _children.Add(above);
        return above;
    }

    // 0, 1 and 2 may be closed when the shim starts; children put their streams there.
    private static int Above(int fd)
    {
        if (fd > 2)
            return fd;
        var moved = (int)Sys.Call(SystemCall.fcntl, fd, 1030 /* F_DUPFD_CLOEXEC */, 3);
        Sys.Close(fd);
        return moved;
    }
}
