using System.Collections.Immutable;
using Bolt.Diagnostics;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>An image that is ready to be started: its layers are unpacked trees owned by mapped ids.</summary>
internal sealed record PreparedImage
{
    /// <summary>What the user wrote.</summary>
    public required string Reference { get; init; }
    /// <summary>Digest of the OCI config: equal digests run equal bits.</summary>
    public required Digest Id { get; init; }
    /// <summary>Unpacked trees, lowest first.</summary>
    public required ImmutableArray<string> Layers { get; init; }
    /// <summary>Entrypoint, then Cmd, of the OCI config.</summary>
    public ImmutableArray<string> Entrypoint { get; init; } = [];
    /// <summary>Default arguments.</summary>
    public ImmutableArray<string> Command { get; init; } = [];
    /// <summary>"NAME=value".</summary>
    public ImmutableArray<string> Environment { get; init; } = [];
    /// <summary>user[:group]; empty means root.</summary>
    public string User { get; init; } = "";
    /// <summary>Working folder.</summary>
    public string WorkingDirectory { get; init; } = "/";
    /// <summary>TCP ports that it listens on.</summary>
    public ImmutableArray<int> ExposedPorts { get; init; } = [];
    /// <summary>Signal number that asks it to end.</summary>
    public int StopSignal { get; init; } = 15;
    /// <summary>What is to be said before it starts.</summary>
    public ImmutableArray<Diagnostic> Warnings { get; init; } = [];
    /// <summary>Labels of its config.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);
    /// <summary>Names that its project gives it.</summary>
    public ImmutableArray<string> Names { get; init; } = [];
    /// <summary>What only a recipe knows; null for other images.</summary>
    public RecipeTraits? Recipe { get; init; }
}

/// <summary>What a recipe says beyond an OCI image.</summary>
internal sealed record RecipeTraits
{
    /// <summary>How it says that it is ready.</summary>
    public required ReadySignal Ready { get; init; }
    /// <summary>Folder with the data that a volume keeps; null when there is none.</summary>
    public string? DataFolder { get; init; }
    /// <summary>"postgres://{user}:{password}@{host}:{port}/{database}"; null when it has no address.</summary>
    public string? Url { get; init; }
    /// <summary>Port for {port} in <see cref="Url"/>.</summary>
    public int? Port { get; init; }
    /// <summary>Default user for {user}, when the Boltfile has no auth table.</summary>
    public string? DefaultUser { get; init; }
    /// <summary>
    /// Prepares an empty data folder: run once in the capsule's own root with the data folder mounted, before the
    /// first start on a volume. Sees BOLT_USER, BOLT_PASSWORD and BOLT_DATABASE. Null: nothing to prepare.
    /// </summary>
    public ImmutableArray<string>? Initialize { get; init; }
    /// <summary>Arguments appended when the service has no volume: durability is traded for speed.</summary>
    public ImmutableArray<string> EphemeralArguments { get; init; } = [];
    /// <summary>
    /// Asks for a tree with the prepared data folder for these credentials, made once and kept, to lay under an ephemeral
    /// capsule. Null when <see cref="Initialize"/> is.
    /// </summary>
    public Func<RecipeCredentials, CancellationToken, Task<string>>? TemplateTree { get; init; }
    /// <summary>Run in the service before its data is frozen: it writes down what it keeps in memory alone.</summary>
    public ImmutableArray<string> Freeze { get; init; } = [];
    /// <summary>Extra environment, with {user}, {password} and {database} filled in by the caller.</summary>
    public ImmutableArray<string> Environment { get; init; } = [];
}

/// <summary>Who may log in to a recipe's service.</summary>
internal sealed record RecipeCredentials(string User, string Password, string Database);

/// <summary>How a service says that it answers.</summary>
internal abstract record ReadySignal
{
    /// <summary>READY=1 on the notify socket.</summary>
    public sealed record Notify : ReadySignal;
    /// <summary>The port listens in the capsule's network namespace.</summary>
    public sealed record Listen(int Port) : ReadySignal;
    /// <summary>Something answers HTTP at this port.</summary>
    public sealed record Http(int Port) : ReadySignal;
    /// <summary>A line of its output contains this text.</summary>
    public sealed record LogLine(string Text) : ReadySignal;
    /// <summary>Started is ready.</summary>
    public sealed record Started : ReadySignal;
}
