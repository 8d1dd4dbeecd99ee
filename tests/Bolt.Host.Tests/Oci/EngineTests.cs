using System.Globalization;

namespace Bolt.Host.Tests.Oci;

/// <summary>podman and buildah with Bolt as their runtime, each with a store of its own and an image that umoci made.</summary>
public sealed class EngineTests : IDisposable
{
    private readonly EngineRoom _room = new();

    [Fact]
    public void Podman_runs_detached_executes_checks_health_counts_and_stops()
    {
        Need("podman", "umoci");
        _room.MakeImage();
        const string program = "trap 'exit 3' TERM; echo started; while :; do sleep 0.05; done";
        var id = Podman(["run", "--detach", "--network", "none", .. _room.Group, "--name", "box", "--health-cmd", "test -e /tmp/well",
            "--health-interval", "disable", EngineRoom.Image, "sh", "-c", program]).Trim();
        Assert.Contains($"create --bundle {_room.Folder}/store/overlay-containers/{id}/userdata", _room.Calls);
        Assert.Equal("running " + _room.Runtime, Podman("inspect", "--format", "{{.State.Status}} {{.OCIRuntime}}", "box").Trim());
        var pid = int.Parse(Podman("inspect", "--format", "{{.State.Pid}}", "box"), CultureInfo.InvariantCulture);
        Assert.Equal($"sh\0-c\0{program}\0", File.ReadAllText($"/proc/{pid}/cmdline"));

        Assert.Equal("0\n", Podman("exec", "box", "id", "-u"));
        Assert.Equal(7, _room.Try(_room.Podman("exec", "box", "sh", "-c", "exit 7")).Code);
        Assert.NotEqual(0, _room.Try(_room.Podman("healthcheck", "run", "box")).Code);
        Podman("exec", "box", "sh", "-c", ": >/tmp/well");
        Podman("healthcheck", "run", "box");
        Assert.Equal("healthy", Podman("inspect", "--format", "{{.State.Healthcheck.Status}}", "box").Trim());
        if (EngineRoom.HasGroups)
            CountsAndPauses();

        Podman("stop", "--time", "30", "box");
        Assert.Equal("exited 3", Podman("inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", "box").Trim());
        Assert.Equal("started\n", Podman("logs", "box"));
        Podman("rm", "box");
        Assert.Equal("", Podman("ps", "--all", "--quiet"));
        Assert.Contains($"delete {id}", _room.Calls.Replace("--force ", "", StringComparison.Ordinal));
        Assert.False(Directory.Exists($"/proc/{pid}"));
    }

    [Fact]
    public void Podman_gives_a_terminal_and_its_size()
    {
        Need("podman", "umoci", "script");
        _room.MakeImage();
        // conmon sets the size, as soon as it has the terminal; a program may be faster.
        const string look = "test -t 0 && until stty size 2>/dev/null; do sleep 0.05; done";
        Assert.Contains("33 77", InTerminal(_room.Podman(["run", "--rm", "--interactive", "--tty", "--network", "none", .. _room.Group, EngineRoom.Image, "sh", "-c", look])));
        Podman(["run", "--detach", "--network", "none", .. _room.Group, "--name", "box", EngineRoom.Image, "sleep", "1000"]);
        Assert.Contains("33 77", InTerminal(_room.Podman("exec", "--interactive", "--tty", "box", "sh", "-c", look)));
    }

    [Fact]
    public void Podman_runs_in_the_foreground_and_its_exit_code_is_the_command_s()
    {
        Need("podman", "umoci");
        _room.MakeImage();
        string[] run = ["run", "--rm", "--network", "none", .. _room.Group];
        var answer = _room.Try(_room.Podman([.. run, EngineRoom.Image, "sh", "-c", "echo said; exit 5"]));
        Assert.Equal((5, "said\n"), (answer.Code, answer.Output));
        // What podman tells apart by the runtime's sentence.
        Assert.Equal(127, _room.Try(_room.Podman([.. run, EngineRoom.Image, "no-such-program"])).Code);
        Assert.Equal(126, _room.Try(_room.Podman([.. run, EngineRoom.Image, "/etc/passwd"])).Code);
        if (EngineRoom.HasGroups)
            Assert.Equal("67108864\n33\n", Podman([.. run, "--memory", "64m", "--pids-limit", "33", EngineRoom.Image, "sh", "-c",
                "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes memory.max 2>/dev/null; cat pids/pids.max pids.max 2>/dev/null; true"]));
    }

    [Fact]
    public void Buildah_builds_and_runs()
    {
        Need("podman", "buildah", "umoci");
        _room.MakeImage();
        var context = Directory.CreateDirectory(Path.Combine(_room.Folder, "context")).FullName;
        File.WriteAllText(Path.Combine(context, "Containerfile"), $"FROM {EngineRoom.Image}\nRUN id -u >/who && echo built >/made\nRUN test -e /made\nCMD cat /made\n");
        string[] runtime = ["--runtime", _room.Runtime];
        _room.Do(_room.Buildah(["bud", .. runtime, .. Bundle.IsRoot ? (string[])["--isolation", "oci"] : [], "--network", "none", "--tag", "localhost/made:1", context]));
        var built = _room.Calls;
        Assert.Equal(2, built.Split('\n').Count(call => call.Contains("create ", StringComparison.Ordinal)));
        var container = _room.Do(_room.Buildah("from", "localhost/made:1")).Trim();
        string[] run = ["run", .. runtime, .. Bundle.IsRoot ? (string[])["--isolation", "oci", "--network", "none"] : [], container];
        Assert.Equal("0\nbuilt\n", _room.Do(_room.Buildah([.. run, "cat", "/who", "/made"])));
        Assert.Equal(5, _room.Try(_room.Buildah([.. run, "sh", "-c", "exit 5"])).Code);
        Assert.NotEqual(built, _room.Calls);
        Assert.Equal("built\n", Podman(["run", "--rm", "--network", "none", .. _room.Group, "localhost/made:1"]));
        _room.Do(_room.Buildah("rm", container));
    }

    public void Dispose() => _room.Dispose();

    private static void Need(params string[] programs)
    {
        var missing = EngineRoom.Lacks(programs);
        Assert.SkipWhen(missing is not null, missing ?? "");
    }

    private string Podman(params string[] words) => _room.Do(_room.Podman(words));

    private void CountsAndPauses()
    {
        // "704.5kB / 25.28GB 2"
        var counted = Podman("stats", "--no-stream", "--format", "{{.MemUsage}} {{.PIDs}}", "box").Trim();
        Assert.Matches("^[1-9][0-9.]*[kM]B / .* [12]$", counted);
        Podman("pause", "box");
        Assert.Equal("paused", Podman("inspect", "--format", "{{.State.Status}}", "box").Trim());
        Podman("unpause", "box");
        Assert.Equal("running", Podman("inspect", "--format", "{{.State.Status}}", "box").Trim());
    }

    private string InTerminal(string[] command) =>
        _room.Do("script", "-qec", $"stty rows 33 cols 77; {string.Join(' ', command.Select(word => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'"))}", "/dev/null");
}
