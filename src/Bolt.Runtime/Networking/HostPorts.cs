using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Bolt.Networking;

/// <summary>Asks the kernel whether a host port can be had, and /proc who has it.</summary>
internal static class HostPorts
{
    public static PortFinding Check(PublishedPort port)
    {
        using var socket = new Socket(
            port.HostAddress.AddressFamily, port.Udp ? SocketType.Dgram : SocketType.Stream, port.Udp ? ProtocolType.Udp : ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(port.HostAddress, port.HostPort));
            // bind(2) with SO_REUSEADDR, which .NET sets for TCP, passes beside a socket that is bound and does not listen yet.
            if (!port.Udp) socket.Listen(1);
            return new PortFinding.Free(((IPEndPoint)socket.LocalEndPoint!).Port);
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode switch
            {
                SocketError.AccessDenied => new PortFinding.Denied(FirstAllowed()),
                SocketError.AddressNotAvailable => new PortFinding.NoSuchAddress(),
                _ => new PortFinding.InUse(Holder(port)),
            };
        }
    }

    private static int FirstAllowed() =>
        int.TryParse(ReadOrEmpty("/proc/sys/net/ipv4/ip_unprivileged_port_start"), NumberStyles.Integer, CultureInfo.InvariantCulture, out var first) ? first : 1024;

    private static string? Holder(PublishedPort port)
    {
        var table = port.Udp ? "udp" : "tcp";
        var inodes = Inodes(ReadOrEmpty("/proc/net/" + table), port).Concat(Inodes(ReadOrEmpty($"/proc/net/{table}6"), port)).ToHashSet();
        return inodes.Count == 0 ? null : Directory.EnumerateDirectories("/proc").Select(folder => HolderAt(folder, inodes)).FirstOrDefault(h => h is not null);
    }

    /// <summary>
    /// proc_net_tcp(5): "sl local_address rem_address st … uid timeout inode"; local_address ends with ":" and the port as
    /// four hex digits; st 0A is listening, a bound UDP socket has 07.
    /// </summary>
    internal static IEnumerable<string> Inodes(string table, PublishedPort port)
    {
        var end = ":" + port.HostPort.ToString("X4", CultureInfo.InvariantCulture);
        return table.Split('\n').Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(f => f.Length > 9 && f[1].EndsWith(end, StringComparison.Ordinal) && (port.Udp || f[3] == "0A"))
            .Select(f => f[9]);
    }

    private static string? HolderAt(string folder, HashSet<string> inodes)
    {
        if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)) return null;
        try
        {
            var holds = Directory.EnumerateFiles(folder + "/fd")
                .Any(fd => new FileInfo(fd).LinkTarget is { } link && link.StartsWith("socket:[", StringComparison.Ordinal) && inodes.Contains(link[8..^1]));
            return holds ? $"{ReadOrEmpty(folder + "/comm").Trim()} (pid {pid})" : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string ReadOrEmpty(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
