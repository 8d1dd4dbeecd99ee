using System.Buffers.Text;

namespace Bolt.Kernel;

/// <summary>The listening TCP sockets of a process's network namespace, as proc_pid_net(5) shows them.</summary>
internal static class SocketTable
{
    private const int LargestTable = 4 << 20;

    /// <summary>Some TCP socket of that namespace, IPv4 or IPv6, listens on the port. False when the process is gone.</summary>
    public static bool IsListening(int pid, int port) => IsIn($"/proc/{pid}/net/tcp", port) || IsIn($"/proc/{pid}/net/tcp6", port);

    private static bool IsIn(string path, int port)
    {
        byte[] table;
        try
        {
            using var file = File.OpenHandle(path);
            table = new byte[16 << 10];
            var length = 0;
            while (RandomAccess.Read(file, table.AsSpan(length), length) is > 0 and var got)
            {
                length += got;
                if (length < table.Length) continue;
                if (length >= LargestTable) break;
                Array.Resize(ref table, table.Length * 2);
            }
            return IsListening(table.AsSpan(0, length), port);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // "   0: 0100007F:1F90 00000000:0000 0A …": number, local address:port, remote address:port, state; 0A is TCP_LISTEN.
    internal static bool IsListening(ReadOnlySpan<byte> table, int port)
    {
        foreach (var range in table.Split((byte)'\n'))
        {
            var line = table[range].Trim((byte)' ');
            var local = Field(line, 1);
            if (Field(line, 3).SequenceEqual("0A"u8)
                && local.LastIndexOf((byte)':') is >= 0 and var colon
                && Utf8Parser.TryParse(local[(colon + 1)..], out ushort found, out _, 'X')
                && found == port)
                return true;
        }
        return false;
    }

    private static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> line, int number)
    {
        for (; number > 0; number--)
        {
            var space = line.IndexOf((byte)' ');
            if (space < 0) return default;
            line = line[space..].TrimStart((byte)' ');
        }
        var end = line.IndexOf((byte)' ');
        return end < 0 ? line : line[..end];
    }
}
