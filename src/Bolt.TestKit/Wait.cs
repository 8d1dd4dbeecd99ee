using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Bolt.TestKit;

/// <summary>
/// What has to be true before a service counts as started, besides its own readiness (its recipe's signal, its health check or its
/// listening ports), which the runtime waits for in any case.
/// </summary>
public abstract class Wait
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(100);

    private Wait()
    {
    }

    /// <summary>How long it may take.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>A TCP port accepts connections.</summary>
    public static Wait ForPort(int port, TimeSpan? limit = null) =>
        ForAnswer($"port {port} to accept connections", async (service, cancellation) =>
        {
            using var socket = await service.ConnectAsync(port, cancellation).ConfigureAwait(false);
            return true;
        }, limit);

    /// <summary>The service writes a line that matches; lines that it has written already count.</summary>
    public static Wait ForLogLine(string pattern, TimeSpan? limit = null) => new Line(new Regex(pattern)) { Limit = limit ?? TimeSpan.FromMinutes(1) };

    /// <summary>An HTTP request is answered, with a status of 200 to 299 unless another one is asked for.</summary>
    public static Wait ForHttp(string path = "/", int? port = null, HttpStatusCode? status = null, TimeSpan? limit = null) =>
        ForAnswer($"an answer to GET {path}", async (service, cancellation) =>
        {
            using var client = service.CreateHttpClient(port);
            using var answer = await client.GetAsync(new Uri(path, UriKind.RelativeOrAbsolute), cancellation).ConfigureAwait(false);
            return status is null ? answer.IsSuccessStatusCode : answer.StatusCode == status;
        }, limit);

    /// <summary>A command inside ends with 0.</summary>
    public static Wait ForCommand(params string[] command) =>
        new Until($"`{string.Join(' ', command)}` to end with 0", async (service, cancellation) =>
            (await service.ExecAsync(command, cancellation).ConfigureAwait(false)).ExitCode == 0);

    /// <summary>A file is there.</summary>
    public static Wait ForFile(string path) => ForCommand("test", "-e", path);

    /// <summary>Whatever the function says: asked again until it is true; an exception of a client counts as "not yet".</summary>
    public static Wait ForAnswer(string what, Func<StackService, CancellationToken, Task<bool>> isOver, TimeSpan? limit = null) =>
        new Until(what, isOver) { Limit = limit ?? TimeSpan.FromMinutes(1) };

    internal async Task OverAsync(StackService service, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Limit);
        try
        {
            await RunAsync(service, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"waited {Limit.TotalSeconds:f0} s for {What} of service {service.Name}");
        }
    }

    private protected abstract string What { get; }

    private protected abstract Task RunAsync(StackService service, CancellationToken cancellation);

    private sealed class Until(string what, Func<StackService, CancellationToken, Task<bool>> isOver) : Wait
    {
        private protected override string What => what;

        private protected override async Task RunAsync(StackService service, CancellationToken cancellation)
        {
            for (var pause = FirstPause; !await AskAsync(service, cancellation).ConfigureAwait(false); pause = pause * 2 > LongestPause ? LongestPause : pause * 2)
                await Task.Delay(pause, cancellation).ConfigureAwait(false);
        }

        private async Task<bool> AskAsync(StackService service, CancellationToken cancellation)
        {
            try
            {
                return await isOver(service, cancellation).ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or HttpRequestException or IOException or System.Data.Common.DbException)
            {
                return false;
            }
        }
    }

    private sealed class Line(Regex pattern) : Wait
    {
        private protected override string What => $"a line that matches `{pattern}`";

        private protected override async Task RunAsync(StackService service, CancellationToken cancellation)
        {
            await foreach (var line in service.FollowLogsAsync(cancellation).ConfigureAwait(false))
            {
                if (pattern.IsMatch(line.Text)) return;
            }
            throw new InvalidOperationException($"service {service.Name} ended without {What}");
        }
    }
}
