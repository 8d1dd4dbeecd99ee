using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

internal sealed unsafe partial class SandboxKeeper
{
    /// <summary>No owner and its successor ask more at once; the next one waits in the listener's queue.</summary>
    private const int MostClients = 16;

    /// <summary>Waits for one thing to happen and deals with it; false: it is time to end.</summary>
    private bool Serve()
    {
        var entries = stackalloc PollEntry[7 + MostClients];
        var clients = _clients.Count;
        entries[0] = new PollEntry(_sheet.DieWithOwner ? 0 : -1, PollEntry.In);
        entries[1] = new PollEntry(clients < MostClients ? _listener : -1, PollEntry.In);
        entries[2] = new PollEntry(_holderPidfd, PollEntry.In);
        entries[3] = new PollEntry(_pasta?.Fifo ?? -1, PollEntry.In);
        entries[4] = new PollEntry(_pasta?.Pidfd ?? -1, PollEntry.In);
        entries[5] = new PollEntry(_rulesAsked ? _control : -1, PollEntry.In);
        entries[6] = new PollEntry(_gate, PollEntry.In);
        for (var i = 0; i < clients; i++) entries[7 + i] = new PollEntry(_clients[i], PollEntry.In);
        if (Sys.Poll(entries, 7 + clients, -1) < 0) return false;

        if (entries[0].Returned != 0 && OwnerIsGone()) return false;
        if (entries[2].Returned != 0) return false;
        if (entries[3].Returned != 0) _pasta!.SeeFifo();
        if (entries[4].Returned != 0) RestartPasta();
        if (entries[5].Returned != 0) TakeRules();
        if (entries[6].Returned != 0) SeeGate();
        SeeSettled();
        for (var i = clients - 1; i >= 0; i--)
        {
            if (entries[7 + i].Returned != 0 && !Answer(_clients[i])) return false;
        }
        if (entries[1].Returned != 0 && Sys.Accept(_listener) is >= 0 and var client) _clients.Add((int)client);
        return true;
    }

    private bool OwnerIsGone()
    {
        var word = stackalloc byte[16];
        return _ownerDied = Sys.Read(0, word, 16) <= 0;
    }

    /// <summary>
    /// Somebody inside wants to leave. A kernel gives up after three questions, a second apart: at the third, the gate opens even
    /// when the uplink is not there yet, and what is sent meets the blackhole and is sent again.
    /// </summary>
    private void SeeGate()
    {
        const int almostThird = 1500;
        if (!SandboxGate.IsAsked(_gate, _sheet.Gateway)) return;
        if (_askedAt == 0)
        {
            _askedAt = Environment.TickCount64;
            _settled = AskRules(ref _rulesAsked);
        }
        else if (!_rulesAsked && Environment.TickCount64 - _askedAt >= almostThird)
        {
            OpenGate();
        }
    }

    private void OpenGate()
    {
        if (_gate < 0) return;
        Sys.Close(_gate);
        _gate = -1;
        var opened = Ask(HolderRequest.Open);
        if (_settled.Step == SandboxStep.None) _settled = opened;
    }

    /// <summary>
    /// Nothing is published, so members started before the rules were there; without them there was no uplink either, and
    /// nothing could come in or go out.
    /// </summary>
    private void TakeRules()
    {
        _rulesAsked = false;
        _settled = HolderAnswers();
        if (_settled.Step != SandboxStep.None) return;
        _settled = _sheet.Uplink switch
        {
            UplinkKind.Pasta => Pasta(),
            UplinkKind.Veth => Veth(),
            _ => default,
        };
        Record();
    }

    /// <summary>Whether it is known how the way out turned out; then the gate opens, and whoever asked hears of it.</summary>
    private void SeeSettled()
    {
        var unasked = _gate >= 0 && _askedAt == 0;
        if (unasked || _rulesAsked || _pasta is { Pidfd: >= 0, Ready: false }) return;
        OpenGate();
        foreach (var client in _curious) TellSettled(client);
        _curious.Clear();
    }

    private void TellSettled(int client)
    {
        if (_settled.Step == SandboxStep.None) Write(client, "ok " + Number(_holder) + "\n");
        else Report(client, _settled.Step, _settled.Error, _settled.Argument);
    }

    /// <summary>One that never became ready would fail the same way again; it stays away, and the log has its words.</summary>
    private void RestartPasta()
    {
        var wasReady = _pasta!.Ready;
        var code = _pasta.End();
        if (wasReady) _pasta.Start();
        else _settled = new(SandboxStep.Uplink, code);
        Record();
    }

