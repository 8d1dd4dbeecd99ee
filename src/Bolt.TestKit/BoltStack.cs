using System.Collections.Immutable;
using Bolt.Boltfiles;
using Bolt.Diagnostics;
using Bolt.Surge;

namespace Bolt.TestKit;

/// <summary>
/// A stack for tests, in the test's own process: no tool, no daemon. It is a copy of the Boltfile's stack with a name, a network
/// and data of its own, so it disturbs neither a running stack of the same file nor another test. Disposing kills and deletes
/// it; when the process dies, however it dies, all of it goes too.
/// </summary>
/// <example><code>
/// await using var stack = await BoltStack.FromFile("Boltfile.toml").StartAsync(cancellation);
/// await using var db = new NpgsqlConnection(stack["db"].ConnectionString);
/// </code></example>
public sealed partial class BoltStack : IAsyncDisposable
{
    private readonly BoltRuntime _runtime;
    private readonly bool _unwritten;
    private readonly Dictionary<string, ImmutableArray<Wait>> _waits = [];
    private Boltfile _boltfile;
    private ImmutableArray<EphemeralFile> _files = [];
    private Action<LogLine>? _log;
    private bool _internet;
    private TimeSpan? _readyTimeout;
    private int _warmForks = 2;

    private BoltStack(Boltfile boltfile, BoltRuntime runtime, bool unwritten) => (_boltfile, _runtime, _unwritten) = (boltfile, runtime, unwritten);

    /// <summary>The stack that a Boltfile describes, not yet started.</summary>
    /// <param name="path">The file, or its folder; relative paths start at the working folder, then at the folder of the test's assembly and
    /// those above it.</param>
    /// <param name="options">Folders and programs; null: those that the `bolt` tool uses.</param>
    /// <exception cref="BoltException">The file has an error, or is not there.</exception>
    public static BoltStack FromFile(string path, BoltOptions? options = null)
    {
        var loaded = BoltRuntime.Load(Locate(path), Environment.GetEnvironmentVariable);
        return loaded.Ok
            ? new BoltStack(loaded.Value!, Runtime(options), unwritten: false)
            : throw new BoltException(loaded.Diagnostics.First(d => d.Severity == Severity.Error));
    }

    /// <summary>The stack of a Boltfile made in code.</summary>
    /// <param name="boltfile">Its path tells where relative paths start.</param>
    /// <param name="options">Folders and programs; null: those that the `bolt` tool uses.</param>
    public static BoltStack From(Boltfile boltfile, BoltOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(boltfile);
        return new BoltStack(boltfile, Runtime(options), unwritten: !File.Exists(boltfile.Path));
    }

    /// <summary>An empty stack to add capsules to.</summary>
    /// <param name="project">Its name.</param>
    /// <param name="options">Folders and programs; null: those that the `bolt` tool uses.</param>
    public static BoltStack Create(string project, BoltOptions? options = null) =>
        new(new Boltfile { Path = Path.GetFullPath("Boltfile.toml"), Project = project }, Runtime(options), unwritten: true);

    /// <summary>Adds a capsule under a name, by which the others reach it.</summary>
    public BoltStack Add(string name, Capsule capsule)
    {
        ArgumentNullException.ThrowIfNull(capsule);
        _boltfile = _boltfile with { Services = _boltfile.Services.Add(capsule.Wanted with { Name = name }) };
        _files = [.. _files, .. capsule.Files.Select(f => f with { Service = name })];
        _waits[name] = capsule.Waits;
        _internet |= capsule.Internet;
        _readyTimeout = capsule.ReadyTimeout > _readyTimeout || _readyTimeout is null ? capsule.ReadyTimeout : _readyTimeout;
        return this;
    }

    /// <summary>Changes a service of the Boltfile for this copy: <c>s => s with { … }</c>.</summary>
    public BoltStack WithService(string service, Func<Service, Service> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        var wanted = Find(service);
        _boltfile = _boltfile with { Services = _boltfile.Services.Replace(wanted, change(wanted)) };
        return this;
    }

    /// <summary>Sets a variable of a service; <c>bolt://NAME</c> becomes that service's connection URL.</summary>
    public BoltStack WithEnvironment(string service, string name, string value) =>
        WithService(service, s => s with { Env = s.Env.SetItem(name, value) });

    /// <summary>Shows a service a file, read-only.</summary>
    public BoltStack WithFile(string service, string target, ReadOnlyMemory<byte> content, UnixFileMode mode = Capsule.FileMode)
    {
        _files = _files.Add(new EphemeralFile(Find(service).Name, target, content, mode));
        return this;
    }

    /// <summary>Waits for this too before the stack counts as started, besides the service's own readiness.</summary>
    public BoltStack WithWait(string service, Wait wait)
    {
        _waits[Find(service).Name] = [.. _waits.GetValueOrDefault(service, []), wait];
        return this;
    }

    /// <summary>Lets services reach the world outside. Without it they reach each other alone, as a test that depends on the weather is none.</summary>
    public BoltStack WithInternet()
    {
        _internet = true;
        return this;
    }

    /// <summary>How long a service may take to become ready; a minute unless set.</summary>
    public BoltStack WithReadyTimeout(TimeSpan timeout)
    {
        _readyTimeout = timeout;
        return this;
    }

    /// <summary>Every line that a service writes goes here as well, of forks too. Called from any thread.</summary>
    public BoltStack WithLog(Action<LogLine> log)
    {
        _log += log;
        return this;
    }

    /// <summary>How many forks are made ahead once the first has been asked for; 2 unless set. 0: each is made when asked for.</summary>
    public BoltStack WithWarmForks(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        _warmForks = count;
        return this;
    }

    private static BoltRuntime Runtime(BoltOptions? options) =>
        new(options ?? BoltOptions.FromEnvironment(Environment.GetEnvironmentVariable, Environment.IsPrivilegedProcess));

    // A test's working folder is its output folder, some levels below the project that the file lies in.
    private static string Locate(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Path.IsPathRooted(path) || File.Exists(path) || Directory.Exists(path)) return Path.GetFullPath(path);
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (Path.Combine(folder, path) is var there && (File.Exists(there) || Directory.Exists(there))) return Path.GetFullPath(there);
        }
        return Path.GetFullPath(path);
    }

    private Service Find(string service) => _boltfile.Services.FirstOrDefault(s => s.Name == service)
        ?? throw new ArgumentException($"the stack has no service {service}; it has {string.Join(", ", _boltfile.Services.Select(s => s.Name))}", nameof(service));
}
