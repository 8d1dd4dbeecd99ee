namespace Bolt;

/// <summary>What the library may not find out by itself: only the customer reads the environment, the home folder and the terminal.</summary>
public sealed record BoltOptions
{
    /// <summary>Absolute folder for what survives a reboot: blobs, trees, images, volumes.</summary>
    public required string StateFolder { get; init; }
    /// <summary>Absolute folder for what ends with a reboot: sockets, locks, logs.</summary>
    public required string RunFolder { get; init; }
    /// <summary>Absolute folder for what may be deleted at any time.</summary>
    public required string CacheFolder { get; init; }
    /// <summary>Absolute path of bolt-shim; null looks beside the library (see README of Bolt.Shim).</summary>
    public string? ShimPath { get; init; }
    /// <summary>Program and first arguments that start a detached owner ("bolt", "supervise"); null: detaching is refused.</summary>
    public IReadOnlyList<string>? SuperviseCommand { get; init; }
    /// <summary>Path of the dotnet host for <c>build = "./project"</c>; null looks in PATH.</summary>
    public string? DotnetPath { get; init; }
    /// <summary>Absolute path of registries.toml (docs/registries.md); null: registries need no settings.</summary>
    public string? RegistriesFile { get; init; }
    /// <summary>Absolute path of trust.toml (docs/trust.md); null: no rules, and a warning for images that nobody stands for.</summary>
    public string? TrustFile { get; init; }
    /// <summary>Absolute path of Docker's config.json with logins and credential helpers; null: no one is logged in.</summary>
    public string? DockerConfigFile { get; init; }

    /// <summary>
    /// The folders that the tool uses: as root /var/lib/bolt, /run/bolt and /var/cache/bolt, else below XDG_DATA_HOME,
    /// XDG_RUNTIME_DIR and XDG_CACHE_HOME (XDG base directory specification). BOLT_STATE, BOLT_RUN and BOLT_CACHE override.
    /// Registry settings are /etc/bolt/registries.toml or the one below XDG_CONFIG_HOME, or what BOLT_REGISTRIES names; trust.toml
    /// lies beside and BOLT_TRUST names another; logins are in DOCKER_CONFIG or ~/.docker.
    /// </summary>
    /// <param name="environment">Reads one environment variable.</param>
    /// <param name="root">The caller's effective uid is 0.</param>
    public static BoltOptions FromEnvironment(Func<string, string?> environment, bool root)
    {
        var home = environment("HOME") is { Length: > 0 } h ? h : "/root";
        string Pick(string own, string rootFolder, string? xdg, string fallback) =>
            environment(own) is { Length: > 0 } chosen ? Path.GetFullPath(chosen)
            : root ? rootFolder
            : Path.Combine(xdg is { Length: > 0 } ? xdg : fallback, "bolt");

        var config = environment("XDG_CONFIG_HOME") is { Length: > 0 } xdgConfig ? xdgConfig : home + "/.config";
        string Settings(string own, string name) => environment(own) is { Length: > 0 } chosen ? Path.GetFullPath(chosen) : SettingsOf(root, config, name);

        var state = Pick("BOLT_STATE", "/var/lib/bolt", environment("XDG_DATA_HOME"), home + "/.local/share");
        return new BoltOptions
        {
            StateFolder = state,
            RunFolder = Pick("BOLT_RUN", "/run/bolt", environment("XDG_RUNTIME_DIR"), state + "/run"),
            CacheFolder = Pick("BOLT_CACHE", "/var/cache/bolt", environment("XDG_CACHE_HOME"), home + "/.cache"),
            ShimPath = environment("BOLT_SHIM"),
            RegistriesFile = Settings("BOLT_REGISTRIES", "registries.toml"),
            TrustFile = Settings("BOLT_TRUST", "trust.toml"),
            DockerConfigFile = Path.GetFullPath((environment("DOCKER_CONFIG") is { Length: > 0 } docker ? docker : home + "/.docker") + "/config.json"),
        };
    }

    // The machine's settings count for whoever has none of his own.
    private static string SettingsOf(bool root, string config, string name)
    {
        var machine = "/etc/bolt/" + name;
        var own = Path.Combine(config, "bolt", name);
        return root || !File.Exists(own) ? machine : own;
    }
}
