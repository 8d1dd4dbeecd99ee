using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Bolt.Diagnostics;
using Bolt.Surge;

namespace Bolt.TestKit;

public sealed partial class BoltStack
{
    private readonly CancellationTokenSource _over = new();
    private EphemeralStack? _stack;
    private StackDoors? _doors;
    private ForkPool? _pool;
    private Task _logging = Task.CompletedTask;
    private ImmutableDictionary<string, StackService> _services = ImmutableDictionary<string, StackService>.Empty;

    /// <summary>A service of the running stack.</summary>
    public StackService this[string service] =>
        _services.GetValueOrDefault(service) ?? (_stack is null ? throw NotStarted() : throw new ArgumentException($"the stack has no service {service}", nameof(service)));

    /// <summary>All services, in the Boltfile's order.</summary>
    public ImmutableArray<StackService> Services => [.. _boltfile.Services.Select(s => this[s.Name])];

    /// <summary>Its name, as `bolt ps --all` shows it.</summary>
    public StackName Name => Live.Name;

    /// <summary>All that has happened to it so far.</summary>
    public ImmutableArray<StackEvent> Events => Live.Events;

    internal EphemeralStack Live => _stack ?? throw NotStarted();

    internal StackDoors Doors => _doors ?? throw NotStarted();

    /// <summary>Starts the stack; returns when all services are ready and every wait is over.</summary>
    /// <param name="cancellation">Gives up; what was started is removed.</param>
    /// <exception cref="BoltException">A step failed; nothing is left running.</exception>
    public async Task<BoltStack> StartAsync(CancellationToken cancellation)
    {
        if (_stack is not null) throw new InvalidOperationException("the stack is started already");
        var options = new EphemeralOptions(_internet, ReadyTimeout: _readyTimeout, Unwritten: _unwritten) { Files = _files };
        await TakeAsync(await _runtime.StartEphemeralAsync(_boltfile, options, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
        return this;
    }

    /// <summary>
    /// A stack of its own with a copy of this one's data: the same ports, users and passwords at an address of its own. On the first
    /// call this stack stands still for a moment to be copied (open connections to it end); further forks come from a pool that is
    /// kept filled. Dispose of forks before this stack.
    /// </summary>
    /// <param name="cancellation">Gives up; what was started is removed.</param>
    /// <param name="log">Every line that a service of the fork writes goes here too; called from any thread.</param>
    public async Task<BoltStack> ForkAsync(CancellationToken cancellation, Action<LogLine>? log = null)
    {
        var pool = _pool ?? Interlocked.CompareExchange(ref _pool, new ForkPool(Live, _warmForks), null) ?? _pool;
        var fork = new BoltStack(_boltfile, _runtime, _unwritten)
        {
            _internet = _internet,
            _log = _log + log,
            _readyTimeout = _readyTimeout,
            _files = _files,
        };
        foreach (var (service, waits) in _waits) fork._waits[service] = waits;
        await fork.TakeAsync(await pool.TakeAsync(cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
        return fork;
    }

    /// <summary>
    /// Makes the data that the stack holds now what forks begin with and what <see cref="RollbackAsync"/> goes back to. The services
    /// stop in order and start again; open connections end.
    /// </summary>
    public async Task FreezeAsync(CancellationToken cancellation)
    {
        if (Interlocked.Exchange(ref _pool, null) is { } stale) await stale.DisposeAsync().ConfigureAwait(false);
        await Live.FreezeAsync(cancellation).ConfigureAwait(false);
        await WaitAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>The same, but only where nobody has frozen or forked the stack before.</summary>
    public async Task FreezeOnceAsync(CancellationToken cancellation)
    {
        if (Live.IsFrozen) return;
        await Live.FreezeAsync(cancellation).ConfigureAwait(false);
        await WaitAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// All services go back at once to the data that they held when the stack was frozen or forked (when neither, when it was
    /// started): for tests that share a stack and run one after the other. Addresses stay; open connections end.
    /// </summary>
    public async Task RollbackAsync(CancellationToken cancellation)
    {
        await Live.RollbackAsync(cancellation).ConfigureAwait(false);
        await WaitAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>What its services wrote, merged by time; following goes on until the stack ends.</summary>
    public IAsyncEnumerable<LogLine> LogsAsync(CancellationToken cancellation, bool follow = false) =>
        Live.LogsAsync(new LogOptions([], follow), cancellation);

    /// <summary>
    /// Connection strings and addresses as configuration keys: <c>ConnectionStrings:db</c> and <c>services:web:http:0</c>, for
    /// <c>AddInMemoryCollection</c> of a program under test that runs in this process.
    /// </summary>
    public IReadOnlyDictionary<string, string?> Configuration => Services
        .Where(s => !Live.PortsOf(s.Name).IsEmpty)
        .ToDictionary(s => s.Url.Scheme == Uri.UriSchemeHttp ? $"services:{s.Name}:http:0" : $"ConnectionStrings:{s.Name}",
            string? (s) => s.Url.Scheme == Uri.UriSchemeHttp ? s.Url.ToString() : s.ConnectionString);

    /// <summary>Logs and events as a text, for the report of a failed test.</summary>
    public async Task<string> ReportAsync(CancellationToken cancellation) => await StackReport.WriteAsync(Live, cancellation).ConfigureAwait(false);

    /// <summary>
    /// Has all services stand still and writes what they hold, with events and logs, into a file that `bolt replay` opens. Values from the
    /// environment are not in it; the rest is as it was: treat the file as you treat the data.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellation">Gives up; no file is left.</param>
    /// <param name="maxBytes">A larger file is not written.</param>
    /// <param name="goOn">The services start again afterwards; false: the stack is about to be disposed of.</param>
    /// <exception cref="BoltException">BOLT6060: it would be larger than <paramref name="maxBytes"/>.</exception>
    public Task SnapshotAsync(string path, CancellationToken cancellation, long maxBytes = 64 << 20, bool goOn = true) =>
        Live.SnapshotAsync(path, new SnapshotOptions(maxBytes, goOn, Environment.GetEnvironmentVariable), cancellation);

    /// <summary>
    /// Kills all services at once and deletes what they wrote. Nothing asks them to end in order: their data is not wanted any more.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (_over.IsCancellationRequested) return;
        await _over.CancelAsync().ConfigureAwait(false);
        _doors?.Dispose();
        if (_pool is { } pool) await pool.DisposeAsync().ConfigureAwait(false);
        if (_stack is { } stack) await stack.DisposeAsync().ConfigureAwait(false);
        await _logging.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _over.Dispose();
    }

    private async Task TakeAsync(EphemeralStack stack, CancellationToken cancellation)
    {
        _stack = stack;
        _doors = new StackDoors(stack);
        _services = _boltfile.Services.ToImmutableDictionary(s => s.Name, s => new StackService(this, s.Name));
        if (_log is not null) _logging = PassLogsAsync(_log);
        try
        {
            await WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch
        {
            await DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private Task WaitAsync(CancellationToken cancellation) =>
        Task.WhenAll(_waits.SelectMany(w => w.Value.Select(wait => wait.OverAsync(this[w.Key], cancellation))));

    private async Task PassLogsAsync(Action<LogLine> log)
    {
        try
        {
            await foreach (var line in Live.LogsAsync(new LogOptions([], Follow: true), _over.Token).ConfigureAwait(false)) log(line);
        }
        catch (Exception e) when (e is OperationCanceledException or BoltException or IOException)
        {
            // The stack has gone, and its logs with it.
        }
    }

    private static InvalidOperationException NotStarted([CallerMemberName] string member = "") => new($"call StartAsync before {member}");
}
