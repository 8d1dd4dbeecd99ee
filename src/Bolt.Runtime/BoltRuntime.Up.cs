using System.Diagnostics;
using System.Runtime.CompilerServices;
using Bolt.Boltfiles;
using Bolt.Control;
using Bolt.Diagnostics;
using Bolt.Kernel;
using Bolt.Networking;
using Bolt.Surge;
using Microsoft.Win32.SafeHandles;

namespace Bolt;

public sealed partial class BoltRuntime
{
    private const string ReadyWord = "ready";

    /// <summary>What `up` would do now, or every reason why it could not begin; nothing is changed.</summary>
    public Task<Checked<Plan>> PlanAsync(Boltfile boltfile, UpOptions options, CancellationToken cancellation) => Task.Run(
        () =>
        {
            ArgumentNullException.ThrowIfNull(options);
            var folder = FolderOf(boltfile);
            var stack = Stack.Resolve(boltfile, StackReader.Inputs(Options.RunFolder, folder));
            if (!stack.Ok) return new Checked<Plan>(null, stack.Diagnostics);
            var strangers = options.Services.Where(n => stack.Value!.Services.All(s => s.Name != n)).ToArray();
            if (strangers.Length > 0)
                return new Checked<Plan>(null, [.. strangers.Select(n => SurgeErrors.NoSuchService(n, stack.Value!.Services.Select(s => s.Name)))]);
            var network = Network.TryAdopt(folder.Network) is null ? null : folder.ReadStack();
            var owned = OwnerLock.OwnerOf(folder) is not null;
            var observed = StackReader.Observe(Rooms, folder, stack.Value!, network, _ => false, owned);
            return new Checked<Plan>(Planner.Plan(stack.Value!, observed, options), stack.Diagnostics);
        },
        cancellation);

