namespace Bolt.Tool.Oci;

/// <summary>What `bolt oci --help` prints.</summary>
internal static class OciHelp
{
    public const string Text = """
        usage: bolt oci [GLOBAL OPTIONS] VERB [OPTIONS] ...

        An OCI runtime (runtime-spec 1.2) with runc's command line, for container engines. A link named bolt-oci to bolt is the
        same without the word `oci`:  ln -s "$(command -v bolt)" ~/bin/bolt-oci; podman --runtime ~/bin/bolt-oci run ...

        global options: --root FOLDER  --log FILE  --log-format text|json  --version
                        --systemd-cgroup (cgroupsPath is then slice:prefix:name; systemd makes the group)
                        --rootless, --debug, --criu are taken as runc takes them

        create [-b BUNDLE] [--console-socket S] [--pid-file F] [--preserve-fds N] [--no-pivot] [--no-new-keyring] ID
        start ID
        run [as create] [-d] [--keep] ID
        state ID
        kill [--all] ID [SIGNAL]
        delete [--force] ID
        exec [-d] [-t] [-p PROCESS.json] [--cwd FOLDER] [-e NAME=VALUE] [-u UID[:GID]] [-g GID] [-c CAP] [--no-new-privs]
             [--console-socket S] [--pid-file F] [--preserve-fds N] [--ignore-paused] ID CMD ...
        list [-q] [-f json]
        ps [-f json] ID
        pause ID
        resume ID
        update [-r RESOURCES.json|-] [--memory 64m] [--memory-swap SIZE] [--memory-reservation SIZE] [--pids-limit N] [--blkio-weight N]
               [--cpu-quota US] [--cpu-period US] [--cpu-burst US] [--cpu-share N] [--cpu-idle 0|1] [--cpuset-cpus 0-2] [--cpuset-mems 0]
               [--cpu-rt-period US] [--cpu-rt-runtime US] ID
        features
        spec [-b BUNDLE] [--rootless]

        """;
}
