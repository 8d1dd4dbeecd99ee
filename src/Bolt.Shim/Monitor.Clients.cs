using System.Collections.Immutable;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

internal sealed unsafe partial class Monitor
{
    /// <summary>Each may need two descriptors, and 1024 is the usual limit; whoever comes later waits in the backlog.</summary>
    private const int MaxClients = 256;
    private const int FirstClientEntry = 7;

    private void Accept()
    {
        while (_clients.Count < MaxClients && Sys.Accept(listener) is >= 0 and var accepted)
        {
            var fd = (int)accepted;
            var peer = Sys.PeerUid(fd);
            if ((peer != Sys.EffectiveUid() && peer != 0) || Sys.SetNonBlocking(fd) < 0)
                _ = Sys.Close(fd);
            else
                _clients.Add(new MonitorClient(fd));
        }
    }

    private void HandleClients()
    {
        var count = (_entries.Count - FirstClientEntry) / 2;
        for (var i = 0; i < count; i++)
        {
            var client = _clients[i];
            var returned = _entries[FirstClientEntry + i * 2].Returned;
            if ((returned & PollEntry.Out) != 0)
                client.SendUnsent();
            if ((returned & ~PollEntry.Out) != 0)
                Receive(client);
            if (Ready(FirstClientEntry + i * 2 + 1))
                EndCommand(client);
        }
    }

    private void Receive(MonitorClient client)
    {
        var descriptors = stackalloc int[8];
        int count;
        var got = Sys.Receive(client.Fd, _buffer, MonitorMessage.MaxBytes + 1, descriptors, &count);
        for (var i = 0; i < count; i++)
            _ = Sys.Close(descriptors[i]);
        if (got.Error() == Errno.EAGAIN)
            return;
        if (got <= 0 || MonitorCodec.Read(new ReadOnlySpan<byte>(_buffer, (int)got)) is not { } message)
            client.Abandon();
        else if (!client.Done)
            Answer(client, message);
    }

    private void Answer(MonitorClient client, MonitorMessage message)
    {
        switch (message)
        {
            case MonitorMessage.Watch:
                client.Watching = true;
                client.Send(new MonitorMessage.Running(sheet.Id, capsule.InitPid, sheet.StopSignal, sheet.Terminal, _notified));
                break;
            case MonitorMessage.Follow:
                client.Following = true;
                client.Tick(GrewPacket);
                break;
            case MonitorMessage.Signal(var number) when number is > 0 and <= 64:
                _ = Sys.PidFdSignal(client.Command?.Pidfd ?? capsule.Pidfd, number);
                break;
            case MonitorMessage.Exec exec when client.Command is null:
                Execute(client, exec);
                break;
            case MonitorMessage.Attach(var columns, var rows):
                Attach(client, columns, rows);
                break;
            case MonitorMessage.Input(var bytes) when client.Attached:
                TakeInput(bytes);
                break;
            case MonitorMessage.InputEnd when client.Attached:
                EndInput();
                break;
            case MonitorMessage.Resize(var columns, var rows) when client.Attached:
                Resize(columns, rows);
                break;
            default:
                client.Abandon();
                break;
        }
    }

    private void Attach(MonitorClient client, ushort columns, ushort rows)
    {
        // The log then holds all that came so far, a prompt without a line end included.
        if (log.Flush())
            TellFollowers();
        client.Attached = true;
        client.Send(new MonitorMessage.Attached(log.Size));
        Resize(columns, rows);
    }

    private void Resize(ushort columns, ushort rows)
    {
        if (capsule.Terminal >= 0 && columns > 0 && rows > 0)
            _ = Sys.SetTerminalSize(capsule.Terminal, columns, rows);
    }

    private void Execute(MonitorClient client, MonitorMessage.Exec exec)
    {
        var command = Launch(exec, out var failure);
        if (command is null)
        {
            client.Send(new MonitorMessage.Failed(failure!.Step, failure.Argument, (int)failure.Errno));
            client.Done = true;
            return;
        }
        client.Command = command;
        // The client reads and writes them itself: no output of a command passes through this process.
        Span<int> all = [command.Terminal, command.Output, command.Error, command.Input];
        var streams = all[..0];
        foreach (var fd in all)
            if (fd >= 0)
                (streams = all[..(streams.Length + 1)])[^1] = fd;
        client.Send(new MonitorMessage.ExecStarted(command.Pid), streams);
        foreach (var fd in streams)
            _ = Sys.Close(fd);
    }

    private ExecutedProcess? Launch(MonitorMessage.Exec exec, out LaunchFailure? failure)
    {
        LaunchFailure? failed = null;
        var command = FirstThread.Run(() => LaunchHere(exec, out failed));
        failure = failed;
        return command;
    }

    private ExecutedProcess? LaunchHere(MonitorMessage.Exec exec, out LaunchFailure? failure)
    {
        try
        {
            return Launcher.Exec(
                sheet, capsule, exec.Command, Merge(sheet.Environment, exec.Environment), Given(exec.User), Given(exec.WorkingDirectory),
                exec.Terminal, exec.InputOpen, exec.Columns, exec.Rows, out failure);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // One command that cannot join its cgroup must not end the monitor, and with it the capsule.
            failure = new LaunchFailure("join its cgroup", e.Message, Errno.EIO);
            return null;
        }
    }

    private void EndCommand(MonitorClient client)
    {
        int status;
        if (client.Command is not { } command || Sys.Wait(command.Pid, &status, 1) <= 0)
            return;
        _ = Sys.Close(command.Pidfd);
        client.Command = null;
        client.Send(new MonitorMessage.Exited(ExitRecord.FromWaitStatus(status, false, NowMicroseconds())));
        client.Done = true;
    }

    private void Drop(int index)
    {
        var client = _clients[index];
        if (client.Command is { } command)
        {
            // Its caller is gone. The connection is closed once the command is collected.
            _ = Sys.PidFdSignal(command.Pidfd, Sys.SigKill);
            int status;
            _ = Sys.Wait(command.Pid, &status, 0);
            _ = Sys.Close(command.Pidfd);
        }
        _ = Sys.Close(client.Fd);
        _clients.RemoveAt(index);
    }

    private static string? Given(string text) => text.Length == 0 ? null : text;

    // A name that the command brings replaces the capsule's.
    private static ImmutableArray<string> Merge(ImmutableArray<string> inherited, IReadOnlyList<string> own)
    {
        if (own.Count == 0)
            return inherited;
        var merged = ImmutableArray.CreateBuilder<string>(inherited.Length + own.Count);
        foreach (var variable in inherited)
        {
            var name = variable.AsSpan(0, variable.IndexOf('=') + 1);
            var replaced = false;
            foreach (var other in own)
                replaced |= other.AsSpan().StartsWith(name, StringComparison.Ordinal);
            if (!replaced)
                merged.Add(variable);
        }
        merged.AddRange(own);
        return merged.ToImmutable();
    }
}
