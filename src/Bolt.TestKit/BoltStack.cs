using System.Collections.Immutable;
using System.Net;
using Bolt.Boltfiles;
using Bolt.Diagnostics;
using Bolt.Surge;

namespace Bolt.TestKit;

/// <summary>
/// A stack for tests, in the test's own process: no tool, no daemon. It is a copy of the Boltfile's stack under a name of
/// its own, with any free host ports and volumes of its own, so it disturbs neither a running stack of the same file nor
/// another test. Disposing stops it and deletes its volumes; when the process dies, its services die with it.
/// </summary>
/// <example><code>
/// await using var stack = await BoltStack.FromFile("Boltfile.toml").Publish("db", 5432).UpAsync(cancellation);
/// var url = await stack.ConnectionUrlAsync("db", 5432, cancellation);
/// </code></example>
public sealed class BoltStack : IAsyncDisposable
{
    private readonly BoltRuntime _runtime;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Boltfile _boltfile;
    private Task _owner = Task.CompletedTask;

    private BoltStack(Boltfile boltfile, BoltRuntime runtime) => (_boltfile, _runtime) = (boltfile, runtime);

    /// <summary>The stack's own name.</summary>
    public StackName Name => StackName.Of(_boltfile);

    /// <summary>The stack that a Boltfile describes, not yet started.</summary>
    /// <param name="path">The file, or its folder.</param>
    /// <param name="options">Folders and programs; null: those that the `bolt` tool uses.</param>
    /// <exception cref="BoltException">The file has an error.</exception>
    public static BoltStack FromFile(string path, BoltOptions? options = null)
    {
        var loaded = BoltRuntime.Load(Path.GetFullPath(path), Environment.GetEnvironmentVariable);
        return loaded.Ok
            ? From(loaded.Value!, options)
            : throw new BoltException(loaded.Diagnostics.First(d => d.Severity == Severity.Error));
    }

    /// <summary>The stack of a Boltfile made in code.</summary>
    /// <param name="boltfile">Its path tells where relative paths start.</param>
    /// <param name="options">Folders and programs; null: those that the `bolt` tool uses.</param>
    public static BoltStack From(Boltfile boltfile, BoltOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(boltfile);
        var own = boltfile with
        {
            // In front: only the first letters of a long project name are kept in the stack's id.
            Project = $"t{Guid.NewGuid():n}"[..9] + "-" + boltfile.Project,
            Services = [.. boltfile.Services.Select(s => s with { Ports = [.. s.Ports.Select(p => p with { HostPort = 0 })] })],
        };
        return new BoltStack(own, new BoltRuntime(options ?? BoltOptions.FromEnvironment(Environment.GetEnvironmentVariable, Environment.IsPrivilegedProcess)));
    }

    /// <summary>Publishes a port that the Boltfile keeps inside, on 127.0.0.1 and any free host port.</summary>
    public BoltStack Publish(string service, int containerPort)
    {
        var wanted = Find(service);
        _boltfile = _boltfile with
        {
            Services = _boltfile.Services.Replace(wanted, wanted with
            {
                Ports = wanted.Ports.Add(new PortMapping("127.0.0.1", 0, containerPort, PortProtocol.Tcp)),
            }),
        };
        return this;
    }

    /// <summary>Starts the stack; returns when all services are ready.</summary>
    /// <param name="cancellation">Gives up; what was started is stopped.</param>
    /// <exception cref="BoltException">A step failed; nothing is left running.</exception>
    public async Task<BoltStack> UpAsync(CancellationToken cancellation)
    {
        _owner = Task.Run(OwnAsync, CancellationToken.None);
        try
        {
            await _ready.Task.WaitAsync(cancellation).ConfigureAwait(false);
            return this;
        }
        catch
        {
            await DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Where a published port can be reached from this process.</summary>
    public async Task<IPEndPoint> EndpointAsync(string service, int containerPort, CancellationToken cancellation)
    {
        var status = await _runtime.StatusAsync(Name, cancellation).ConfigureAwait(false);
        var port = status?.Services.FirstOrDefault(s => s.Name == service)?.Ports.FirstOrDefault(p => p.ContainerPort == containerPort)
            ?? throw new ArgumentException($"service {service} has no published port {containerPort}; call Publish before UpAsync", nameof(service));
        return new IPEndPoint(IPAddress.Parse(port.HostAddress), port.HostPort);
    }

    /// <summary>
    /// The address of a database as its clients outside write it, with the Boltfile's user and password:
    /// <c>postgres://demo:secret@127.0.0.1:40123/demo</c>.
    /// </summary>
    public async Task<Uri> ConnectionUrlAsync(string service, int containerPort, CancellationToken cancellation, string scheme = "postgres")
    {
        var endpoint = await EndpointAsync(service, containerPort, cancellation).ConfigureAwait(false);
        var login = Find(service).Auth is { } auth ? $"{Uri.EscapeDataString(auth.User)}:{Uri.EscapeDataString(auth.Password)}@" : "";
        var database = Find(service).Auth is { } owner ? "/" + Uri.EscapeDataString(owner.User) : "";
        return new Uri($"{scheme}://{login}{endpoint}{database}");
    }

    /// <summary>All lines that a service has written so far.</summary>
    public async Task<ImmutableArray<LogLine>> LogsAsync(string service, CancellationToken cancellation)
    {
        var lines = ImmutableArray.CreateBuilder<LogLine>();
        await foreach (var line in _runtime.LogsAsync(Name, new LogOptions([service]), cancellation).ConfigureAwait(false))
        {
            lines.Add(line);
        }
        return lines.ToImmutable();
    }

    /// <summary>Stops the stack in order and deletes it with its volumes.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _owner.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await foreach (var _ in _runtime.DownAsync(_boltfile, volumes: true, CancellationToken.None).ConfigureAwait(false))
        {
        }
        _stop.Dispose();
    }

    private async Task OwnAsync()
    {
        try
        {
            await foreach (var happened in _runtime.UpAsync(_boltfile, new UpOptions([]), _stop.Token).ConfigureAwait(false))
            {
                switch (happened)
                {
                    case StackEvent.StackReady:
                        _ready.TrySetResult();
                        break;
                    case StackEvent.StepFailed failed:
                        _ready.TrySetException(new BoltException(failed.Diagnostic));
                        break;
                }
            }
            _ready.TrySetCanceled();
        }
        catch (Exception e)
        {
            _ready.TrySetException(e);
            throw;
        }
    }

    private Service Find(string service) => _boltfile.Services.FirstOrDefault(s => s.Name == service)
        ?? throw new ArgumentException($"the Boltfile has no service {service}", nameof(service));
}
