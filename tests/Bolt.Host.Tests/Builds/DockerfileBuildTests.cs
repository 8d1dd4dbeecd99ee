using System.Collections.Immutable;
using System.Text;
using Bolt.Builds;

namespace Bolt.Host.Tests.Builds;

/// <summary>Dockerfiles built on the real kernel: RUN steps are capsules, layers are looked at as tars.</summary>
public sealed class DockerfileBuildTests : IAsyncDisposable
{
    private readonly BuildRoom room = new();

    public ValueTask DisposeAsync() => room.DisposeAsync();

    [Fact]
    public async Task Layers_hold_what_steps_wrote_and_nothing_that_was_made_for_them()
    {
        await room.BuildAsync(BuildRoom.From + """
            RUN mkdir -p /app/keep /app/old && echo one > /app/old/file && echo two > /app/gone && chmod 4750 /app/keep && chown 5:6 /app/gone
            RUN rm -r /app/gone /app/old && mkdir /app/old && ln -s keep /app/link && ln /tmp/x /tmp/y 2>/dev/null; echo new > /app/old/other
            RUN --mount=type=tmpfs,target=/scratch/deep touch /scratch/deep/x
            """);
        var files = await room.FilesAsync();
        Assert.Equal(
        [
            "app=755 0:0 /", "app/keep=4750 0:0 /", "app/link=777 0:0 -> keep", "app/old=755 0:0 /", "app/old/other=644 0:0 new",
            "etc=755 0:0 /", "tmp=755 0:0 /",
        ], files.Select(f => $"{f.Key}={f.Value}"));
        // The step that only used a mount made no layer: base, programs, two RUNs.
        Assert.Equal(4, room.Runtime.ListImages(false).Single(i => i.Reference.EndsWith("built:1", StringComparison.Ordinal)).Layers);
        Assert.Empty(room.Left);
    }

    [Fact]
    public async Task Variables_stages_and_commands_are_as_Docker_has_them()
    {
        await room.BuildAsync("ARG WHO=world\n" + BuildRoom.From + """
            ARG WHO
            ARG GREETING="hello ${WHO:-nobody}"
            ENV NAME=$WHO TWICE="${NAME:-unset}"
            WORKDIR /work/$WHO
            RUN echo "$GREETING $NAME $TWICE $PWD $HOME" && id -u
            SHELL ["/bin/sh", "-xc"]
            RUN true
            RUN ["echo", "$NAME"]
            SHELL ["/bin/sh", "-c"]
            RUN <<SCRIPT
            echo first
            cat <<'INNER'
            $second
            INNER
            SCRIPT
            RUN <<EOF
            #!/bin/busybox sh
            echo "program $0"
            EOF
            USER 1000:1001
            RUN id -u && id -g && cat /etc/hostname
            FROM base AS unused
            RUN false
            FROM base
            COPY --from=0 /work /work
            CMD ["sleep", "1"]
            ENTRYPOINT exec echo
            """, o => o with { Arguments = o.Arguments.Add("WHO", "moon") });
        Assert.Contains("hello moon moon unset /work/moon /", room.Output);
        Assert.Contains("+ true", room.Output);
        Assert.Contains("\n$NAME\n", room.Output);
        Assert.Contains("first\n$second", room.Output);
        Assert.Contains("program /dev/pipes/EOF\n1000\n1001\nbuildkitsandbox", room.Output);
        var config = room.Runtime.InspectImage("built:1");
        Assert.Contains("\"exec echo\"", config);
        Assert.Contains("\"sleep\"", config);
        Assert.DoesNotContain(room.Events.OfType<BuildEvent.StepStarted>(), s => s.Stage == "unused");
    }

