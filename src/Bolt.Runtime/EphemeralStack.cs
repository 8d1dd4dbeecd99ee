using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Bolt.Boltfiles;
using Bolt.Control;
using Bolt.Diagnostics;
using Bolt.Networking;
using Bolt.Surge;

namespace Bolt;

/// <summary>
/// A stack that this process owns and that is thrown away at its end. Made by <see cref="BoltRuntime.StartEphemeralAsync(Boltfile, EphemeralOptions, CancellationToken)"/>.
/// Its members may be called from any thread.
/// </summary>
public sealed partial class EphemeralStack : IAsyncDisposable
{
    private readonly BoltRuntime _runtime;
    private readonly StackRooms _rooms;
    private readonly StackFolder _folder;
    private readonly StackRequest _request;
    private readonly EphemeralOptions _options;
    private readonly EphemeralGround _ground;
    private readonly StackRunner _runner;
    private readonly CancellationTokenSource _over = new();
    private readonly Lock _taking = new();
    private ImmutableArray<StackEvent> _events = [];
    private OwnerLock? _owned;
    private ControlServer? _server;
    private Task _running = Task.CompletedTask, _serving = Task.CompletedTask, _listening = Task.CompletedTask;
    private Task? _end;

    internal EphemeralStack(
        BoltRuntime runtime, StackRooms rooms, StackFolder folder, StackRequest request, EphemeralOptions options, EphemeralGround ground)
    {
        (_runtime, _rooms, _folder, _request, _options, _ground) = (runtime, rooms, folder, request, options, ground);
        _runner = new StackRunner(rooms, folder, dieWithOwner: true, TimeProvider.System, ground: ground);
    }

    /// <summary>Its name, as `bolt ps --all` shows it.</summary>
    public StackName Name => _folder.Name;

    /// <summary>What was asked for.</summary>
    public Boltfile Boltfile => _request.Wanted;

    /// <summary>All that has happened to it so far.</summary>
    public ImmutableArray<StackEvent> Events => _events;

    /// <summary>As it stands now.</summary>
    public Task<StackStatus> StatusAsync() => _runner.StatusAsync();

    /// <summary>Its events from now on, a <see cref="StackEvent.Snapshot"/> first.</summary>
    public IAsyncEnumerable<StackEvent> WatchAsync(CancellationToken cancellation) => _runner.Watch(cancellation);

    /// <summary>TCP ports that a service is known to listen on: those that the Boltfile names, then those of its image.</summary>
    public ImmutableArray<int> PortsOf(string service) => _runner.PortsOf(Demand(service).Name);

    /// <summary>Who may log in to a service; null: its recipe knows no users.</summary>
    public ServiceLogin? LoginOf(string service) =>
        _runner.LoginOf(Demand(service).Name) is { } known ? new ServiceLogin(known.User, known.Password, known.Database) : null;

    /// <summary>A service's address as its clients write it: <c>postgres://user:password@host:port/database</c>.</summary>
    /// <param name="service">Which.</param>
    /// <param name="at">Where the client finds it.</param>
    public Uri UrlOf(string service, IPEndPoint at)
    {
        ArgumentNullException.ThrowIfNull(at);
        return new Uri(_runner.UrlOf(Demand(service).Name, at.Address.ToString(), at.Port));
    }

