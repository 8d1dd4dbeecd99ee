using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Bolt.Diagnostics;
using Bolt.Surge;

namespace Bolt.TestKit;

/// <summary>A service of a running stack, as its test sees it.</summary>
public class StackService
{
    private readonly BoltStack _stack;
    private HttpClient? _http;

    internal StackService(BoltStack stack, string name) => (_stack, Name) = (stack, name);

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Where its first known port can be reached from this process.</summary>
    public IPEndPoint Address => Endpoint(FirstPort);

    /// <summary>
    /// How a client of this process connects: <c>Host=…;Port=…;Username=…;Password=…;Database=…</c> for PostgreSQL,
    /// <c>host:port,password=…</c> for Redis, else the URL.
    /// </summary>
    public string ConnectionString => ConnectionText.Of(Url, _stack.Live.LoginOf(Name));

    /// <summary>Its address as a URL: <c>postgres://user:password@host:port/database</c>, <c>http://host:port/</c>.</summary>
    public Uri Url => _stack.Live.UrlOf(Name, Address);

    /// <summary>Who may log in; null: it knows no users.</summary>
    public ServiceLogin? Login => _stack.Live.LoginOf(Name);

    /// <summary>
    /// A client whose base address is this service; names of other services of the stack work too. It connects inside the stack's
    /// network, by no port of the host. One for the life of the stack: do not dispose of it.
    /// </summary>
    public HttpClient Http => _http ??= CreateHttpClient();

    private int FirstPort => _stack.Live.PortsOf(Name) is [var port, ..] ? port
        : throw new InvalidOperationException($"service {Name} names no port; call Endpoint(PORT)");

    /// <summary>
    /// Where a TCP port of the service can be reached from this process: a loopback address of the stack's own and, when it is free there,
    /// the same number.
    /// </summary>
    public IPEndPoint Endpoint(int port) => _stack.Doors.EndpointOf(Name, port);

    /// <summary>Connects to a TCP port of the service from inside the stack's network.</summary>
    public Task<Socket> ConnectAsync(int port, CancellationToken cancellation) => _stack.Live.ConnectAsync(Name, port, cancellation);

    /// <summary>A UDP socket inside the stack's network whose packets go to a port of the service.</summary>
    public Socket ConnectUdp(int port) => _stack.Live.ConnectUdp(Name, port);

    /// <summary>A client of its own whose base address is this service.</summary>
    /// <param name="port">The service's port; null: its first known one.</param>
    public HttpClient CreateHttpClient(int? port = null)
    {
        var inner = port ?? FirstPort;
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (context, cancellation) =>
            {
                var (host, asked) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
                var socket = await _stack.Live.ConnectAsync(host, asked, cancellation).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        return new HttpClient(handler) { BaseAddress = new Uri($"http://{Name}:{inner}/") };
    }

    /// <summary>Runs a command inside and returns what it wrote and how it ended.</summary>
    public Task<ExecOutcome> ExecAsync(IReadOnlyList<string> command, CancellationToken cancellation) => ExecAsync(command, default, cancellation);

    /// <summary>Runs a command inside with an input.</summary>
    /// <param name="command">Program and arguments.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="user">user[:group]; null: the service's own.</param>
    public async Task<ExecOutcome> ExecAsync(
        IReadOnlyList<string> command, ReadOnlyMemory<byte> input, CancellationToken cancellation, string? user = null)
    {
        using var output = new MemoryStream();
        using var error = new MemoryStream();
        using var sent = new MemoryStream(input.ToArray());
        var options = new ExecOptions(Name, [.. command], ImmutableSortedDictionary<string, string>.Empty, user, null, false);
        var code = await _stack.Live.ExecAsync(options, new CallerStreams(input.IsEmpty ? null : sent, output, error), cancellation).ConfigureAwait(false);
        return new ExecOutcome(code, output.ToArray(), error.ToArray());
    }

    /// <summary>Writes a file inside the running service, by its own `sh`.</summary>
    /// <exception cref="IOException">It could not.</exception>
    public async Task WriteFileAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        // An empty input is none at all, so the file is made in any case.
        var done = await ExecAsync(["sh", "-c", content.IsEmpty ? ": >\"$1\"" : "cat >\"$1\"", "sh", path], content, cancellation, "0").ConfigureAwait(false);
        if (done.ExitCode != 0) throw new IOException($"cannot write {path} in {Name}: {done.ErrorText.Trim()}");
    }

    /// <summary>Reads a file of the running service, by its own `cat`.</summary>
    /// <exception cref="IOException">It could not.</exception>
    public async Task<byte[]> ReadFileAsync(string path, CancellationToken cancellation)
    {
        var done = await ExecAsync(["cat", "--", path], default, cancellation, "0").ConfigureAwait(false);
        return done.ExitCode == 0 ? done.Output : throw new IOException($"cannot read {path} in {Name}: {done.ErrorText.Trim()}");
    }

    /// <summary>All lines that it has written so far.</summary>
    public async Task<ImmutableArray<LogLine>> LogsAsync(CancellationToken cancellation)
    {
        var lines = ImmutableArray.CreateBuilder<LogLine>();
        await foreach (var line in _stack.Live.LogsAsync(new LogOptions([Name]), cancellation).ConfigureAwait(false)) lines.Add(line);
        return lines.ToImmutable();
    }

    /// <summary>Its lines as it writes them, from the first on, across restarts.</summary>
    public IAsyncEnumerable<LogLine> FollowLogsAsync(CancellationToken cancellation) =>
        _stack.Live.LogsAsync(new LogOptions([Name], Follow: true), cancellation);

    /// <summary>
    /// Packets to it are late or lost from now on, for the other services and for this process alike, until <see cref="Heal"/>; it
    /// lasts across its restarts.
    /// </summary>
    /// <param name="latency">By which each packet is late.</param>
    /// <param name="jitter">By which that varies, up and down.</param>
    /// <param name="loss">Share of lost packets, 0 to 1.</param>
    /// <exception cref="BoltException">BOLT9409: the kernel has no netem.</exception>
    public void Disturb(TimeSpan latency, TimeSpan jitter = default, double loss = 0) => _stack.Live.Disturb(Name, latency, jitter, loss);

    /// <summary>Pulls its cable: connections stay open and hear nothing, until <see cref="Heal"/>.</summary>
    public void Cut() => _stack.Live.Cut(Name);

    /// <summary>Ends what <see cref="Disturb"/> and <see cref="Cut"/> began.</summary>
    public void Heal() => _stack.Live.Heal(Name);

    /// <summary>Stops it in order; its data stays.</summary>
    public Task StopAsync(CancellationToken cancellation) => _stack.Live.StopAsync([Name], cancellation);

    /// <summary>Starts it again and waits until it is ready.</summary>
    public Task StartAsync(CancellationToken cancellation) => _stack.Live.StartAsync([Name], cancellation);

    /// <summary>Stops and starts it; its data stays.</summary>
    public Task RestartAsync(CancellationToken cancellation) => _stack.Live.RestartAsync([Name], cancellation);
}

/// <summary>How a command ended and what it wrote.</summary>
/// <param name="ExitCode">125 Bolt failed, 126 not executable, 127 not found, else its own.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
public sealed record ExecOutcome(int ExitCode, byte[] Output, byte[] Error)
{
    /// <summary>Standard output as UTF-8.</summary>
    public string Text => Encoding.UTF8.GetString(Output);

    /// <summary>Standard error as UTF-8.</summary>
    public string ErrorText => Encoding.UTF8.GetString(Error);
}
