using System.Formats.Tar;
using Bolt.Diagnostics;
using Bolt.Packages;
using Bolt.Storage;

namespace Bolt.Runtime.Tests.Packages;

public sealed class LayerTests
{
    private static readonly LayerExtras Extras = new()
    {
        Prune = ["/usr/share/doc", "/usr/share/man"],
        Keep = ["/usr/share/doc/*/copyright"],
        Entries =
        [
            new LayerEntry.Folder("/tmp", 0, 0, 0x3ff),
            new LayerEntry.Folder("/var/lib/app", 999, 999, 0x1c0),
            new LayerEntry.File("/etc/passwd", 0, 0, 0x1a4, "root:x:0:0::/:/bin/sh\n"),
            new LayerEntry.Link("/usr/bin/sh", "app"),
            new LayerEntry.Concatenation("/etc/all.pem", 0, 0, 0x1a4, "/usr/share/certs/*.crt"),
        ],
    };

    // bookworm's old paths in one package, an Ubuntu-like one with zstd, and one with the links of a merged /usr.
    private static TestArchive Archive() => new TestArchive { Origin = "Ubuntu", Suite = "noble", Codename = "noble", IndexExtension = ".xz" }
        .Add("app", "1", TestDeb.Make(".xz",
            TestDeb.Folder("./"), TestDeb.Folder("./bin/"), TestDeb.File("./bin/app", new string('x', 100_000), 0x1ed), TestDeb.HardLink("./bin/app2", "./bin/app"),
            TestDeb.Link("./lib/libapp.so", "libapp.so.1"), TestDeb.File("./usr/share/doc/app/copyright", "MIT"), TestDeb.File("./usr/share/doc/app/README", "-"),
            TestDeb.File("./usr/share/man/man1/app.1", "-")), "Depends: data\n")
        .Add("data", "1", TestDeb.Make(".zst",
            TestDeb.File("./usr/share/certs/b.crt", "B\n"), TestDeb.File("./usr/share/certs/a.crt", "A\n"),
            TestDeb.File("./usr/share/" + new string('n', 120), "long name"), TestDeb.Folder("./var/lib/data/", 0x1f8)), "Depends: base-files\n")
        .Add("base-files", "1", TestDeb.Make(".gz", TestDeb.Link("./bin", "usr/bin"), TestDeb.Link("./lib", "usr/lib"), TestDeb.File("./etc/debian_version", "13\n")))
        .Publish();

    [Fact]
    public async Task The_layer_is_what_the_golden_says()
    {
        using var archive = Archive();
        var digest = await archive.BuildAsync(await archive.ResolveAsync("app"), Extras);
        Golden.Check("Packages/layer", await ListAsync(new ContentStore(archive.Paths).OpenRead(digest)));
    }

    [Fact]
    public async Task Two_builds_and_both_decoders_give_the_same_bits()
    {
        using var first = Archive();
        using var second = Archive();
        var digests = new HashSet<Digest>
        {
            await first.BuildAsync(await first.ResolveAsync("app"), Extras),
            await second.BuildAsync(await second.ResolveAsync("app"), Extras),
            await first.BuildAsync(await first.ResolveAsync("app"), Extras, managed: true),
        };
        Assert.Single(digests);
    }

    [Theory]
    [InlineData("../etc/passwd", "BOLT2141")]
    [InlineData("./usr/../../etc/passwd", "BOLT2141")]
    [InlineData("/etc/passwd", "BOLT2141")]
    [InlineData("./link/passwd", "BOLT2142")]
    public async Task A_path_that_leads_elsewhere_is_refused(string path, string code)
    {
        using var archive = new TestArchive().Add("evil", "1", TestDeb.Make(".gz", TestDeb.Link("./link", "/etc"), TestDeb.File(path, "x"))).Publish();
        var locked = await archive.ResolveAsync("evil");
        var refused = await Assert.ThrowsAsync<BoltException>(() => archive.BuildAsync(locked, Extras with { Entries = [] }));
        Assert.Equal(code, refused.Diagnostic.Code);
    }

    [Fact]
    public async Task A_hard_link_to_nothing_is_refused()
    {
        using var archive = new TestArchive().Add("evil", "1", TestDeb.Make(".gz", TestDeb.HardLink("./a", "./b"))).Publish();
        var locked = await archive.ResolveAsync("evil");
        Assert.Equal("BOLT2142", (await Assert.ThrowsAsync<BoltException>(() => archive.BuildAsync(locked))).Diagnostic.Code);
    }

    [Theory]
    [InlineData("no ar archive at all, whatever its hash says")]
    [InlineData("!<arch>\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")]
    [InlineData("!<arch>\n")]
    public async Task A_malformed_package_is_refused(string content)
    {
        using var archive = new TestArchive().Add("bad", "1", System.Text.Encoding.ASCII.GetBytes(content)).Publish();
        var locked = await archive.ResolveAsync("bad");
        Assert.Equal("BOLT2140", (await Assert.ThrowsAsync<BoltException>(() => archive.BuildAsync(locked))).Diagnostic.Code);
    }

    [Fact]
    public async Task A_locked_version_that_is_gone_names_the_current_one()
    {
        using var archive = new TestArchive().Add("app", "1", TestDeb.Make(".gz", TestDeb.File("./a", "1"))).Publish();
        var locked = await archive.ResolveAsync("app");
        File.Delete(archive.FileOf(locked.Packages[0]));
        archive.Add("app", "2", TestDeb.Make(".gz", TestDeb.File("./a", "2"))).Publish();
        var gone = await Assert.ThrowsAsync<BoltException>(() => archive.BuildAsync(locked, null));
        Assert.Equal("BOLT2130", gone.Diagnostic.Code);
        Assert.Equal("the lock of `test` names app 1, which no mirror has any more; it has 2 now", gone.Diagnostic.Message);
    }

    private static async Task<string> ListAsync(Stream tar)
    {
        var lines = new List<string>();
        using var reader = new TarReader(tar);
        while (await reader.GetNextEntryAsync() is { } entry)
        {
            var text = entry.DataStream is { Length: < 1000 } data ? new StreamReader(data).ReadToEnd().ReplaceLineEndings("|") : "";
            var mode = Convert.ToString((int)entry.Mode, 8).PadLeft(4, '0');
            lines.Add($"{entry.EntryType,-13} {mode} {entry.Uid}:{entry.Gid} {entry.ModificationTime:yyyy-MM-ddTHH:mm:ss} {entry.Name}{(entry.LinkName.Length > 0 ? " -> " + entry.LinkName : "")} {text}".TrimEnd());
        }
        return string.Join('\n', lines) + "\n";
    }
}
