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
