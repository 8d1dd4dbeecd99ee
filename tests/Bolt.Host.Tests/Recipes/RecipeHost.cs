using Bolt.Boltfiles;
using Bolt.Diagnostics;
using Bolt.Host.Tests.Recipes;
using Bolt.Launch;
using Bolt.Storage;
using Bolt.Surge;

[assembly: AssemblyFixture(typeof(RecipeHost))]

namespace Bolt.Host.Tests.Recipes;

/// <summary>A runtime whose folders are this suite's own: each recipe is fetched once, and nothing stays behind.</summary>
public sealed class RecipeHost : IAsyncLifetime
{
    private readonly string _root = Path.Combine("/var/tmp", $"bolt-recipes-{Guid.NewGuid():n}"[..21]);
    private int _count;

    public BoltRuntime Runtime { get; private set; } = null!;

    /// <summary>One whose packages are Debian 13's.</summary>
    internal BoltRuntime Trixie => With("trixie", () => Bolt.Packages.ArchiveSources.Debian("http://deb.debian.org", "trixie"));

    public ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_root);
        Runtime = With("state", null);
        return ValueTask.CompletedTask;
    }

    /// <summary>A runtime with images of its own and the packages that all share.</summary>
    /// <param name="archives">Null: the machine's.</param>
    internal BoltRuntime With(string state, Func<Bolt.Packages.ArchiveSources>? archives)
    {
        var options = new BoltOptions { StateFolder = Path.Combine(_root, state), RunFolder = Path.Combine(_root, "run"), CacheFolder = Path.Combine(_root, "cache") };
        return archives is null ? new BoltRuntime(options) : new BoltRuntime(options) { Archives = archives };
    }

    /// <summary>Brings up the services of a Boltfile and returns when all are ready.</summary>
    /// <param name="files">Beside the Boltfile: name and text.</param>
    internal Task<RecipeStack> UpAsync(string services, params (string Name, string Text)[] files) => RecipeStack.StartAsync(Runtime, File(services, files));

    /// <summary>A Boltfile in a folder of its own.</summary>
    internal Boltfile File(string services, params (string Name, string Text)[] files)
    {
        var folder = Path.Combine(_root, $"stack-{Interlocked.Increment(ref _count)}");
        Directory.CreateDirectory(folder);
        foreach (var (name, text) in files)
        {
            System.IO.File.WriteAllText(Path.Combine(folder, name), text);
        }
        var read = BoltfileReader.Read(Path.Combine(folder, "Boltfile.toml"), "project = \"recipes\"\n" + services);
        Assert.True(read.Ok, string.Join("\n", read.Diagnostics.Select(d => DiagnosticText.Render(d))));
        return read.Value!;
    }

    public async ValueTask DisposeAsync()
    {
        // The state is owned by mapped ids, so it goes the way it came.
        if (ShimLocation.Find(null) is { } shim && Directory.Exists(_root))
        {
            await new MappedFiles(shim, IdMap.OfCurrentUser()).DeleteTreeAsync(_root, CancellationToken.None);
        }
    }
}

/// <summary>A stack that this process owns; down, volumes included, when this ends.</summary>
internal sealed class RecipeStack : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly BoltRuntime _runtime;
    private readonly Boltfile _boltfile;
    private Task _events = Task.CompletedTask;

    private RecipeStack(BoltRuntime runtime, Boltfile boltfile)
    {
        _runtime = runtime;
        _boltfile = boltfile;
    }

    public static async Task<RecipeStack> StartAsync(BoltRuntime runtime, Boltfile boltfile)
    {
        var stack = new RecipeStack(runtime, boltfile);
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stack._events = Task.Run(async () =>
        {
            try
            {
                await foreach (var what in runtime.UpAsync(boltfile, new UpOptions([]), stack._end.Token))
                {
                    switch (what)
                    {
                        case StackEvent.StackReady: ready.TrySetResult(); break;
                        case StackEvent.StepFailed e: ready.TrySetException(new BoltException(e.Diagnostic)); break;
                    }
                }
                ready.TrySetException(new InvalidOperationException("the stack ended before it was ready"));
            }
            catch (Exception failure)
            {
                ready.TrySetException(failure);
            }
        });
        try
        {
            await ready.Task;
            return stack;
        }
        catch (BoltException failure)
        {
            await stack.DisposeAsync();
            throw new Xunit.Sdk.XunitException(DiagnosticText.Render(failure.Diagnostic));
        }
    }

    /// <summary>The port of the host that leads to a service's.</summary>
    public async Task<int> PortAsync(string service, int inner)
    {
        var status = await _runtime.StatusAsync(_boltfile, CancellationToken.None);
        return status!.Services.Single(s => s.Name == service).Ports.Single(p => p.ContainerPort == inner).HostPort;
    }

    /// <summary>Exit code and standard output of a command inside.</summary>
    public async Task<(int Code, string Output)> ExecAsync(string service, params string[] command)
    {
        using var output = new MemoryStream();
        var options = new ExecOptions(service, [.. command], System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty, null, null, false);
        var code = await _runtime.ExecAsync(_boltfile, options, new CallerStreams(null, output, output), CancellationToken.None);
        return (code, System.Text.Encoding.UTF8.GetString(output.ToArray()));
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _events;
        await foreach (var _ in _runtime.DownAsync(_boltfile, volumes: true, CancellationToken.None))
        {
        }
        _end.Dispose();
    }
}
