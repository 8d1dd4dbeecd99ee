using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Bolt.Host.Tests.Registries;

/// <summary>A registry that misbehaves as a test asks: one answer per connection, byte for byte as scripted.</summary>
internal sealed class ScriptedRegistry : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource over = new();
    private readonly Task serving;
    private readonly ConcurrentBag<Task> connections = [];

    public ScriptedRegistry(Func<Asked, Answer> script)
    {
        listener.Start();
        serving = ServeAsync(script);
    }

    public string Host => $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

    /// <summary>"GET /v2/x/blobs/sha256:…", in the order of arrival.</summary>
    public ConcurrentQueue<Asked> Log { get; } = new();

    private async Task ServeAsync(Func<Asked, Answer> script)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(over.Token);
                connections.Add(AnswerAsync(client, script));
            }
        }
        // InvalidOperationException: it was stopped between two clients.
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
        }
    }

    private async Task AnswerAsync(TcpClient client, Func<Asked, Answer> script)
    {
        using var _ = client;
        var stream = client.GetStream();
        try
        {
            if (await ReadAsync(stream) is not { } asked)
            {
                return;
            }
            Log.Enqueue(asked);
            var answer = script(asked);
            var head = new StringBuilder($"HTTP/1.1 {answer.Status} X\r\nConnection: close\r\n");
            if (!answer.Headers.ContainsKey("Content-Length"))
            {
                head.Append(CultureInfo.InvariantCulture, $"Content-Length: {answer.Body.Length}\r\n");
            }
            foreach (var (name, value) in answer.Headers)
            {
                head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
            }
            await stream.WriteAsync(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()), over.Token);
            await stream.WriteAsync(answer.Body.AsMemory(0, Math.Min(answer.CutAfter ?? int.MaxValue, answer.Body.Length)), over.Token);
            // A stalled answer ends when the client gives up: its closing is what the reads below see.
            if (!answer.Stalls)
            {
                client.Client.Shutdown(SocketShutdown.Send);
            }
            while (await stream.ReadAsync(new byte[4096], over.Token) > 0)
            {
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
        {
        }
    }

    // Null for what is no HTTP: the client tries TLS first.
    private async Task<Asked?> ReadAsync(NetworkStream stream)
    {
        var head = new List<byte>();
        var one = new byte[1];
        while (!(head.Count >= 4 && head[^1] == '\n' && head[^2] == '\r' && head[^3] == '\n'))
        {
            if (await stream.ReadAsync(one, over.Token) == 0 || head.Count > 1 << 16 || (head.Count == 0 && one[0] == 0x16))
            {
                return null;
            }
            head.Add(one[0]);
        }
        var lines = Encoding.ASCII.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = lines.Skip(1).Select(l => l.Split(": ", 2)).ToDictionary(p => p[0], p => p[1], StringComparer.OrdinalIgnoreCase);
        var words = lines[0].Split(' ');
        var body = new byte[int.Parse(headers.GetValueOrDefault("Content-Length", "0"), CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, over.Token);
        return new Asked(words[0], words[1], headers, body);
    }

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        listener.Stop();
        await serving;
        await Task.WhenAll(connections);
        over.Dispose();
    }
}

internal sealed record Asked(string Method, string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>Where "bytes=N-" starts; 0 without it.</summary>
    public int From => Header("Range") is { } range ? int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture) : 0;

    public override string ToString() => $"{Method} {Path}";
}

internal sealed record Answer(int Status, byte[] Body)
{
    public Dictionary<string, string> Headers { get; init; } = [];
    public int? CutAfter { get; init; }
    public bool Stalls { get; init; }

    public static Answer Text(int status, string text = "") => new(status, Encoding.UTF8.GetBytes(text));
}
