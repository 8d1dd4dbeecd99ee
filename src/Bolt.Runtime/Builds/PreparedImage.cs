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
    /// <summary>Where the service's own environment may say who logs in.</summary>
    public ImmutableArray<RecipeLogin> Logins { get; init; } = [];
}

/// <summary>Who may log in to a recipe's service.</summary>
internal sealed record RecipeCredentials(string User, string Password, string Database)
{
    /// <summary>"NAME=value" of the service's variables that a <see cref="RecipeLogin"/> names, for the initialize program.</summary>
    public ImmutableArray<string> Variables { get; init; } = [];

    /// <summary>What the initialize program sees.</summary>
    public ImmutableArray<string> ForInitialize => [.. Variables, $"BOLT_USER={User}", $"BOLT_PASSWORD={Password}", $"BOLT_DATABASE={Database}"];

    /// <summary>
    /// Of the `auth` table, else of the service's environment, else the default user with a password that is asked for. Null:
    /// nobody logs in.
    /// </summary>
    /// <param name="auth">The user of the `auth` table and its password.</param>
    /// <param name="variables">The service's own environment.</param>
    /// <param name="makePassword">A password that no one chose.</param>
    public static RecipeCredentials? Of(
        (string User, string Password)? auth, RecipeTraits? recipe, IReadOnlyDictionary<string, string> variables, Func<string> makePassword)
    {
        var logins = recipe?.Logins ?? [];
        string Value(string name) => name.Length == 0 ? "" : variables.GetValueOrDefault(name, "");
        var database = logins.Select(l => Value(l.Database)).FirstOrDefault(d => d.Length > 0) ?? "";
        var named = logins.FirstOrDefault(l => Value(l.Password).Length > 0);
        var found = auth is var (user, password) ? new RecipeCredentials(user, password, database.Length > 0 ? database : user)
            : named is not null ? new RecipeCredentials(Value(named.User) is { Length: > 0 } chosen ? chosen : named.DefaultUser, Value(named.Password), database)
            : recipe?.DefaultUser is { } fallback ? new RecipeCredentials(fallback, makePassword(), database.Length > 0 ? database : fallback)
            : null;
        return found is null ? null : found with
        {
            Variables = [.. logins.SelectMany(l => (string[])[l.User, l.Password, l.Database]).Distinct().Where(n => Value(n).Length > 0).Select(n => $"{n}={Value(n)}")],
        };
    }
}

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
