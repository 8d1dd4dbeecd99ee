using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Bolt.Builds;
using Bolt.Host.Tests.Storage;

namespace Bolt.Host.Tests.Builds;

/// <summary>COPY and ADD: what goes where, as whom.</summary>
public sealed class DockerfileCopyTests : IAsyncDisposable
{
    private readonly BuildRoom room = new();

    public ValueTask DisposeAsync() => room.DisposeAsync();

    [Fact]
    public async Task Files_go_where_Docker_puts_them()
    {
        room.Write("a.txt", "a");
        room.Write("b.txt", "b", (UnixFileMode)0b111_101_101);
        room.Write("folder/c.txt", "c", (UnixFileMode)0b110_000_000);
        room.Write("folder/deep/d.md", "d");
        room.Write("outside/e.txt", "e");
        File.CreateSymbolicLink(room.Context + "/link", "a.txt");
        File.CreateSymbolicLink(room.Context + "/folder/up", "../a.txt");
        File.CreateSymbolicLink(room.Context + "/way-out", "../../../../etc");
        await room.BuildAsync(BuildRoom.From + """
            FROM scratch
            COPY a.txt /1
            COPY a.txt /2/
            COPY a.txt b.txt /3/
            COPY folder /4
            COPY *.txt missing*.txt /5/
            COPY link /6
            COPY --chown=7:8 --chmod=640 folder/deep /7/deep/
            COPY --parents ./folder/./deep/d.md /8/
            COPY --exclude=**/*.md --exclude=up folder /9
            WORKDIR /work/here
            COPY a.txt ../there
            COPY a.txt .
            COPY <<one <<"two" /10/
            $MISSING${MISSING:-set}
            one
            $LITERAL
            two
            COPY --link b.txt /11/
            """);
        Assert.Equal(
        """
        1=644 0:0 a
        10=755 0:0 /
        10/one=644 0:0 set
        10/two=644 0:0 $LITERAL
        11=755 0:0 /
        11/b.txt=755 0:0 b
        2=755 0:0 /
        2/a.txt=644 0:0 a
        3=755 0:0 /
        3/a.txt=644 0:0 a
        3/b.txt=755 0:0 b
        4=755 0:0 /
        4/c.txt=600 0:0 c
        4/deep=755 0:0 /
        4/deep/d.md=644 0:0 d
        4/up=777 0:0 -> ../a.txt
        5=755 0:0 /
        5/a.txt=644 0:0 a
        5/b.txt=755 0:0 b
        6=644 0:0 a
        7=755 7:8 /
        7/deep=755 7:8 /
        7/deep/d.md=640 7:8 d
        8=755 0:0 /
        8/deep=755 0:0 /
        8/deep/d.md=644 0:0 d
        9=755 0:0 /
        9/c.txt=600 0:0 c
        9/deep=755 0:0 /
        work=755 0:0 /
        work/here=755 0:0 /
        work/here/a.txt=644 0:0 a
        work/there=644 0:0 a
        """, string.Join('\n', (await room.FilesAsync()).Select(f => $"{f.Key}={f.Value}")));
        // A link of the folder leads nowhere outside of it.
        Assert.Equal("BOLT2703", (await room.FailAsync("FROM scratch\nCOPY way-out/passwd /x\n")).Code);
        Assert.Equal("BOLT2703", (await room.FailAsync("FROM scratch\nCOPY ../image /x\n")).Code);
    }

    [Fact]
    public async Task A_target_is_found_inside_the_image_through_its_links()
    {
        room.Write("a.txt", "a");
        await room.BuildAsync(BuildRoom.From + """
            RUN mkdir -m 711 /real && chown 3:4 /real && ln -s /real /link && ln -s ../../../../real /climbs && echo 'app:x:5:6::/:' > /etc/passwd && echo 'staff:x:9:' > /etc/group
            COPY a.txt /link/
            COPY --chown=app a.txt /climbs/b.txt
            FROM base
            COPY --chown=app:staff a.txt /link
            COPY --from=base /link/b.txt /link/c.txt
            """);
        Assert.Equal(
            ["real=711 3:4 /", "real/a.txt=644 5:9 a", "real/b.txt=644 5:6 a", "real/c.txt=644 5:6 a"],
            (await room.FilesAsync(below: "real")).Select(f => $"{f.Key}={f.Value}"));
    }

    [Fact]
    public async Task Stages_hand_on_files_with_owners_whatever_their_modes_are()
    {
        await room.BuildAsync(BuildRoom.From + """
            RUN mkdir -m 700 /shut && echo hidden > /shut/file && chown -R 100:101 /shut && chmod 600 /shut/file && mkdir /shut/dir && ln -s file /shut/link && ln /shut/file /shut/hard
            FROM scratch
            COPY --from=base /shut /a/
            COPY --from=base /shut/f* /shut/h* /b/
            COPY --from=base --chown=1:1 /shut/file /c
            """);
        Assert.Equal(
        [
            "a=755 0:0 /", "a/dir=755 0:0 /", "a/file=600 100:101 hidden", "a/hard=600 100:101 hidden", "a/link=777 0:0 -> file",
            "b=755 0:0 /", "b/file=600 100:101 hidden", "b/hard=600 100:101 hidden", "c=600 1:1 hidden",
        ], (await room.FilesAsync()).Select(f => $"{f.Key}={f.Value}"));
    }

