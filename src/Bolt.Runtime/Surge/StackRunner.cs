using System.Collections.Immutable;
using System.Threading.Channels;
using Bolt.Capsules;

namespace Bolt.Surge;

/// <summary>
/// The owner of one stack: one loop over one channel holds the state, so there are no locks. Effects run beside it and
/// report back as messages.
/// </summary>
internal sealed partial class StackRunner : IDisposable
{
    private readonly Channel<OwnerMessage> _inbox = Channel.CreateUnbounded<OwnerMessage>(new UnboundedChannelOptions { SingleReader = true });
    private readonly StackRooms _rooms;
    private readonly StackFolder _folder;
    private readonly bool _dieWithOwner;
    private readonly TimeProvider _clock;
    private readonly StackWorks _works;
    private readonly List<Channel<StackEvent>> _watchers = [];
    private readonly Queue<Operation> _waiting = new();
    private SupervisorState _state = SupervisorState.Empty;
    private StackStatus _status;
    private Operation? _current;
    private CancellationTokenSource _currentStop = new();
    private bool _volumesToo;
    private bool _keepRecords;
    private bool _runKeeps;
    private bool _runEnds;

    /// <param name="rooms">What it works with.</param>
    /// <param name="folder">Of the stack.</param>
    /// <param name="dieWithOwner">Capsules end with this process.</param>
    /// <param name="clock">Of events.</param>
    /// <param name="attach">Called with each capsule in the moment of its start; the stack's end waits for what it returns.</param>
    /// <param name="ground">Of a stack that is thrown away at its end; null: of one that keeps its data.</param>
    public StackRunner(
        StackRooms rooms, StackFolder folder, bool dieWithOwner, TimeProvider clock, Func<Capsule, Task>? attach = null, EphemeralGround? ground = null)
    {
        (_rooms, _folder, _dieWithOwner, _clock) = (rooms, folder, dieWithOwner, clock);
        _works = new StackWorks(rooms, folder, dieWithOwner, Send, Send, clock) { Attach = attach, Ground = ground };
        _status = (StackReader.Read(folder) ?? new StackStatus(folder.Name.Id, "", "", null, [])) with { OwnerPid = (int)Kernel.Sys.GetPid() };
    }

    /// <summary>Someone has asked for something.</summary>
    public bool Asked { get; private set; }

    /// <summary>An `up` of this owner failed.</summary>
    public bool Failed { get; private set; }

    /// <summary>Carries a wish out; the stream ends when it is done.</summary>
    public IAsyncEnumerable<StackEvent> Ask(Operation operation, CancellationToken cancellation)
    {
        Asked = true;
        if (!_inbox.Writer.TryWrite(new OwnerMessage.Ask(operation))) operation.Events.Writer.TryComplete();
        return operation.Events.Reader.ReadAllAsync(cancellation);
    }

    /// <summary>A snapshot, then all events until the stack is down.</summary>
    public IAsyncEnumerable<StackEvent> Watch(CancellationToken cancellation)
    {
        var events = Channel.CreateUnbounded<StackEvent>();
        if (!_inbox.Writer.TryWrite(new OwnerMessage.Watch(events))) events.Writer.TryComplete();
        return events.Reader.ReadAllAsync(cancellation);
    }

