using System.Net.Sockets;
using System.Text;
using Bolt.Diagnostics;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Networking;

/// <summary>Asks a running sandbox over its control socket; one packet, one answer.</summary>
internal static class SandboxControl
{
    public static (Socket Udp, Socket Tcp) ResolverSockets(string folder)
    {
        using var connection = Connect(folder) ?? throw new BoltException(NetworkErrors.SandboxEnded(null));
        Span<byte> answer = stackalloc byte[16];
        if (UnixPackets.Send(connection, (byte)'R') != Errno.None || UnixPackets.Receive(connection, answer, out var sockets) == 0 || sockets.Length != 2)
            throw new BoltException(NetworkErrors.SandboxEnded(null));
        return (Adopt(sockets[0]), Adopt(sockets[1]));
    }

    /// <summary>A new socket of the sandbox's network namespace: 'T' TCP, 'D' UDP, 'N' rtnetlink.</summary>
    public static int NewSocket(string folder, char kind)
    {
        using var connection = Connect(folder) ?? throw new BoltException(NetworkErrors.SandboxEnded(null));
        Span<byte> answer = stackalloc byte[16];
        if (UnixPackets.Send(connection, (byte)kind) != Errno.None || UnixPackets.Receive(connection, answer, out var sockets) == 0 || sockets.Length != 1)
            throw new BoltException(NetworkErrors.SandboxEnded(null));
        return sockets[0];
    }

    /// <summary>The sandbox's report; null when it is gone.</summary>
    public static string? Update(string folder, SandboxSheet sheet)
    {
        using var connection = Connect(folder);
        using var file = UnixPackets.MemoryFile(sheet.ToMessage());
        if (connection is null || file is null || UnixPackets.Send(connection, (byte)'U', file.Number) != Errno.None) return null;
        Span<byte> answer = stackalloc byte[128];
        var length = UnixPackets.Receive(connection, answer, out _);
        return Encoding.ASCII.GetString(answer[..length]).TrimEnd('\n');
    }

    /// <summary>The sandbox's report once a member wanted out and rules and uplink are there or have failed; null when it is gone.</summary>
    public static async Task<string?> SettledAsync(string folder, CancellationToken cancel)
    {
        using var connection = Connect(folder);
        if (connection is null || UnixPackets.Send(connection, (byte)'S') != Errno.None) return null;
        await FdEvents.ReadableAsync(connection.Number, cancel).ConfigureAwait(false);
        var answer = new byte[128];
        var length = UnixPackets.Receive(connection, answer, out _);
        return length == 0 ? null : Encoding.ASCII.GetString(answer, 0, length).TrimEnd('\n');
    }

    /// <summary>Returns when the sandbox has taken all away and ended, also when it was gone before.</summary>
    public static void Quit(string folder)
    {
        using var connection = Connect(folder);
        if (connection is null || UnixPackets.Send(connection, (byte)'Q') != Errno.None) return;
        Span<byte> answer = stackalloc byte[1];
        UnixPackets.Receive(connection, answer, out _);
    }

    private static Fd? Connect(string folder) => UnixPackets.Connect(folder, NetworkNames.ControlSocket, out _);

    public static Socket Adopt(int descriptor) => new(new SafeSocketHandle(descriptor, ownsHandle: true));
}