    [Theory]
    [InlineData("plain.tar", false)]
    [InlineData("packed.tar.gz", true)]
    public async Task ADD_unpacks_archives_and_COPY_does_not(string name, bool gzip)
    {
        var bytes = new MemoryStream();
        await using (var target = gzip ? new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true) : (Stream)bytes)
        {
            await using var tar = new TarWriter(target, TarEntryFormat.Ustar, leaveOpen: true);
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "./in/file") { DataStream = new MemoryStream(Encoding.UTF8.GetBytes("inner")), Uid = 12, Gid = 13, Mode = (UnixFileMode)0b110_100_000, ModificationTime = DateTimeOffset.FromUnixTimeSeconds(1) });
        }
        await File.WriteAllBytesAsync(Path.Combine(room.Context, name), bytes.ToArray());
        room.Write("notes.gz", "no archive at all");
        await room.BuildAsync($"FROM scratch\nADD {name} /a/\nCOPY {name} /b/\nADD --unpack=false {name} /c/\nADD notes.gz /d/\n");
        var files = await room.FilesAsync();
        Assert.Equal("640 12:13 inner", files["a/in/file"]);
        Assert.True(files.ContainsKey("b/" + name) && files.ContainsKey("c/" + name) && files.ContainsKey("d/notes.gz"));
    }

    [Fact]
    public async Task An_image_that_was_built_is_a_base_and_its_triggers_run()
    {
        room.Write("a.txt", "a");
        await room.BuildAsync(BuildRoom.From + "ENV X=1\nONBUILD COPY a.txt /triggered\nONBUILD RUN echo \"trigger $X\"\nCMD [\"sh\"]\n", o => o with { Tags = ["parent:1"] });
        Assert.DoesNotContain("trigger 1", room.Output);
        await room.BuildAsync("FROM parent:1\nRUN cat /triggered > /own\n");
        Assert.Contains("trigger 1", room.Output);
        Assert.Equal("644 0:0 a", (await room.FilesAsync(below: "own"))["own"]);
        Assert.DoesNotContain("OnBuild", room.Runtime.InspectImage("built:1"));
        // Without a name it is found by its id until gc comes.
        var unnamed = await room.BuildAsync("FROM parent:1\nRUN echo unnamed > /u\n", o => o with { Tags = [] });
        Assert.Contains(unnamed.Id, room.Runtime.InspectImage(unnamed.Id));
        Assert.Equal(1, (await room.Runtime.CollectGarbageAsync(false, TimeSpan.Zero, CancellationToken.None)).Images);
    }

    [Fact]
    public async Task A_stage_that_only_a_base_or_a_variable_names_is_an_error()
    {
        await using var room = new BuildRoom();
        room.Write("a.txt", "a");
        await room.BuildAsync("FROM scratch\nCOPY a.txt /a\nONBUILD COPY --from=0 /a /b\n", o => o with { Tags = ["parent:1"] });
        var byBase = await room.FailAsync("FROM scratch AS aside\nCOPY a.txt /a\nFROM parent:1\n");
        Assert.Equal("BOLT2724", byBase.Code);
        var byVariable = await room.FailAsync("FROM scratch AS aside\nCOPY a.txt /a\nFROM scratch\nARG X=aside\nCOPY --from=$X /a /b\n");
        Assert.Equal(("BOLT2724", 5), (byVariable.Code, byVariable.At!.Line));
    }

    [Fact]
    public async Task A_damaged_archive_is_a_file_or_an_error_and_costs_no_memory()
    {
        await using var room = new BuildRoom();
        room.Write("Dockerfile", "");
        File.WriteAllBytes(room.Context + "/damaged.zst", [0x28, 0xb5, 0x2f, 0xfd, 0xff, 0xff, 0xff, 0xff, 0xff]);
        await room.BuildAsync("FROM scratch\nADD damaged.zst /a/\n");
        Assert.Contains("a/damaged.zst", (await room.FilesAsync()).Keys);
        // A long name (GNU's type L) that claims 2 GiB: the reader would make room for it before it sees a byte.
        var header = Stores.Tar(Stores.Entry(TarEntryType.RegularFile, "x", 0x1a4, content: "x"));
        header[156] = (byte)'L';
        "20000000000\0"u8.CopyTo(header.AsSpan(124));
        File.WriteAllBytes(room.Context + "/claims.tar", header);
        var failed = await room.FailAsync("FROM scratch\nADD claims.tar /a/\n");
        Assert.Contains("claims.tar", failed.Message, StringComparison.Ordinal);
        Assert.Equal(2, failed.At!.Line);
    }

    [Fact]
    public async Task The_result_is_written_as_an_archive_and_as_a_folder()
    {
        room.Write("a.txt", "a");
        await room.BuildAsync("FROM scratch\nCOPY --chown=77:78 a.txt /x/\n");
        await room.Runtime.ExportFolderAsync("built:1", room.Stack.Folder + "/out", CancellationToken.None);
        Assert.Equal("a", await File.ReadAllTextAsync(room.Stack.Folder + "/out/x/a.txt"));
        var saved = new MemoryStream();
        await room.Runtime.SaveImagesAsync(["built:1"], saved, CancellationToken.None);
        saved.Position = 0;
        Assert.Equal("docker.io/library/built:1", Assert.Single(await room.Runtime.LoadImagesAsync(saved, null, CancellationToken.None)).Reference);
    }
}