    public Task<StackStatus> StatusAsync()
    {
        var answer = new TaskCompletionSource<StackStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_inbox.Writer.TryWrite(new OwnerMessage.StatusAsked(answer))) answer.TrySetResult(_status);
        return answer.Task;
    }

    /// <summary>The run of a service in this process; null when it does not run.</summary>
    public RunningService? Find(string service) => _works.Find(service);

    /// <summary>The address of a service in the stack's network.</summary>
    public System.Net.IPAddress AddressOf(string service) => _works.Stack[service].Address;

    /// <summary>Makes a service's link as bad as this says.</summary>
    public void Disturb(string service, Networking.LinkTrouble trouble) => _works.Disturb(service, trouble);

    /// <summary>TCP ports that a service is known to listen on.</summary>
    public ImmutableArray<int> PortsOf(string service) => _works.PortsOf(service);

    /// <summary>Who may log in to a service.</summary>
    public Builds.RecipeCredentials? LoginOf(string service) => _works.LoginOf(service);

    /// <summary>A service's connection URL for a client elsewhere.</summary>
    public string UrlOf(string service, string host, int port) => _works.UrlFor(service, host, port);

    /// <summary>The loop; ends when the stack is down.</summary>
    public async Task RunAsync()
    {
        await foreach (var message in _inbox.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            Take(message);
            // An operation that is being cancelled may still start something.
            if (_runEnds && !_state.ShuttingDown && _current is null && _state.AllDown) Take(new OwnerMessage.Ask(new Operation.Down(false, _runKeeps)));
            if (!_state.ShuttingDown || !_state.AllDown || _current is not null) continue;
            await EndAsync().ConfigureAwait(false);
            return;
        }
    }

    public void Dispose()
    {
        _currentStop.Dispose();
        _works.Dispose();
    }

    private void Send(Signal signal) => _inbox.Writer.TryWrite(new OwnerMessage.Judge(signal));

    private void Send(StackEvent happened) => _inbox.Writer.TryWrite(new OwnerMessage.Tell(happened));

    private void Take(OwnerMessage message)
    {
        switch (message)
        {
            case OwnerMessage.Judge judge:
                Judge(judge.Signal);
                break;
            case OwnerMessage.Tell tell:
                Publish(tell.Event);
                break;
            case OwnerMessage.Watch watch:
                Join(watch.Events);
                break;
            case OwnerMessage.StatusAsked asked:
                asked.Answer.TrySetResult(_status);
                break;
            case OwnerMessage.Refit refit:
                _status = StackReader.Refit(_status, refit.Stack, refit.Ports, refit.Coming) with { Boltfile = refit.Boltfile };
                Publish(new StackEvent.Snapshot(_clock.GetUtcNow(), _status));
                break;
            case OwnerMessage.Ask { Operation: Operation.Down down }:
                Join(down.Events);
                _volumesToo |= down.Volumes;
                _keepRecords |= down.KeepRecords;
                _works.Abrupt = _works.Ground is not null;
                _currentStop.Cancel();
                Judge(new Signal.Shutdown(_clock.GetUtcNow()));
                break;
            case OwnerMessage.Ask ask:
                Join(ask.Operation.Events);
                _waiting.Enqueue(ask.Operation);
                BeginNext();
                break;
            case OwnerMessage.Ended ended:
                _current = null;
                // Whoever asked for what failed, or was overtaken by the end, sees the cleaning too.
                if (_state.ShuttingDown) break;
                ended.Operation.Events.Writer.TryComplete();
                _watchers.Remove(ended.Operation.Events);
                BeginNext();
                break;
        }
    }

    private void BeginNext()
    {
        if (_current is not null || _state.ShuttingDown || !_waiting.TryDequeue(out var next)) return;
        _current = next;
        _currentStop = new CancellationTokenSource();
        var stop = _currentStop.Token;
        _ = Task.Run(() => CarryOutAsync(next, stop));
    }

    private void Judge(Signal signal)
    {
        (_state, var actions) = Supervisor.Next(_state, signal);
        foreach (var action in actions)
        {
            switch (action)
            {
                case SupervisorAction.Tell tell:
                    Publish(tell.Event);
                    break;
                case SupervisorAction.Start start:
                    _ = RestartAsync(start.Service);
                    break;
                case SupervisorAction.Stop stop:
                    _ = Task.Run(() => _works.StopRunAsync(stop.Service, stop.Run));
                    break;
                case SupervisorAction.Pause pause:
                    _ = PauseAsync(pause);
                    break;
            }
        }
    }

    private async Task RestartAsync(string service)
    {
        try
        {
            await Task.Run(() => _works.StartAsync(_works.Stack[service], first: false, CancellationToken.None)).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // The supervisor has its own signal of this; the reason is for people.
            Send(new StackEvent.Warned(_clock.GetUtcNow(), SurgeErrors.RestartFailed(service, error)));
        }
    }

    private async Task PauseAsync(SupervisorAction.Pause pause)
    {
        await Task.Delay(pause.Delay, _clock).ConfigureAwait(false);
        Send(new Signal.PauseOver(_clock.GetUtcNow(), pause.Service, pause.Run));
    }

    private void Publish(StackEvent happened)
    {
        _status = _status.After(happened);
        foreach (var watcher in _watchers) watcher.Writer.TryWrite(happened);
    }

    private void Join(Channel<StackEvent> events)
    {
        events.Writer.TryWrite(new StackEvent.Snapshot(_clock.GetUtcNow(), _status));
        _watchers.Add(events);
    }

    private async Task EndAsync()
    {
        var (kept, deleted) = await _works.TearDownAsync(_volumesToo, _keepRecords).ConfigureAwait(false);
        _inbox.Writer.TryComplete();
        while (_inbox.Reader.TryRead(out var late))
        {
            if (late is OwnerMessage.Tell tell) Publish(tell.Event);
            if (late is OwnerMessage.Watch watch) watch.Events.Writer.TryComplete();
            if (late is OwnerMessage.Ask ask) ask.Operation.Events.Writer.TryComplete();
            if (late is OwnerMessage.StatusAsked asked) asked.Answer.TrySetResult(_status);
        }
        Publish(new StackEvent.StackStopped(_clock.GetUtcNow(), kept, deleted));
        foreach (var watcher in _watchers) watcher.Writer.TryComplete();
        while (_waiting.TryDequeue(out var unheard)) unheard.Events.Writer.TryComplete();
    }
}
