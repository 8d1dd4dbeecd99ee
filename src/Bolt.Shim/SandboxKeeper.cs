using System.Globalization;
using System.Text;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>What a client of the control socket asks, one byte a packet.</summary>
internal enum KeeperRequest : byte
{
    /// <summary>Answered with the resolver's two sockets.</summary>
    Resolver = (byte)'R',
    /// <summary>A new sheet comes as a memory file: other rules and ports. Answered with a report.</summary>
    Update = (byte)'U',
    /// <summary>Answered with a report once a member wanted out and the uplink is ready, or with what failed of it.</summary>
    Settled = (byte)'S',
    /// <summary>Answered with a new socket of the stack's network namespace.</summary>
    Stream = (byte)'T', Datagram = (byte)'D', Route = (byte)'N',
    /// <summary>End all; answered by the end of the connection.</summary>
    Quit = (byte)'Q',
}

/// <summary>
/// The sandbox's part on the host side. It makes the holder of the namespaces, supervises the uplink, hands out the
/// resolver's sockets, and takes everything away at the end. It uses no timer and one thread.
/// </summary>
internal sealed unsafe partial class SandboxKeeper(SandboxSheet sheet)
{
    private readonly List<int> _clients = [];
    private readonly Dictionary<SandboxPort, int> _ports = [];
    private SandboxSheet _sheet = sheet;
    private SandboxPasta? _pasta;
    private bool _hostTouched, _ownerDied;
    private readonly List<int> _curious = [];
    private bool _rulesAsked;
    private long _askedAt;
    private Failure _settled;
    private int _log = -1, _listener = -1, _holder, _holderPidfd = -1, _control = -1, _udp = -1, _tcp = -1, _gate = -1;

    public int Run()
    {
        var failure = Start();
        if (failure.Step == SandboxStep.None) failure = Record();
        if (failure.Step != SandboxStep.None)
        {
            End();
            Report(1, failure.Step, failure.Error, failure.Argument);
            if (_ownerDied) new SandboxRemoval(_sheet).Run();
            return 1;
        }
        Write(1, "ok " + Number(_holder) + "\n");
        LetGoOfOwner();
        while (Serve())
        {
        }
        End();
        // A failed start leaves its log for the owner to read; a finished run leaves nothing.
        Sys.Unlink(Sys.AtFdCwd, SandboxMemory.Text("sandbox.log"));
        Sys.RemoveFolder(SandboxMemory.Text(_sheet.Folder));
        if (_ownerDied) new SandboxRemoval(_sheet).Run();
        return 0;
    }

    /// <summary>One line on a descriptor: err STEP ERROR ARGUMENT.</summary>
    public static void Report(int fd, SandboxStep step, int error, int argument) => Write(fd, $"err {(int)step} {error} {argument}\n");

    private Failure Start()
    {
        if (Files() is var files && files < 0) return new(SandboxStep.Files, files);
        if (Namespaces() is { Step: not SandboxStep.None } unmade) return unmade;
        if (Ask(HolderRequest.Begin) is { Step: not SandboxStep.None } unset) return unset;
        if (_sheet.SandboxRules.Length == 0) return default;
        // No one waits for the rest; without a gate to hear of it, it is made at once.
        if (!_sheet.WaitForUplink) return _gate >= 0 ? default : AskRules(ref _rulesAsked);

        // Started before the rules are loaded: both take their 10 ms at the same time, and there are no members yet.
        if (_sheet.Uplink == UplinkKind.Pasta && Pasta() is { Step: not SandboxStep.None } unstarted) return unstarted;
        if (Rules() is { Step: not SandboxStep.None } refused) return refused;
        if (_sheet.Uplink == UplinkKind.Veth && Veth() is { Step: not SandboxStep.None } veth) return veth;
        return _pasta is not null ? AwaitUplink() : default;
    }