    [Fact]
    public async Task What_has_not_changed_is_not_run_again()
    {
        const string dockerfile = BuildRoom.From + "WORKDIR /app\nCOPY package.txt .\nRUN cat package.txt > installed\nCOPY . .\nRUN cat source.txt > compiled\n";
        room.Write("package.txt", "1");
        room.Write("source.txt", "a");
        room.Write(".dockerignore", "Dockerfile\n.dockerignore\n");
        var first = await room.BuildAsync(dockerfile);
        File.SetLastWriteTimeUtc(room.Context + "/package.txt", DateTime.UtcNow.AddDays(1));
        var again = await room.BuildAsync(dockerfile);
        Assert.Empty(room.Ran);
        Assert.Equal(first, again with { Tags = first.Tags });
        room.Write("source.txt", "b");
        await room.BuildAsync(dockerfile);
        Assert.Equal(["COPY . .", "RUN cat source.txt > compiled"], room.Ran);
        room.Write("package.txt", "1", (UnixFileMode)0b111_101_101);
        await room.BuildAsync(dockerfile);
        Assert.Contains("COPY package.txt .", room.Ran);
        // gc keeps what the cache names, and what it does not find is made anew.
        await room.Runtime.CollectGarbageAsync(false, TimeSpan.Zero, CancellationToken.None);
        await room.BuildAsync(dockerfile);
        Assert.Empty(room.Ran);
        await room.BuildAsync(dockerfile, o => o with { NoCache = true });
        Assert.Equal(6, room.Ran.Length);
        Assert.Empty(room.Left);
    }

    [Fact]
    public async Task A_failing_step_shows_its_line_its_command_and_what_it_wrote()
    {
        var failed = await room.FailAsync(BuildRoom.From + "RUN echo before && \\\n    echo wrong >&2 && exit 3\nRUN never\n");
        Assert.Equal("BOLT2701", failed.Code);
        Assert.Equal("`RUN echo before && echo wrong >&2 && exit 3` ended with code 3", failed.Message);
        Assert.Equal((3, "app/Dockerfile"), (failed.At!.Line, failed.At.File[^14..]));
        Assert.Equal(("before", "wrong"), (failed.Cause!.Message, failed.Cause.Cause!.Message));
        Assert.Empty(room.Left);
        Assert.Equal("BOLT2702", (await room.FailAsync(BuildRoom.From + "RUN [\"/no/such/program\"]\n")).Code);
        Assert.Equal("BOLT2703", (await room.FailAsync(BuildRoom.From + "COPY nothing /x\n")).Code);
        Assert.Equal("BOLT2708", (await room.FailAsync(BuildRoom.From + "COPY --chown=nobody-here Dockerfile /x\n")).Code);
        Assert.Equal("BOLT2705", (await room.FailAsync("FROM --platform=linux/s390x ../image\n")).Code);
        Assert.Equal("BOLT2706", (await room.FailAsync(BuildRoom.From + "RUN --mount=type=secret,id=token,required=true true\n")).Code);
        Assert.Equal("BOLT2713", (await room.FailAsync(BuildRoom.From + "ENV A=\"${B:?say what}\"\n")).Code);
    }

