using System.Collections.Immutable;
using Bolt.Launch;
using Bolt.Packages;

namespace Bolt.Builds;

/// <summary>A recipe as its author wrote it; <c>{version}</c> is filled in once the archive has told which one it is.</summary>
internal sealed record Recipe
{
    public required string Name { get; init; }
    /// <summary>Each an alternative list.</summary>
    public required ImmutableArray<string> Packages { get; init; }
    /// <summary>Alternatives, the first of which that exists tells the version.</summary>
    public string? VersionOf { get; init; }
    public ImmutableArray<string> Drops { get; init; } = [];
    public ImmutableArray<string> Prefers { get; init; } = [];
    public ImmutableArray<string> Prune { get; init; } = [];
    public ImmutableArray<string> Keep { get; init; } = [];
    public ImmutableArray<RecipeUser> Users { get; init; } = [];
    /// <summary>Folders, files and links with numeric owners.</summary>
    public ImmutableArray<LayerEntry> Entries { get; init; } = [];
    public ImmutableArray<string> Entrypoint { get; init; } = [];
    public ImmutableArray<string> Command { get; init; } = [];
    /// <summary>"NAME=value".</summary>
    public ImmutableArray<string> Environment { get; init; } = [];
    public string User { get; init; } = "";
    /// <summary>Who it starts as where only one id is mapped and it refuses to be root; empty: <see cref="User"/>.</summary>
    public string SingleUser { get; init; } = "";
    public string WorkingDirectory { get; init; } = "/";
    public ImmutableArray<int> Ports { get; init; } = [];
    public StopSignal StopSignal { get; init; } = StopSignal.SIGTERM;
    public ReadySignal Ready { get; init; } = new ReadySignal.Started();
    public string? Data { get; init; }
    public string? Url { get; init; }
    public string? DefaultUser { get; init; }
    public ImmutableArray<string>? Initialize { get; init; }
    public ImmutableArray<string> Ephemeral { get; init; } = [];
    public ImmutableArray<string> Freeze { get; init; } = [];
    /// <summary>"NAME=value" with {user}, {password} and {database}.</summary>
    public ImmutableArray<string> CredentialEnvironment { get; init; } = [];
    /// <summary>Tried in this order where the Boltfile has no `auth`.</summary>
    public ImmutableArray<RecipeLogin> Logins { get; init; } = [];
    public bool Template { get; init; }
    /// <summary>The machine's .NET runtime is laid over it; a tag is the runtime's version.</summary>
    public bool DotnetRuntime { get; init; }

    /// <summary>Who it starts as under this map.</summary>
    public string UserUnder(IdMap ids) => ids.Single && SingleUser.Length > 0 ? SingleUser : User;
}

/// <summary>
/// Names of environment variables that say who may log in, as the official image of the same program reads them. It counts
/// when the service sets the password's.
/// </summary>
/// <param name="User">Empty: it cannot be chosen.</param>
/// <param name="Database">Empty: none can be chosen.</param>
/// <param name="DefaultUser">Where the service does not set the user's.</param>
internal sealed record RecipeLogin(string User, string Password, string Database, string DefaultUser);

/// <summary>A user with a group of the same name.</summary>
internal sealed record RecipeUser(string Name, uint Uid, uint Gid, string Home, string Shell);

/// <summary>Signals that ask a program to end, with their numbers on Linux (signal(7)).</summary>
internal enum StopSignal
{
    SIGHUP = 1,
    SIGINT = 2,
    SIGQUIT = 3,
    SIGKILL = 9,
    SIGUSR1 = 10,
    SIGUSR2 = 12,
    SIGTERM = 15,
    SIGWINCH = 28,
}
