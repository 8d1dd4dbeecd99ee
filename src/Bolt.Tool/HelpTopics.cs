namespace Bolt.Tool;

/// <summary>What is worth a page and belongs to no verb.</summary>
internal static class HelpTopics
{
    public const string ExitCodes = """
        0 done, 1 failed, 2 wrong usage or invalid file, 70 a bug in Bolt, 130 interrupted.
        `run` and `exec` pass the code of what ran inside; or 127 no such program, 126 it cannot be executed, 125 Bolt itself failed.
        """;

    private static readonly (string Name, string Text)[] All =
    [
        ("boltfile", """
            One TOML file, Boltfile.toml, describes a stack: `project` names it, each `[services.NAME]` is a service that comes from

              image = "bolt://nginx:latest"   a recipe, an image of a registry, or the folder of an OCI layout
              build = "./api"                 a .NET project or a Dockerfile
              capsule = "postgres"            a recipe by name, or a file of your own

            and may have ports, volumes, env, depends_on, storage.size, auth, command, entrypoint, working_dir, user, restart,
            healthcheck, read_only, tmpfs, cap_add, cap_drop, sysctls, labels, memory_limit, cpu_limit and more. `bolt://SERVICE` in
            env becomes the connection URL of that service and orders the start. `${NAME}` is taken from the environment.
            `bolt up --dry-run` checks the file and says what would be done. The README of Bolt has the table of all keys.
            """),
        ("environment", """
            BOLT_STATE   images, volumes and builds      (root: /var/lib/bolt, else ~/.local/share/bolt)
            BOLT_RUN     what runs now: locks, sockets, logs (root: /run/bolt, else $XDG_RUNTIME_DIR/bolt)
            BOLT_CACHE   what was fetched and can be fetched again
            BOLT_REGISTRIES, BOLT_TRUST   another registries.toml, another trust.toml
            COSIGN_PASSWORD   opens a private key for `bolt sign`
            NO_COLOR     no colours
            DOTNET_HOST_PATH   the dotnet that builds projects; else the first in PATH
            """),
        ("exit-codes", ExitCodes),
        ("recipes", """
            Servers: nginx, caddy, postgres, mariadb, redis, memcached, nats, rabbitmq, mosquitto. To run what is yours: node,
            python, openjdk, dotnet-runtime, debian, busybox. All from the packages of this machine's own archive (.NET: this
            machine's own); a tag picks the version: `postgres:15`. `packages = ["jq"]` in a service installs any others on top.
            bolt.lock pins what was chosen: commit it. A recipe of your own is a file NAME.capsule.toml, which
            `capsule = "./NAME.capsule.toml"` names; `dotnet new bolt-capsule` makes one.
            """),
    ];

    public static string Names => string.Join(", ", All.Select(t => t.Name));

    public static string? Find(string name) => All.FirstOrDefault(t => t.Name == name).Text;
}