    [Fact]
    public async Task A_secret_is_in_no_layer_history_or_key()
    {
        const string secret = "hunter2-of-the-tests";
        var secrets = ImmutableDictionary<string, ImmutableArray<byte>>.Empty.Add("token", [.. Encoding.UTF8.GetBytes(secret)]).Add("word", [.. Encoding.UTF8.GetBytes(secret)]);
        const string dockerfile = BuildRoom.From + """
            RUN --mount=type=secret,id=token,uid=7,mode=0440 --mount=type=secret,id=word,env=WORD \
                test "$(cat /run/secrets/token)" = "$WORD" && stat -c '%u %a' /run/secrets/token && echo ${#WORD} > /length
            RUN test -z "$WORD" && test ! -e /run/secrets
            """;
        await room.BuildAsync(dockerfile, o => o with { Secrets = secrets });
        Assert.Contains("7 440", room.Output);
        Assert.Equal("644 0:0 20", (await room.FilesAsync(below: "length"))["length"]);
        foreach (var file in Directory.EnumerateFiles(room.State, "*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Device }))
        {
            Assert.False(File.ReadAllBytes(file).AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) >= 0, file);
        }
        // Another secret is no other input.
        await room.BuildAsync(dockerfile, o => o with { Secrets = secrets.SetItem("token", [1]).SetItem("word", [1]) });
        Assert.Empty(room.Ran);
    }

    [Fact]
    public async Task Caches_last_binds_are_read_and_the_network_can_be_shut()
    {
        room.Write("data/input.txt", "input");
        room.Write("data/left-out.txt", "out");
        room.Write(".dockerignore", "data/left-out.txt\n");
        const string dockerfile = BuildRoom.From + """
            RUN mkdir /made && echo made > /made/file
            FROM base
            RUN --mount=type=cache,target=/cache,uid=3,mode=0700 --mount=type=bind,source=data,target=/in --mount=type=bind,from=base,source=/made,target=/from,rw \
                stat -c '%u %a' /cache && echo run >> /cache/count && wc -l < /cache/count && ls /in && cat /in/input.txt /from/file && echo changed > /from/file; \
                touch /in/x 2>/dev/null || echo cannot write
            RUN --mount=type=bind,source=data/input.txt,target=/one.txt cat /one.txt > /copied && ls /sys/class/net
            RUN --network=none ls /sys/class/net
            """;
        await room.BuildAsync(dockerfile);
        Assert.Contains("3 700\n1\ninput.txt\ninputmade\ncannot write", room.Output);
        Assert.EndsWith("\nlo", room.Output);
        Assert.Equal(["copied=644 0:0 input", "etc=755 0:0 /", "made=755 0:0 /", "made/file=644 0:0 made", "tmp=755 0:0 /"], (await room.FilesAsync()).Select(f => $"{f.Key}={f.Value}"));
        room.Write("data/left-out.txt", "no input");
        await room.BuildAsync(dockerfile);
        Assert.Empty(room.Ran);
        room.Write("data/input.txt", "other");
        await room.BuildAsync(dockerfile);
        // The cache has outlived the first build.
        Assert.Contains("3 700\n2\ninput.txt\nothermade", room.Output);
        Assert.Empty(room.Left);
    }

    [Fact]
    public async Task Stages_that_do_not_need_each_other_run_side_by_side()
    {
        // Each waits for the other at a FIFO; one after the other they would wait for ever.
        const string meet = "RUN --mount=type=cache,id=meeting,target=/m mkfifo /m/a /m/b 2>/dev/null; ";
        await room.BuildAsync(BuildRoom.From + "FROM base AS left\n" + meet + "echo left > /m/a & cat /m/b > /got; wait\nFROM base AS right\n" + meet
            + "echo right > /m/b & cat /m/a > /got; wait\nFROM base\nCOPY --from=left /got /left\nCOPY --from=right /got /right\n");
        var files = await room.FilesAsync();
        Assert.Equal(("644 0:0 right", "644 0:0 left"), (files["left"], files["right"]));
    }

    [Fact]
    public async Task With_a_time_given_two_runs_are_equal_to_the_bit()
    {
        const string dockerfile = BuildRoom.From + "RUN mkdir /a && date > /dev/null && echo x > /a/b && rm -r /tmp\nCOPY Dockerfile /c\n";
        ImageBuildOptions At(ImageBuildOptions o) => o with { SourceDateEpoch = 1_000_000_000, NoCache = true };
        var first = await room.BuildAsync(dockerfile, At);
        var second = await room.BuildAsync(dockerfile, At);
        Assert.Equal(first.Id, second.Id);
        Assert.Contains("2001-09-09T01:46:40", room.Runtime.InspectImage("built:1"));
    }

    [Fact]
    public async Task A_build_that_is_called_off_leaves_nothing()
    {
        using var off = new CancellationTokenSource();
        room.Write("Dockerfile", BuildRoom.From + "RUN echo started; sleep 1000\n");
        var build = room.Runtime.BuildAsync(room.Options, new CancelAt(off), off.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => build);
        Assert.Empty(room.Left);
    }

    [Fact]
    public async Task A_service_is_built_from_its_Dockerfile()
    {
        room.Write("Dockerfile", BuildRoom.From + "COPY word /word\nCMD [\"sh\", \"-c\", \"cat /word; sleep 1000\"]\n");
        room.Write("word", "served");
        var file = room.Stack.File("[services.app]\nbuild = \"./app\"\n");
        var prepared = Assert.Single(await room.Runtime.PrepareAsync(file, [], offline: true, null, CancellationToken.None));
        room.Write("word", "other");
        Assert.NotEqual(prepared.Id, Assert.Single(await room.Runtime.PrepareAsync(file, [], offline: true, null, CancellationToken.None)).Id);
        room.Write("word", "served");
        Assert.Equal(prepared.Id, Assert.Single(await room.Runtime.PrepareAsync(file, [], offline: true, null, CancellationToken.None)).Id);
    }

    private sealed class CancelAt(CancellationTokenSource off) : IProgress<BuildEvent>
    {
        public void Report(BuildEvent value)
        {
            if (value is BuildEvent.StepOutput)
            {
                off.Cancel();
            }
        }
    }
}
