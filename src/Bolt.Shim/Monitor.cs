using System.Runtime.InteropServices;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>
/// Watches over one running capsule: one thread, one poll loop, no timers. It ends with the capsule, once whoever is
/// connected has been told.
/// </summary>
internal sealed unsafe partial class Monitor(CapsuleSheet sheet, LaunchedCapsule capsule, int listener, OutputLog log)
{
    private const int OwnerPipe = 0;

    private readonly List<MonitorClient> _clients = [];
    private readonly List<PollEntry> _entries = [];
    private readonly byte* _buffer = (byte*)NativeMemory.Alloc(MonitorMessage.MaxBytes + 1);
    private int _output = capsule.Terminal >= 0 ? capsule.Terminal : capsule.Output;
    private int _error = capsule.Error;
    private bool _ownerLeft = !sheet.DieWithOwner;
    private bool _killedForOwner;
    private bool _notified;
    private ExitRecord? _exit;

    public int Run()
    {
        foreach (var fd in (ReadOnlySpan<int>)[_output, _error, capsule.Input, capsule.Notify])
            if (fd >= 0)
                _ = Sys.SetNonBlocking(fd);
        // After the end only clients that have not taken their output yet keep this process.
        while (_exit is null || _clients.Count > 0)
        {
            Wait();
            Handle();
        }
        return 0;
    }

    private bool Holding()
    {
        foreach (var client in _clients)
            if (client.HasUnsent)
                return true;
        return false;
    }

    // The entries that Handle expects, in its order; -1 is skipped by poll(2).
    private void Wait()
    {
        var running = _exit is null;
        var held = Holding();
        _entries.Clear();
        _entries.Add(new PollEntry(running && !held ? _output : -1, PollEntry.In));
        _entries.Add(new PollEntry(running && !held ? _error : -1, PollEntry.In));
        _entries.Add(new PollEntry(running ? capsule.Notify : -1, PollEntry.In));
        _entries.Add(new PollEntry(running ? capsule.Pidfd : -1, PollEntry.In));
        _entries.Add(new PollEntry(running && _clients.Count < MaxClients ? listener : -1, PollEntry.In));
        _entries.Add(new PollEntry(_ownerLeft ? -1 : OwnerPipe, PollEntry.In));
        _entries.Add(new PollEntry(_inputLeft > 0 ? InputFd : -1, PollEntry.Out));
        foreach (var client in _clients)
        {
            _entries.Add(new PollEntry(client.Fd, Interest(client)));
            _entries.Add(new PollEntry(client.Command?.Pidfd ?? -1, PollEntry.In));
        }
        fixed (PollEntry* start = CollectionsMarshal.AsSpan(_entries))
            _ = Sys.Poll(start, _entries.Count, -1);
    }

    // A client whose input the capsule has not taken yet is not read further.
    private short Interest(MonitorClient client)
    {
        var interest = client.HasUnsent ? PollEntry.Out : (short)0;
        return client.Attached && _inputLeft > 0 ? interest : (short)(interest | PollEntry.In);
    }

    private void Handle()
    {
        if (Ready(0))
            ReadOutput(ref _output, isError: false);
        if (Ready(1))
            ReadOutput(ref _error, isError: true);
        if (Ready(2))
            ReadNotify();
        if (Ready(6))
            WriteInput();
        // Before new clients come: the order of clients is that of the entries.
        HandleClients();
        if (Ready(3))
            End();
        if (_exit is null && Ready(4))
            Accept();
        if (Ready(5))
            OwnerLeft();
        for (var i = _clients.Count - 1; i >= 0; i--)
            if (_clients[i].Closed)
                Drop(i);
    }

    private bool Ready(int entry) => _entries[entry].Returned != 0;

    private void OwnerLeft()
    {
        if (Sys.Read(OwnerPipe, _buffer, 256) > 0)
            return;
        _ownerLeft = true;
        _killedForOwner = true;
        if (_exit is null)
            _ = Sys.PidFdSignal(capsule.Pidfd, Sys.SigKill);
        else
            RemoveFolder();
    }

    private void ReadNotify()
    {
        // sd_notify(3): lines NAME=value; only READY=1 concerns us. Longer datagrams are cut by the read.
        while (true)
        {
            var got = Sys.Read(capsule.Notify, _buffer, 4096);
            if (got < 0)
                return;
            if (!_notified && SaysReady(new ReadOnlySpan<byte>(_buffer, (int)got)))
            {
                _notified = true;
                foreach (var client in _clients)
                    if (client.Watching)
                        client.Send(new MonitorMessage.Notified());
            }
        }
    }

    private static bool SaysReady(ReadOnlySpan<byte> datagram)
    {
        foreach (var line in datagram.Split((byte)'\n'))
            if (datagram[line].SequenceEqual("READY=1"u8))
                return true;
        return false;
    }
}