    private nint Files()
    {
        if (Sys.ChangeFolder(SandboxMemory.Text(_sheet.Folder)) is < 0 and var folder) return folder;
        // Held as long as this process lives, for whoever waits for its end.
        if (Sys.Open(SandboxMemory.Text("."), Sys.OReadOnly | Sys.ODirectory | Sys.OCloseOnExec) is >= 0 and var here) Sys.Lock((int)here, 2 | 4);
        Sys.Umask(0x3f); // 077: the socket and the log are for this user
        _log = (int)Sys.Open(SandboxMemory.Text("sandbox.log"), Sys.OWriteOnly | Sys.OCreate | Sys.OAppend | Sys.OCloseOnExec, 0x180);
        if (_log < 0) return _log;
        _listener = (int)Sys.Socket(Sys.AfUnix, Sys.SockSeqPacket | Sys.SockCloseOnExec, 0);
        if (_listener < 0) return _listener;
        // A name relative to the working folder: a path would have to fit into 107 bytes.
        var name = SandboxMemory.Text("sandbox.sock");
        Sys.Unlink(Sys.AtFdCwd, name);
        var address = stackalloc byte[110];
        new Span<byte>(address, 110).Clear();
        *(ushort*)address = Sys.AfUnix;
        var length = Native.Length(name);
        new Span<byte>(name, length).CopyTo(new Span<byte>(address + 2, length));
        var bound = Sys.Bind(_listener, address, (uint)(2 + length + 1));
        return bound < 0 ? bound : Sys.Listen(_listener, 16);
    }

    private Failure Namespaces()
    {
        var ends = stackalloc int[2];
        if (Sys.SocketPair(Sys.SockSeqPacket | Sys.SockCloseOnExec, ends) is < 0 and var pair) return new(SandboxStep.Files, pair);
        var holder = new SandboxHolder(_sheet);
        _holder = (int)Sys.Fork(Sys.CloneNewUser | Sys.CloneNewNet);
        if (_holder < 0) return new(SandboxStep.Namespaces, _holder);
        if (_holder == 0)
        {
            Sys.Close(ends[0]);
            // Nothing of the owner may be held open by a process that outlives it.
            Sys.Close(0);
            Sys.Close(1);
            Sys.Close(2);
            Sys.Close(_listener);
            holder.Run(ends[1]);
        }
        Sys.Close(ends[1]);
        _control = ends[0];
        _holderPidfd = (int)Sys.PidFdOpen(_holder);
        return IdMapWriter.Write(_sheet.Ids, _sheet.MapWay, _holder) is { } refused ? new(SandboxStep.IdMap, -(int)refused.Errno) : default;
    }

    private Failure Rules()
    {
        var asked = false;
        var sent = AskRules(ref asked);
        return asked ? HolderAnswers() : sent;
    }

    private Failure AskRules(ref bool asked)
    {
        var file = SandboxRules.File(_sheet.SandboxRules);
        if (file < 0) return new(SandboxStep.Rules, file);
        var sent = SendToHolder(HolderRequest.Rules, file, _log);
        Sys.Close(file);
        asked = sent.Step == SandboxStep.None;
        return sent;
    }

    private Failure Pasta()
    {
        _pasta = new SandboxPasta(_sheet, _holder, _log);
        return _pasta.Start() is < 0 and var unstarted ? new(SandboxStep.Uplink, unstarted) : default;
    }

    private Failure Veth()
    {
        _hostTouched = true;
        if (SandboxVeth.Create(_sheet, _holder) is < 0 and var veth) return new(SandboxStep.Uplink, veth);
        if (Ask(HolderRequest.Uplink) is { Step: not SandboxStep.None } inside) return inside;
        return HostSide();
    }

    /// <summary>Ports are kept before rules lead them away, so that a port of somebody else is never taken over.</summary>
    private Failure HostSide()
    {
        if (SandboxPorts.Keep(_ports, _sheet.Ports, out var error) is >= 0 and var place) return new(SandboxStep.Port, -(int)error, place);
        return SandboxRules.Load(_sheet.Nft, _sheet.HostRules, _log) is not 0 and var rules ? new(SandboxStep.HostRules, rules) : default;
    }