    private bool Answer(int client)
    {
        var descriptors = stackalloc int[8];
        var request = stackalloc byte[1];
        var count = 0;
        if (Sys.Receive(client, request, 1, descriptors, &count) <= 0)
        {
            _clients.Remove(client);
            _curious.Remove(client);
            Sys.Close(client);
            return true;
        }
        switch ((KeeperRequest)request[0])
        {
            case KeeperRequest.Resolver:
                var sockets = stackalloc int[2] { _udp, _tcp };
                Sys.Send(client, request, 1, sockets, 2);
                break;
            case KeeperRequest.Stream or KeeperRequest.Datagram or KeeperRequest.Route:
                OpenForNeighbour();
                SendSocket(client, request);
                break;
            case KeeperRequest.Update when count == 1:
                var failure = Update(descriptors[0]);
                if (failure.Step == SandboxStep.None) Write(client, "ok " + Number(_holder) + "\n");
                else Report(client, failure.Step, failure.Error, failure.Argument);
                break;
            case KeeperRequest.Settled:
                _curious.Add(client);
                SeeSettled();
                break;
            case KeeperRequest.Quit:
                return false;
        }
        for (var i = 0; i < count; i++) Sys.Close(descriptors[i]);
        return true;
    }

    /// <summary>Members answer what comes from the gateway's address, and would find the gate shut.</summary>
    private void OpenForNeighbour()
    {
        if (_gate >= 0 && _askedAt == 0)
        {
            _askedAt = Environment.TickCount64;
            _settled = AskRules(ref _rulesAsked);
        }
        if (_rulesAsked) TakeRules();
        OpenGate();
    }

    private void SendSocket(int client, byte* request)
    {
        var kind = (KeeperRequest)request[0] switch
        {
            KeeperRequest.Stream => HolderRequest.Stream,
            KeeperRequest.Datagram => HolderRequest.Datagram,
            _ => HolderRequest.Route,
        };
        if (SendToHolder(kind).Step != SandboxStep.None) return;
        var fds = stackalloc int[8];
        HolderAnswer answer;
        var count = 0;
        Sys.Receive(_control, &answer, (nuint)sizeof(HolderAnswer), fds, &count);
        Sys.Send(client, request, 1, fds, count);
        for (var i = 0; i < count; i++) Sys.Close(fds[i]);
    }

    private Failure Update(int memoryFile)
    {
        SandboxSheet next;
        try
        {
            using var stream = new FileStream(new Microsoft.Win32.SafeHandles.SafeFileHandle(memoryFile, ownsHandle: false), FileAccess.Read, 0);
            next = SandboxSheet.Read(SheetReader.FromStream(stream) ?? throw new InvalidDataException("empty"));
        }
        catch (InvalidDataException)
        {
            return new(SandboxStep.Sheet, -(int)Errno.EINVAL);
        }
        if (_rulesAsked) TakeRules();
        var pastaStays = _pasta is not null && _sheet.PastaArguments.SequenceEqual(next.PastaArguments);
        _sheet = next;
        var unasked = _gate >= 0 && _askedAt == 0;
        // Nobody has wanted out so far; whoever does will find the new rules.
        if (unasked && !next.WaitForUplink) return Record();
        if (Rules() is { Step: not SandboxStep.None } refused) return refused;
        if (_sheet.Uplink == UplinkKind.Veth && (_hostTouched ? HostSide() : Veth()) is { Step: not SandboxStep.None } host) return host;
        if (_sheet.Uplink == UplinkKind.Pasta && !pastaStays && (unasked || _pasta is not null) && RenewPasta() is { Step: not SandboxStep.None } unready) return unready;
        if (unasked) OpenGate();
        return Record();
    }

    /// <summary>pasta takes its ports from its command line alone, so open connections through the old one end here.</summary>
    private Failure RenewPasta()
    {
        _pasta?.End();
        return Pasta() is { Step: not SandboxStep.None } unstarted ? unstarted
            : _sheet.WaitForUplink ? AwaitUplink()
            : default;
    }

    /// <summary>Takes away all that was made, whatever of it there is.</summary>
    private void End()
    {
        _pasta?.End();
        if (_hostTouched)
        {
            SandboxVeth.Delete(_sheet);
            SandboxRules.Load(_sheet.Nft, _sheet.HostRulesEnd, _log);
        }
        if (_holder > 0)
        {
            if (_holderPidfd >= 0) Sys.PidFdSignal(_holderPidfd, Sys.SigKill);
            Sys.Close(_control);
            SandboxProgram.Wait(_holder);
        }
        foreach (var file in _sheet.Files) Sys.Unlink(Sys.AtFdCwd, SandboxMemory.Text(file));
    }
}
