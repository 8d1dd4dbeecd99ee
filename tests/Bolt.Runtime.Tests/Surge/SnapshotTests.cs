using System.Collections.Immutable;
using System.Formats.Tar;
using System.Text;
using System.Text.Json;
using Bolt.Boltfiles;
using Bolt.Diagnostics;
using Bolt.Surge;

namespace Bolt.Runtime.Tests.Surge;

/// <summary>What a snapshot says of the environment, and what is made of one that someone else wrote.</summary>
public sealed class SnapshotTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("bolt-snapshot-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Only_what_the_environment_gave_is_taken_out_and_filled_in_again()
    {
        var path = folder + "/Boltfile.toml";
        File.WriteAllText(path, """
            project = "p"
            [services.db]
            image = "bolt://postgres"
            auth = { user = "${WHO}", password = "x${WORD}y" }
            env = { A = "${WORD}", B = "plain", C = "${UNSET:-default}", D = "${WORD}" }
            """);
        string? Variable(string name) => name switch { "WHO" => "me", "WORD" => "secret", _ => null };
        var read = BoltfileReader.ReadFile(path, Variable).Value!;
        // Set in code since: code's own.
        var running = read with { Services = [read.Services[0] with { Env = read.Services[0].Env.SetItem("D", "of code") }] };
        var (wanted, taken) = SnapshotVariables.TakeOut(running, Variable);
        Assert.Equal(["env.A ${WORD}", "auth.user ${WHO}", "auth.password x${WORD}y"], taken.Select(t => $"{t.Key} {t.Text}"));
        Assert.DoesNotContain("secret", JsonSerializer.Serialize(Record() with { Wanted = wanted, Variables = taken }, SnapshotJson.Default.SnapshotRecord), StringComparison.Ordinal);
        Assert.Equal(("of code", "default", "plain"), (wanted.Services[0].Env["D"], wanted.Services[0].Env["C"], wanted.Services[0].Env["B"]));

        var filled = SnapshotVariables.FillIn(Record() with { Wanted = wanted, Variables = taken }, name => name == "WHO" ? "you" : "other").Services[0];
        Assert.Equal(("other", new AuthTable("you", "xothery")), (filled.Env["A"], filled.Auth!));
        var missing = Assert.Throws<BoltException>(() => SnapshotVariables.FillIn(Record() with { Wanted = wanted, Variables = taken }, _ => null));
        Assert.Equal("BOLT6063", missing.Diagnostic.Code);
    }

    [Theory]
    [InlineData("image = \"bolt://busybox\"\ncommand = [\"app\", \"--token=${WORD}\"]")]
    [InlineData("image = \"bolt://busybox\"\nlabels = { a = \"${WORD}\" }")]
    [InlineData("image = \"bolt://busybox:${WORD}\"")]
    public void A_variable_that_cannot_be_left_out_makes_no_snapshot(string service)
    {
        var path = folder + "/Boltfile.toml";
        File.WriteAllText(path, $"project = \"p\"\n[services.a]\n{service}\n");
        string? Variable(string name) => name == "WORD" ? "secret" : null;
        var read = BoltfileReader.ReadFile(path, Variable).Value!;
        Assert.Equal("BOLT6064", Assert.Throws<BoltException>(() => SnapshotVariables.TakeOut(read, Variable)).Diagnostic.Code);
        File.WriteAllText(path, "no Boltfile any more");
        Assert.Equal("BOLT6064", Assert.Throws<BoltException>(() => SnapshotVariables.TakeOut(read, Variable)).Diagnostic.Code);
    }

    [Fact]
    public void A_record_of_anybody_is_looked_at_before_its_names_are_folders()
    {
        Service Named(string name) => new() { Name = name, Source = new ServiceSource.Image("bolt://busybox") };
        var good = Record();
        SnapshotRecord[] bad =
        [
            good with { Wanted = good.Wanted with { Project = "../p" } },
            good with { Wanted = good.Wanted with { Services = [Named("../../x")] } },
            good with { Wanted = good.Wanted with { Services = [Named("a"), Named("a")] } },
            good with { Wanted = good.Wanted with { Volumes = [new VolumeTable("../v", null)] } },
            good with { Services = [new SnapshotService("/etc", [], null)] },
            good with { Volumes = [new SnapshotVolume("v", true, [])] },
            good with { Variables = [new SnapshotVariable("a", "x", "${A}")] },
            good with { Variables = [new SnapshotVariable("a", "auth.user", "${A}")] },
            good with { Files = [new SnapshotFile("a", "/x", "no base64!", 0)] },
            good with { Stack = "\u001b]52;c;x\u0007" },
        ];
        foreach (var record in bad) Refused(() => Reader(Entry(SnapshotRecord.Name, Json(record))).Open());
        foreach (var json in (string[])[Json(good).Replace("\"word\"", "null", StringComparison.Ordinal), Json(good).Replace("\"services\": []", "\"services\": [null]", StringComparison.Ordinal)])
            Refused(() => Reader(Entry(SnapshotRecord.Name, json)).Open());
    }

    [Fact]
    public void Its_events_give_a_terminal_no_orders()
    {
        var line = StackJson.Write(new StackEvent.ServicePaused(DateTimeOffset.UnixEpoch, "a\u001b[2Jb\u009bc"));
        var shown = Assert.IsType<StackEvent.ServicePaused>(Assert.Single(Reader(Entry(SnapshotRecord.Name, Json(Record())), Entry(SnapshotRecord.EventsName, line)).Open().Events));
        Assert.Equal("a?[2Jb?c", shown.Service);
    }

    [Theory]
    [InlineData("layers/../../../../tmp/x.tar")]
    [InlineData("layers/0123.tar")]
    [InlineData("layers/ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789.tar")]
    public async Task A_layer_is_called_by_its_digest_alone(string name)
    {
        var reader = Reader(Entry(SnapshotRecord.Name, Json(Record())), Entry(name, "x"));
        Assert.Equal("s", reader.Open().Record.Stack);
        await RefusedAsync(() => reader.UnpackAsync(Record(), folder + "/layers", CancellationToken.None));
        Assert.False(Directory.Exists(folder + "/layers"));
    }

    [Theory]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("link")]
    public async Task The_folder_in_a_layer_is_one_name_and_no_link(string root)
    {
        var (digest, place) = ("sha256:" + new string('a', 64), Directory.CreateDirectory(folder + "/place").FullName);
        Directory.CreateDirectory(place + "/a/b");
        File.CreateSymbolicLink(place + "/link", "/etc");
        var record = Record() with { Services = [new SnapshotService("db", [new SnapshotLayer(digest, root)], null)] };
        var reader = Reader(Entry(SnapshotRecord.Name, Json(record)));
        await RefusedAsync(() => reader.FrozenAsync(reader.Open(), record.Wanted, ImmutableDictionary<string, string>.Empty.Add(digest, place), folder, true, CancellationToken.None));
    }

    [Fact]
    public void What_is_no_snapshot_is_told_as_such()
    {
        foreach (var content in (string[])["", "not json", "{}", "{\"version\":2}", Json(Record() with { Version = 2 }), "[]", "null"])
        {
            Refused(() => Reader(Entry(SnapshotRecord.Name, content)).Open());
        }
        Refused(() => Reader(Entry("bolt.lock", "{}")).Open());
        Refused(() => Reader([.. Enumerable.Range(0, 5000).Select(n => Entry($"x{n}", ""))]).Open());
        File.WriteAllText(folder + "/other", "no archive at all, but long enough to be looked at as one: " + new string('x', 2000));
        Refused(() => new SnapshotReader(null!, folder + "/other").Open());
        Assert.Throws<BoltException>(() => new SnapshotReader(null!, folder + "/gone").Open());
    }

    private SnapshotReader Reader(params (string Name, string Content)[] entries)
    {
        var file = folder + "/stack.bolt";
        using (var packed = new ZstdSharp.CompressionStream(File.Create(file), leaveOpen: false))
        using (var tar = new TarWriter(packed, TarEntryFormat.Pax))
        {
            foreach (var (name, content) in entries) tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) });
        }
        // Nothing of these tests reaches the rooms below.
        return new SnapshotReader(null!, file);
    }

    private static (string, string) Entry(string name, string content) => (name, content);

    private static string Json(SnapshotRecord record) => JsonSerializer.Serialize(record, SnapshotJson.Default.SnapshotRecord);

    private static SnapshotRecord Record() => new(
        SnapshotRecord.Format, "s", DateTimeOffset.UnixEpoch, "/nowhere", new Boltfile { Path = "/nowhere/Boltfile.toml", Project = "p" }, [], "word", false, [], [], []);

    private static void Refused(Action open) => Assert.Equal("BOLT6061", Assert.Throws<BoltException>(open).Diagnostic.Code);

    private static async Task RefusedAsync(Func<Task> open) => Assert.Equal("BOLT6061", (await Assert.ThrowsAsync<BoltException>(open)).Diagnostic.Code);
}