    /// <summary>The owner's end, pasta's end or pasta's word, whichever comes first.</summary>
    private Failure AwaitUplink()
    {
        var entries = stackalloc PollEntry[3];
        while (!_pasta!.Ready)
        {
            entries[0] = new PollEntry(_pasta.Fifo, PollEntry.In);
            entries[1] = new PollEntry(_pasta.Pidfd, PollEntry.In);
            entries[2] = new PollEntry(_sheet.DieWithOwner ? 0 : -1, PollEntry.In);
            if (Sys.Poll(entries, 3, -1) is < 0 and var error) return new(SandboxStep.Uplink, error);
            if (entries[0].Returned != 0) _pasta.SeeFifo();
            if (_pasta.Ready) break;
            if (entries[1].Returned != 0) return new(SandboxStep.Uplink, _pasta.End());
            if (entries[2].Returned == 0) continue;
            _ownerDied = true;
            return new(SandboxStep.Uplink, -(int)Errno.EPIPE);
        }
        return default;
    }

    /// <summary>Written beside and renamed, before the owner hears of it: a dead owner's successor finds all there is.</summary>
    private Failure Record()
    {
        var text = _sheet.Record + Line("keeper ", (int)Sys.GetPid()) + Line("holder ", _holder);
        if (_pasta is { Pidfd: >= 0 }) text += Line("pasta ", _pasta.Pid);
        fixed (byte* beside = "sandbox.new\0"u8, path = "sandbox\0"u8)
        {
            var file = (int)Sys.Open(beside, Sys.OWriteOnly | Sys.OCreate | Sys.OTruncate | Sys.OCloseOnExec, 0x180);
            if (file < 0) return new(SandboxStep.Files, file);
            var written = StandardStreams.WriteAll(file, Encoding.UTF8.GetBytes(text));
            Sys.Close(file);
            return written && Sys.Rename(beside, path) >= 0 ? default : new(SandboxStep.Files, -(int)Errno.EIO);
        }
    }

    private static string Line(string name, int pid) => string.Concat(name, Number(pid), " ", Number(ProcessStart.Of(pid))) + "\n";

    // Not interpolated: that would set up pools of buffers, at the cost of a tenth of this process's start.
    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private void LetGoOfOwner()
    {
        var none = (int)Sys.Open(SandboxMemory.Text("/dev/null"), Sys.OReadWrite | Sys.OCloseOnExec);
        if (!_sheet.DieWithOwner) Sys.Duplicate(none, 0);
        Sys.Duplicate(none, 1);
        Sys.Duplicate(none, 2);
        Sys.Close(none);
    }

    private Failure Ask(HolderRequest request) =>
        SendToHolder(request) is { Step: not SandboxStep.None } unsent ? unsent : HolderAnswers();

    private Failure SendToHolder(HolderRequest request, params ReadOnlySpan<int> descriptors)
    {
        var fds = stackalloc int[8];
        for (var i = 0; i < descriptors.Length; i++) fds[i] = descriptors[i];
        return Sys.Send(_control, &request, 1, fds, descriptors.Length) is < 0 and var sent ? new(SandboxStep.Holder, sent) : default;
    }

    private Failure HolderAnswers()
    {
        var fds = stackalloc int[8];
        HolderAnswer answer;
        var count = 0;
        if (Sys.Receive(_control, &answer, (nuint)sizeof(HolderAnswer), fds, &count) != sizeof(HolderAnswer))
            return new(SandboxStep.Holder, -(int)Errno.ESRCH);
        if (count >= 2) (_udp, _tcp) = (fds[0], fds[1]);
        if (count == 3) _gate = fds[2];
        return answer.Result == 0 ? default : new((SandboxStep)answer.Step, answer.Result);
    }

    private static void Write(int fd, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* start = bytes) Sys.WriteBlocking(fd, start, (nuint)bytes.Length);
    }

    /// <summary>Error: a negated errno, or a program's exit code.</summary>
    private readonly record struct Failure(SandboxStep Step, nint Result, int Argument = 0)
    {
        public int Error => (int)Result;
    }
}
