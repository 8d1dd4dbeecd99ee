using System.Net;
using System.Net.Sockets;

namespace Bolt.Surge;

/// <summary>
/// Whether someone serves HTTP at a port that listens: the kernel takes connections long before the program's workers do.
/// </summary>
internal static class HttpAnswer
{
    // RFC 9110 section 9.3.7: a ping. No proxy passes it on to an application and no handler takes it for a visit.
    private static readonly byte[] Ping = "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bolt\r\nConnection: close\r\n\r\n"u8.ToArray();

    /// <summary>
    /// True once the server has said anything or has closed in good order: both take one that reads. False when the
    /// connection was refused or reset, which says nothing.
    /// </summary>
    /// <param name="socket">One of the network in which the address is; the caller disposes it.</param>
    public static async Task<bool> IsThereAsync(Socket socket, IPEndPoint at, CancellationToken cancellation)
    {
        try
        {
            await socket.ConnectAsync(at, cancellation).ConfigureAwait(false);
            await socket.SendAsync(Ping, cancellation).ConfigureAwait(false);
            await socket.ReceiveAsync(new byte[1], cancellation).ConfigureAwait(false);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
