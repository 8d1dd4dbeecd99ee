using System.Collections.Immutable;
using Bolt.Boltfiles;
using Bolt.Diagnostics;
using Bolt.Surge;

namespace Bolt;

/// <summary>
/// The roof: what `bolt`, MSBuild and TestKit do, a program can do too. Input problems come back as diagnostics; effects
/// throw <see cref="BoltException"/> or end in <see cref="StackEvent.StepFailed"/>.
/// </summary>
public sealed partial class BoltRuntime(BoltOptions options)
{
    /// <summary>Folders and programs that this runtime uses.</summary>
    public BoltOptions Options { get; } = options;

    /// <summary>Reads a Boltfile and checks all that can be known without running it; every problem in one go.</summary>
    /// <param name="path">The file, or a folder that holds Boltfile.toml.</param>
    /// <param name="variables">Values for <c>${NAME}</c>, and HOME for <c>~</c>; null: none is set.</param>
    public static Checked<Boltfile> Load(string path, Func<string, string?>? variables = null) =>
        BoltfileReader.ReadFile(Directory.Exists(path) ? Path.Combine(path, "Boltfile.toml") : path, variables);

    /// <summary>What `up` would do now; nothing is changed.</summary>
    public Task<Plan> PlanAsync(Boltfile boltfile, UpOptions options, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>
    /// Brings the stack up and supervises it in this process until <paramref name="cancellation"/>, which stops it in
    /// reverse order; the stream then ends with <see cref="StackEvent.StackStopped"/>. It does not throw when cancelled.
    /// When another process owns the stack already, that one carries the wishes out, and cancelling only stops watching.
    /// The first event is a <see cref="StackEvent.Snapshot"/>. After a <see cref="StackEvent.StepFailed"/> all that was
    /// started is stopped and the stream ends.
    /// </summary>
    public IAsyncEnumerable<StackEvent> UpAsync(Boltfile boltfile, UpOptions options, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>
    /// Brings the stack up under an owner process of its own (<see cref="BoltOptions.SuperviseCommand"/>), which this
    /// process does not outlive. The stream ends after <see cref="StackEvent.StackReady"/> or the cleaning after a failure.
    /// </summary>
    public IAsyncEnumerable<StackEvent> UpDetachedAsync(Boltfile boltfile, UpOptions options, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>The body of the hidden `supervise` verb: owns one stack until it is down. Returns the exit code.</summary>
    /// <param name="requestPath">The file that <see cref="UpDetachedAsync"/> appended to <see cref="BoltOptions.SuperviseCommand"/>.</param>
    /// <param name="cancellation">Stops the stack in order.</param>
    public static Task<int> SuperviseAsync(string requestPath, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Stops a stack in reverse order and removes all of it but its volumes, with or without a living owner.</summary>
    /// <param name="stack">Which one.</param>
    /// <param name="volumes">Its volumes and their data are deleted too.</param>
    /// <param name="cancellation">Stops watching; what began goes on.</param>
    public IAsyncEnumerable<StackEvent> DownAsync(StackName stack, bool volumes, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>A stack as it stands; null when nothing of it exists.</summary>
    public Task<StackStatus?> StatusAsync(StackName stack, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>All stacks of this user, by id.</summary>
    public Task<ImmutableArray<StackStatus>> ListAsync(CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>The stack's events from now on, a <see cref="StackEvent.Snapshot"/> first, while an owner lives.</summary>
    public IAsyncEnumerable<StackEvent> WatchAsync(StackName stack, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>What the services wrote, merged by time; following goes on across restarts.</summary>
    public IAsyncEnumerable<LogLine> LogsAsync(StackName stack, LogOptions options, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Runs a command in a running service. Returns its exit code (125 Bolt failed, 126 not executable, 127 not found).</summary>
    public Task<int> ExecAsync(StackName stack, ExecOptions options, CallerStreams streams, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Stops services; empty means all. They stay stopped until started again.</summary>
    public IAsyncEnumerable<StackEvent> StopAsync(StackName stack, ImmutableArray<string> services, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Starts stopped services and waits until they are ready; empty means all.</summary>
    public IAsyncEnumerable<StackEvent> StartAsync(StackName stack, ImmutableArray<string> services, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Stops and starts services; empty means all.</summary>
    public IAsyncEnumerable<StackEvent> RestartAsync(StackName stack, ImmutableArray<string> services, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>
    /// Runs an image in a stack of its own in this process and passes its streams. Returns its exit code
    /// (128 + signal when a signal ended it); cancelling stops it. All is removed at the end with Remove.
    /// </summary>
    /// <param name="options">What to run.</param>
    /// <param name="streams">The caller's streams.</param>
    /// <param name="progress">Sees the events, for instance of a download; null: no one looks.</param>
    /// <param name="cancellation">Asks the program to end (its stop signal).</param>
    public Task<int> RunAsync(RunOptions options, CallerStreams streams, IProgress<StackEvent>? progress, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Runs an image in a stack of its own under an owner process of its own; the first event's snapshot has its id.</summary>
    public IAsyncEnumerable<StackEvent> RunDetachedAsync(RunOptions options, CancellationToken cancellation) => throw new NotImplementedException();
}

/// <summary>One thing that Bolt needs from the host, checked.</summary>
/// <param name="Name">"user namespaces", "subordinate ids"…</param>
/// <param name="Finding">What was found, one sentence.</param>
/// <param name="Problem">Null when all is well; otherwise what is lacking, with the exact remedy.</param>
public sealed record HostCheck(string Name, string Finding, Diagnostic? Problem);