    /// <summary>Connects to a service's TCP port from inside the stack's network.</summary>
    /// <exception cref="SocketException">Nothing listens there.</exception>
    /// <exception cref="BoltException">The stack has ended.</exception>
    public async Task<Socket> ConnectAsync(string service, int port, CancellationToken cancellation)
    {
        var address = AddressOf(service);
        var socket = OpenSocket(udp: false);
        try
        {
            socket.NoDelay = true;
            await socket.ConnectAsync(new IPEndPoint(address, port), cancellation).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A UDP socket inside the stack's network whose packets go to a service's port.</summary>
    /// <exception cref="BoltException">The stack has ended.</exception>
    public Socket ConnectUdp(string service, int port)
    {
        var address = AddressOf(service);
        var socket = OpenSocket(udp: true);
        socket.Connect(new IPEndPoint(address, port));
        return socket;
    }

    /// <summary>Runs a command in a running service. Returns its exit code (125 Bolt failed, 126 not executable, 127 not found).</summary>
    public Task<int> ExecAsync(ExecOptions options, CallerStreams streams, CancellationToken cancellation) =>
        _runtime.ExecAsync(Name, options, streams, cancellation);

    /// <summary>What the services wrote, merged by time; following goes on across restarts.</summary>
    public IAsyncEnumerable<LogLine> LogsAsync(LogOptions options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        return StackLog.ReadAsync(_folder, options, options.Follow ? WatchAsync(cancellation) : null, cancellation);
    }

    /// <summary>Stops services in order; empty means all. Their data stays.</summary>
    public Task StopAsync(ImmutableArray<string> services, CancellationToken cancellation) => AskAsync(new Operation.Stop(services), cancellation);

    /// <summary>Starts stopped services and waits until they are ready; empty means all.</summary>
    public Task StartAsync(ImmutableArray<string> services, CancellationToken cancellation) => AskAsync(new Operation.Start(services), cancellation);

    /// <summary>Stops and starts services; empty means all. Their data stays.</summary>
    public Task RestartAsync(ImmutableArray<string> services, CancellationToken cancellation) => AskAsync(new Operation.Restart(services), cancellation);

    /// <summary>
    /// Makes a service's link worse, inside the stack's own network: packets to it are late or lost, for the other services and for
    /// <see cref="ConnectAsync"/> alike, until this is called again. It lasts across restarts of the service.
    /// </summary>
    /// <param name="service">Which.</param>
    /// <param name="latency">By which each packet to it is late; zero: none.</param>
    /// <param name="jitter">By which that varies, up and down.</param>
    /// <param name="loss">Share of packets to it that are lost, 0 to 1.</param>
    /// <exception cref="BoltException">BOLT9409: the kernel has no netem.</exception>
    public void Disturb(string service, TimeSpan latency, TimeSpan jitter = default, double loss = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(latency, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(jitter, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegative(loss);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(loss, 1);
        _runner.Disturb(Demand(service).Name, new LinkTrouble(latency, jitter, loss, false));
    }

    /// <summary>Pulls a service's cable: nothing comes and nothing goes until <see cref="Heal"/>. Connections stay open and hear nothing.</summary>
    public void Cut(string service) => _runner.Disturb(Demand(service).Name, LinkTrouble.None with { Cut = true });

    /// <summary>Ends what <see cref="Disturb"/> and <see cref="Cut"/> began.</summary>
    public void Heal(string service) => _runner.Disturb(Demand(service).Name, LinkTrouble.None);

    /// <summary>
    /// Kills all services at once, and removes all that they wrote and their network. Its files go within a second of the return.
    /// Calling it again waits for the same end.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        lock (_taking) _end ??= EndAsync();
        return new ValueTask(_end);
    }

    internal async Task UpAsync(CancellationToken cancellation)
    {
        _owned = OwnerLock.TryTake(_folder) ?? throw new BoltException(SurgeErrors.Owned(Name.Id));
        _server = new ControlServer(_runner, _folder.ControlSocket);
        _serving = _server.RunAsync(_over.Token);
        _listening = KeepAsync(_runner.Watch(CancellationToken.None));
        _running = Task.Run(_runner.RunAsync, CancellationToken.None);
        await AskAsync(new Operation.Up(_request), cancellation).ConfigureAwait(false);
    }

    private async Task AskAsync(Operation operation, CancellationToken cancellation)
    {
        Diagnostic? failure = null;
        var ended = false;
        await foreach (var happened in _runner.Ask(operation, cancellation).ConfigureAwait(false))
        {
            if (happened is StackEvent.StepFailed failed) failure ??= failed.Diagnostic;
            ended |= happened is StackEvent.StackStopped;
        }
        if (failure is not null) throw new BoltException(failure);
        if (ended) throw new BoltException(SurgeErrors.EndedBeforeAnswer(Name.Id));
    }

    private async Task KeepAsync(IAsyncEnumerable<StackEvent> events)
    {
        await foreach (var happened in events.ConfigureAwait(false))
        {
            // The progress of a download is for whoever looks on.
            if (happened is not (StackEvent.StepProgress or StackEvent.Snapshot)) _events = _events.Add(happened);
        }
    }

    private async Task EndAsync()
    {
        _runner.Ask(new Operation.Down(Volumes: true), CancellationToken.None);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _over.CancelAsync().ConfigureAwait(false);
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _server?.Dispose();
        _runner.Dispose();
        _owned?.Dispose();
        _over.Dispose();
    }

    private Socket OpenSocket(bool udp) =>
        (Network.TryAdopt(_folder.Network) ?? throw new BoltException(SurgeErrors.NoSuchStack(Name.Id))).OpenSocket(udp);

    private IPAddress AddressOf(string service) => _runner.AddressOf(Demand(service).Name);

    private Service Demand(string service) => Boltfile.Services.FirstOrDefault(s => s.Name == service)
        ?? throw new BoltException(SurgeErrors.NoSuchService(service, Boltfile.Services.Select(s => s.Name)));
}

/// <summary>Who may log in to a service.</summary>
public sealed record ServiceLogin(string User, string Password, string Database);