    /// <summary>
    /// Brings the stack up and supervises it in this process until <paramref name="cancellation"/>, which stops it in
    /// reverse order; the stream then ends with <see cref="StackEvent.StackStopped"/>. It does not throw when cancelled.
    /// When another process owns the stack already, that one carries the wishes out, and cancelling only stops watching.
    /// The first event is a <see cref="StackEvent.Snapshot"/>. After a <see cref="StackEvent.StepFailed"/> all that was
    /// started is stopped and the stream ends.
    /// </summary>
    public async IAsyncEnumerable<StackEvent> UpAsync(
        Boltfile boltfile, UpOptions options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        var request = StackRequest.Of(boltfile, options);
        var folder = FolderOf(boltfile);
        while (await OwnerAsync(folder, adopt: true, cancellation).ConfigureAwait(false) is { } owner)
        {
            await using (owner.ConfigureAwait(false))
            {
                var wish = new ControlRequest.Up(request with { DieWithOwner = false });
                var asking = owner.TryAskAsync(wish, cancellation);
                await ((Task)asking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (asking.IsCanceled) yield break;
                if (await asking.ConfigureAwait(false) is not { } asked) continue;
                await foreach (var happened in FollowAsync(folder, asked, cancellation).ConfigureAwait(false)) yield return happened;
            }
            yield break;
        }
        await foreach (var happened in OwnAsync(folder, request, cancellation).ConfigureAwait(false)) yield return happened;
    }

    /// <summary>
    /// Brings the stack up under an owner process of its own (<see cref="BoltOptions.SuperviseCommand"/>), which outlives
    /// this process. The stream ends after <see cref="StackEvent.StackReady"/> or the cleaning after a failure.
    /// </summary>
    public IAsyncEnumerable<StackEvent> UpDetachedAsync(Boltfile boltfile, UpOptions options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        return DetachAsync(StackRequest.Of(boltfile, options with { DieWithOwner = false }), cancellation);
    }

    /// <summary>The body of the hidden `supervise` verb: owns one stack until it is down. Returns the exit code.</summary>
    /// <param name="requestPath">The file that <see cref="UpDetachedAsync"/> appended to <see cref="BoltOptions.SuperviseCommand"/>.</param>
    /// <param name="cancellation">Stops the stack in order.</param>
    public static async Task<int> SuperviseAsync(string requestPath, CancellationToken cancellation)
    {
        var order = StackFolder.Read(requestPath, () => StackJsonShapes.Default.SuperviseOrder) ?? throw new BoltException(SurgeErrors.Refused(requestPath));
        var runtime = new BoltRuntime(new BoltOptions
        {
            StateFolder = order.State,
            RunFolder = order.Run,
            CacheFolder = order.Cache,
            ShimPath = order.Shim,
            SuperviseCommand = order.Supervise,
            DotnetPath = order.Dotnet,
            RegistriesFile = order.Registries,
            DockerConfigFile = order.DockerConfig,
        });
        // A session of its own: the terminal's Ctrl-C and hang-up are not meant for it.
        Sys.SetSession();
        var folder = runtime.FolderOf(order.Id);
        using var owned = OwnerLock.TryTake(folder) ?? throw new BoltException(SurgeErrors.Owned(order.Id));
        using var runner = new StackRunner(runtime.Rooms, folder, dieWithOwner: false, TimeProvider.System);
        using var server = new ControlServer(runner, folder.ControlSocket);
        using var over = new CancellationTokenSource();
        var serving = server.RunAsync(over.Token);
        using var stop = cancellation.Register(() => runner.Ask(new Operation.Down(false), CancellationToken.None));
        var known = StackReader.Read(folder)?.Services.Where(s => s is { ReadyAfter: not null, State: ServiceState.Ready or ServiceState.Paused }) ?? [];
        var adopted = order.AdoptOnly && folder.ReadApplied() is { } applied
            ? runner.Ask(new Operation.Up(applied, AdoptOnly: true), CancellationToken.None)
            : null;
        var running = Task.Run(runner.RunAsync, CancellationToken.None);
        // What was ready or paused is shown so to whoever made this owner, not as starting.
        if (adopted is not null) await SeeReadyAsync(adopted, known.ToDictionary(s => s.Name, s => s.State)).ConfigureAwait(false);
        SayReady(folder);
        _ = EndWhenNoOneAsksAsync(runner);
        await running.ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        await serving.ConfigureAwait(false);
        return runner.Failed ? 1 : 0;
    }

    // This process is the owner until the stack is down.
    private async IAsyncEnumerable<StackEvent> OwnAsync(
        StackFolder folder, StackRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var owned = OwnerLock.TryTake(folder) ?? throw new BoltException(SurgeErrors.Owned(folder.Name.Id));
        using var runner = new StackRunner(Rooms, folder, request.DieWithOwner, TimeProvider.System);
        using var server = new ControlServer(runner, folder.ControlSocket);
        using var over = new CancellationTokenSource();
        var serving = server.RunAsync(over.Token);
        var running = Task.Run(runner.RunAsync, CancellationToken.None);
        var events = runner.Watch(CancellationToken.None);
        runner.Ask(new Operation.Up(request), CancellationToken.None);
        using var stop = cancellation.Register(() => runner.Ask(new Operation.Down(false), CancellationToken.None));
        try
        {
            var first = true;
            await foreach (var happened in events.ConfigureAwait(false))
            {
                if (first || happened is not StackEvent.Snapshot { Status.Services.IsEmpty: true }) yield return happened;
                first = false;
            }
        }
        finally
        {
            // Whoever stops reading has let go of the stack.
            runner.Ask(new Operation.Down(false), CancellationToken.None);
            await running.ConfigureAwait(false);
            await over.CancelAsync().ConfigureAwait(false);
            await serving.ConfigureAwait(false);
        }
    }

    // Another process owns it: it carries the wishes out, this one looks on.
    private static async IAsyncEnumerable<StackEvent> FollowAsync(
        StackFolder folder, IAsyncEnumerable<StackEvent> asked, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var failed = false;
        await foreach (var happened in UntilCancelled(asked, cancellation).ConfigureAwait(false))
        {
            failed |= happened is StackEvent.StepFailed;
            yield return happened;
        }
        if (failed || cancellation.IsCancellationRequested) yield break;
        await using var watcher = await ControlClient.TryConnectAsync(folder.ControlSocket, cancellation).ConfigureAwait(false);
        if (watcher is null) yield break;
        await foreach (var happened in UntilCancelled(watcher.AskAsync(new ControlRequest.Watch(), cancellation), cancellation).ConfigureAwait(false))
            yield return happened;
    }

    private async IAsyncEnumerable<StackEvent> DetachAsync(StackRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var folder = FolderOf(request.Id);
        var wish = new ControlRequest.Up(request);
        while (await OwnerAsync(folder, adopt: false, cancellation).ConfigureAwait(false) is { } owner)
        {
            await using (owner.ConfigureAwait(false))
            {
                if (await owner.TryAskAsync(wish, cancellation).ConfigureAwait(false) is not { } asked) continue;
                await foreach (var happened in asked.ConfigureAwait(false)) yield return happened;
            }
            yield break;
        }
        using var born = await StartOwnerAsync(folder, adoptOnly: false, cancellation).ConfigureAwait(false);
        await using var made = await ControlClient.TryConnectAsync(folder.ControlSocket, cancellation).ConfigureAwait(false)
            ?? throw new BoltException(SurgeErrors.OwnerDied(LastWords(folder)));
        await foreach (var happened in made.AskAsync(wish, cancellation).ConfigureAwait(false)) yield return happened;
    }

    // The living owner; with adopt, also a new one for a detached stack whose owner died.
    private async Task<ControlClient?> OwnerAsync(StackFolder folder, bool adopt, CancellationToken cancellation)
    {
        if (!folder.Exists) return null;
        if (OwnerLock.OwnerOf(folder) is not null)
        {
            if (await ControlClient.TryConnectAsync(folder.ControlSocket, cancellation).ConfigureAwait(false) is { } answered) return answered;
            if (await MuteOwnerAsync(folder, cancellation).ConfigureAwait(false) is { } late) return late;
            if (OwnerLock.OwnerOf(folder) is not null) return null;
        }
        if (!adopt || Options.SuperviseCommand is null || !StackReader.IsOrphan(folder)) return null;
        using var born = await StartOwnerAsync(folder, adoptOnly: true, cancellation).ConfigureAwait(false);
        return await ControlClient.TryConnectAsync(folder.ControlSocket, cancellation).ConfigureAwait(false);
    }

    // One that holds the stack and does not answer is being killed, or does not listen yet.
    private static async Task<ControlClient?> MuteOwnerAsync(StackFolder folder, CancellationToken cancellation)
    {
        while (OwnerLock.OwnerOf(folder) is { } pid)
        {
            using var change = OwnerChange.TryWatch(folder, pid);
            if (change is null) continue;
            // After the watch began, so that nothing falls between.
            if (await ControlClient.TryConnectAsync(folder.ControlSocket, cancellation).ConfigureAwait(false) is { } owner) return owner;
            if (OwnerLock.OwnerOf(folder) is null || !await change.HappensAsync(cancellation).ConfigureAwait(false)) return null;
        }
        return null;
    }

    private async Task<Process> StartOwnerAsync(StackFolder folder, bool adoptOnly, CancellationToken cancellation)
    {
        var command = Options.SuperviseCommand ?? throw new BoltException(SurgeErrors.CannotDetach());
        folder.Create();
        StackFolder.Write(folder.SuperviseOrder, new SuperviseOrder(
            folder.Name.Id, adoptOnly, Options.StateFolder, Options.RunFolder, Options.CacheFolder,
            Options.ShimPath, [.. command], Options.DotnetPath, Options.RegistriesFile, Options.DockerConfigFile), StackJsonShapes.Default.SuperviseOrder);
        var start = new ProcessStartInfo(command[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach (var argument in command.Skip(1).Append(folder.SuperviseOrder)) start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        // One word on its standard output: from then on its socket answers.
        if (await process.StandardOutput.ReadLineAsync(cancellation).ConfigureAwait(false) == ReadyWord) return process;
        var words = await process.StandardError.ReadToEndAsync(cancellation).ConfigureAwait(false);
        process.Dispose();
        // Another command may have been faster; its owner is as good.
        if (OwnerLock.OwnerOf(folder) is not null) return Process.GetCurrentProcess();
        throw new BoltException(SurgeErrors.OwnerDied(words.Trim()));
    }

    private static async Task SeeReadyAsync(IAsyncEnumerable<StackEvent> events, Dictionary<string, ServiceState> services)
    {
        if (services.Count == 0) return;
        await foreach (var happened in events.ConfigureAwait(false))
        {
            if (happened is StackEvent.ServiceReady ready && services.GetValueOrDefault(ready.Service) == ServiceState.Ready) services.Remove(ready.Service);
            else if (happened is StackEvent.ServicePaused paused) services.Remove(paused.Service);
            if (services.Count == 0) return;
        }
    }

    private static void SayReady(StackFolder folder)
    {
        using (var output = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, 0)) output.Write("ready\n"u8);
        // The one who started this goes away, and its pipes with it: a later word must not end in EPIPE.
        using var log = File.OpenHandle(folder.SuperviseLog, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        Sys.Duplicate((int)log.DangerousGetHandle(), 1);
        Sys.Duplicate((int)log.DangerousGetHandle(), 2);
    }

    // The end of its input says that its maker is gone; without a wish by then there is nothing to own.
    private static async Task EndWhenNoOneAsksAsync(StackRunner runner)
    {
        using var input = new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, 0);
        var word = new byte[1];
        while (await Task.Run(() => input.Read(word)).ConfigureAwait(false) > 0) { }
        if (!runner.Asked) runner.Ask(new Operation.Down(false), CancellationToken.None);
    }

    private static string LastWords(StackFolder folder) => File.Exists(folder.SuperviseLog) ? File.ReadAllText(folder.SuperviseLog).Trim() : "";

    private static async IAsyncEnumerable<T> UntilCancelled<T>(IAsyncEnumerable<T> source, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var items = source.GetAsyncEnumerator(cancellation);
        while (true)
        {
            try
            {
                if (!await items.MoveNextAsync().ConfigureAwait(false)) yield break;
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                yield break;
            }
            yield return items.Current;
        }
    }
}
