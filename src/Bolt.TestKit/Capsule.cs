using System.Collections.Immutable;
using System.Text;
using Bolt.Boltfiles;

namespace Bolt.TestKit;

/// <summary>
/// One isolated service to start for a test. Each With… gives a new one, so a common definition can be kept and varied.
/// </summary>
/// <example><code>
/// await using var db = await Capsule.Postgres().WithUser("shop", "secret").StartAsync(cancellation);
/// await using var connection = new NpgsqlConnection(db.ConnectionString);
/// </code></example>
public sealed record Capsule
{
    internal const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private Capsule(string name, ServiceSource source) => Wanted = new Service { Name = name, Source = source };

    internal Service Wanted { get; init; }
    internal ImmutableArray<EphemeralFile> Files { get; init; } = [];
    internal ImmutableArray<Wait> Waits { get; init; } = [];
    internal bool Internet { get; init; }
    internal TimeSpan? ReadyTimeout { get; init; }

    /// <summary>PostgreSQL from the machine's own distribution.</summary>
    /// <param name="version">Its major version; null: the archive's.</param>
    public static Capsule Postgres(string? version = null) => FromRecipe(Tagged("postgres", version));

    /// <summary>Redis.</summary>
    /// <param name="version">Its version; null: the archive's.</param>
    public static Capsule Redis(string? version = null) => FromRecipe(Tagged("redis", version));

    /// <summary>nginx.</summary>
    /// <param name="version">Its version; null: the archive's.</param>
    public static Capsule Nginx(string? version = null) => FromRecipe(Tagged("nginx", version));

    /// <summary>Caddy.</summary>
    /// <param name="version">Its version; null: the archive's.</param>
    public static Capsule Caddy(string? version = null) => FromRecipe(Tagged("caddy", version));

    /// <summary>NATS.</summary>
    /// <param name="version">Its version; null: the archive's.</param>
    public static Capsule Nats(string? version = null) => FromRecipe(Tagged("nats", version));

    /// <summary>An image by its reference, or the folder of an OCI layout.</summary>
    public static Capsule FromImage(string reference) => new("main", new ServiceSource.Image(reference));

    /// <summary>A recipe by its name and version (<c>postgres:15</c>), or the path of a <c>*.capsule.toml</c>.</summary>
    public static Capsule FromRecipe(string recipe) => new("main", new ServiceSource.Capsule(recipe));

    /// <summary>A .NET project, published by the SDK.</summary>
    /// <param name="path">The project file or its folder.</param>
    public static Capsule FromProject(string path) =>
        new("main", new ServiceSource.Build(path is not null && path.EndsWith("proj", StringComparison.Ordinal) ? Path.GetDirectoryName(Path.GetFullPath(path))! : path!));

    /// <summary>Its name in its own network, and its host name; <c>main</c> unless set.</summary>
    public Capsule WithName(string name) => this with { Wanted = Wanted with { Name = name } };

    /// <summary>Sets an environment variable.</summary>
    public Capsule WithEnvironment(string name, string value) => this with { Wanted = Wanted with { Env = Wanted.Env.SetItem(name, value) } };

    /// <summary>Replaces the arguments of the image.</summary>
    public Capsule WithCommand(params string[] command) => this with { Wanted = Wanted with { Command = [.. command] } };

    /// <summary>Replaces the program of the image.</summary>
    public Capsule WithEntrypoint(params string[] entrypoint) => this with { Wanted = Wanted with { Entrypoint = [.. entrypoint] } };

    /// <summary>Who may log in to a recipe's service, and the name of the database: the user's.</summary>
    public Capsule WithUser(string user, string password) => this with { Wanted = Wanted with { Auth = new AuthTable(user, password) } };

    /// <summary>A TCP port that it listens on: it counts as ready only then, unless its recipe has a signal of its own.</summary>
    public Capsule WithPort(int port) =>
        this with { Wanted = Wanted with { Ports = Wanted.Ports.Add(new PortMapping("127.0.0.1", 0, port, PortProtocol.Tcp)) } };

    /// <summary>Shows it a file, read-only.</summary>
    public Capsule WithFile(string target, string content) => WithFile(target, Encoding.UTF8.GetBytes(content));

    /// <summary>Shows it a file, read-only.</summary>
    public Capsule WithFile(string target, ReadOnlyMemory<byte> content, UnixFileMode mode = FileMode) =>
        this with { Files = Files.Add(new EphemeralFile("", target, content, mode)) };

    /// <summary>Shows it a folder or file of this machine.</summary>
    public Capsule WithFolder(string source, string target, bool readOnly = true) =>
        this with { Wanted = Wanted with { Volumes = Wanted.Volumes.Add(new VolumeMount.Bind(Path.GetFullPath(source), target, readOnly)) } };

    /// <summary>A volume of the stack, which services that name it share; it is copied by forks and deleted with the stack.</summary>
    public Capsule WithVolume(string volume, string target) =>
        this with { Wanted = Wanted with { Volumes = Wanted.Volumes.Add(new VolumeMount.Named(volume, target, false)) } };

    /// <summary>An empty folder in memory.</summary>
    public Capsule WithTmpfs(string target) => this with { Wanted = Wanted with { Tmpfs = Wanted.Tmpfs.Add(target) } };

    /// <summary>A limit of its memory in bytes, where the host can apply one.</summary>
    public Capsule WithMemoryLimit(long bytes) => this with { Wanted = Wanted with { MemoryLimit = bytes } };

    /// <summary>Starts after these and can reach them by name.</summary>
    public Capsule DependsOn(params string[] services) => this with { Wanted = Wanted with { DependsOn = [.. Wanted.DependsOn, .. services] } };

    /// <summary>Waits for this too, besides its own readiness.</summary>
    public Capsule WithWait(Wait wait) => this with { Waits = Waits.Add(wait) };

    /// <summary>It may take this long to become ready; a minute unless set.</summary>
    public Capsule WithReadyTimeout(TimeSpan timeout) => this with { ReadyTimeout = timeout };

    /// <summary>It may reach the world outside.</summary>
    public Capsule WithInternet() => this with { Internet = true };

    /// <summary>Any other key of a Boltfile's service: <c>s => s with { … }</c>.</summary>
    public Capsule With(Func<Service, Service> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return this with { Wanted = change(Wanted) };
    }

    /// <summary>Starts it in a stack of its own; returns when it is ready.</summary>
    /// <param name="cancellation">Gives up; what was started is removed.</param>
    /// <param name="options">Folders and programs; null: those that the `bolt` tool uses.</param>
    /// <exception cref="Bolt.Diagnostics.BoltException">A step failed; nothing is left running.</exception>
    public async Task<StartedCapsule> StartAsync(CancellationToken cancellation, BoltOptions? options = null)
    {
        var stack = await BoltStack.Create(Wanted.Name, options).Add(Wanted.Name, this).StartAsync(cancellation).ConfigureAwait(false);
        return new StartedCapsule(stack, Wanted.Name);
    }

    private static string Tagged(string recipe, string? version) => version is null ? recipe : $"{recipe}:{version}";
}
