using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Bolt.Host.Tests.Recipes;

/// <summary>What a client of a recipe says first, and how the answer begins that only a service gives which is really ready.</summary>
/// <param name="Recipe">Its name.</param>
/// <param name="Port">Inside.</param>
/// <param name="Question">The first bytes of a client.</param>
/// <param name="Answer">The first bytes of the true answer.</param>
/// <param name="More">Further lines of the Boltfile that the question presumes.</param>
/// <param name="Skip">Bytes before the answer that differ.</param>
internal sealed record FirstWords(string Recipe, int Port, byte[] Question, string Answer, string More = "", int Skip = 0)
{
    // StartupMessage of protocol 3.0; an `R` asks for authentication, an `E` says for instance "the database system is starting up".
    private static readonly byte[] Startup = [0, 0, 0, 33, 0, 3, 0, 0, .. "user\0demo\0database\0demo\0\0"u8];

    public static readonly FirstWords[] All =
    [
        new("nginx", 80, "GET / HTTP/1.0\r\n\r\n"u8.ToArray(), "HTTP/1.1 200"),
        new("postgres", 5432, Startup, "R", "[services.it.auth]\nuser = \"demo\"\npassword = \"secret\"\n"),
        new("redis", 6379, "PING\r\n"u8.ToArray(), "+PONG"),
        // The server speaks first: length[3], sequence, then 10 for its handshake or 255 for an error.
        new("mariadb", 3306, [], "\n", Skip: 4),
        // A frame of type 1 (method) on channel 0, class 10, method 10: Connection.Start.
        new("rabbitmq", 5672, [.. "AMQP"u8, 0, 0, 9, 1], "\0\n\0\n", Skip: 7),
        // CONNECT of MQTT 3.1.1 with a clean session, and CONNACK with 0: accepted.
        new("mosquitto", 1883, [0x10, 14, 0, 4, .. "MQTT"u8, 4, 2, 0, 60, 0, 2, .. "it"u8], " \u0002\0\0"),
        new("memcached", 11211, "version\r\n"u8.ToArray(), "VERSION 1."),
    ];

    /// <summary>The services of a Boltfile that has only this one, named `it`.</summary>
    public string Services(string hostPort) =>
        $"[services.it]\ncapsule = \"{Recipe}\"\nports = [\"{(hostPort.Length == 0 ? "" : hostPort + ":")}{Port}\"]\n{More}";

    /// <summary>One attempt of one client: the true answer, or none.</summary>
    /// <param name="at">Where.</param>
    /// <param name="toConnect">A connection that takes longer is given up.</param>
    /// <param name="toAnswer">An answer that takes longer is none.</param>
    public bool IsAnsweredAt(IPEndPoint at, TimeSpan toConnect, TimeSpan toAnswer)
    {
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { Blocking = false, NoDelay = true };
        try
        {
            try
            {
                client.Connect(at);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                if (!client.Poll(toConnect, SelectMode.SelectWrite)) return false;
            }
            client.Send(Question);
            var heard = new byte[256];
            var length = 0;
            while (length < Skip + Answer.Length)
            {
                if (!client.Poll(toAnswer, SelectMode.SelectRead)) return false;
                var got = client.Receive(heard, length, heard.Length - length, SocketFlags.None);
                if (got == 0) return false;
                length += got;
            }
            return Encoding.Latin1.GetString(heard, Skip, length - Skip).StartsWith(Answer, StringComparison.Ordinal);
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
