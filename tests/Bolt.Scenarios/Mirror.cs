using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Bolt.Scenarios;

/// <summary>
/// A proxy between the tool and the machine's own archive (http_proxy), which spoils what it is told to. So keys, sources
/// and signatures are the real ones, and only the bytes on the way are not.
/// </summary>
internal sealed class Mirror : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly HttpClient _archive = new();
    private readonly Func<string, bool> _spoils;
    private readonly Task _serving;

    /// <param name="spoils">By URL: one byte of the answer is another.</param>
    public Mirror(Func<string, bool> spoils)
    {
        _spoils = spoils;
        _listener.Start();
        _serving = ServeAsync();
    }

    public IReadOnlyDictionary<string, string> Environment => At(((IPEndPoint)_listener.LocalEndpoint).Port);

    /// <summary>Nobody listens there: every connection is refused.</summary>
    public static IReadOnlyDictionary<string, string> Down
    {
        get
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            return At(((IPEndPoint)probe.LocalEndpoint).Port);
        }
    }

    private static Dictionary<string, string> At(int port) => new() { ["http_proxy"] = $"http://127.0.0.1:{port}", ["no_proxy"] = "" };

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _serving;
        _archive.Dispose();
        _end.Dispose();
    }

    private async Task ServeAsync()
    {
        var clients = new List<Task>();
        try
        {
            while (true)
            {
                clients.Add(AnswerAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(clients);
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
                // "GET http://deb.debian.org/debian/… HTTP/1.1", then headers and an empty line.
                var url = (await reader.ReadLineAsync(_end.Token))!.Split(' ')[1];
                while (await reader.ReadLineAsync(_end.Token) is { Length: > 0 })
                {
                }
                using var answer = await _archive.GetAsync(url, _end.Token);
                var body = await answer.Content.ReadAsByteArrayAsync(_end.Token);
                if (_spoils(url))
                {
                    body[body.Length / 2] ^= 1;
                }
                await client.GetStream().WriteAsync(
                    Encoding.ASCII.GetBytes($"HTTP/1.1 {(int)answer.StatusCode} x\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"), _end.Token);
                await client.GetStream().WriteAsync(body, _end.Token);
            }
            catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
            {
                // The tool has its own words for an answer that breaks off.
            }
        }
    }
}
