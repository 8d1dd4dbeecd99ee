using System.Diagnostics;
using System.Formats.Tar;
using Bolt.Diagnostics;
using Bolt.Host.Tests.Registries;
using Bolt.Host.Tests.Storage;
using Bolt.Host.Tests.Surge;
using Bolt.Images;
using Bolt.Storage;

namespace Bolt.Host.Tests.Images;

/// <summary>Images to and from files, with skopeo on the other side.</summary>
public sealed class ArchiveTests : IAsyncDisposable
{
    private readonly Stores stores = new();
    private readonly StackRoom room = new();
    private readonly ImageStore images;
    private readonly ImageLoad load;
    private readonly ImageSave save;

    public ArchiveTests()
    {
        images = new ImageStore(stores.Paths, stores.Content);
        load = new ImageLoad(stores.Paths, stores.Content, images);
        save = new ImageSave(stores.Content, images);
    }

    public async ValueTask DisposeAsync()
    {
        await stores.DisposeAsync();
        await room.DisposeAsync();
    }

    [Theory]
    [InlineData("docker-archive")]
    [InlineData("oci-archive")]
    public async Task What_Bolt_saves_skopeo_reads_and_the_other_way(string kind)
    {
        // Made by Bolt: no manifest, plain layers.
        var layer = await stores.Content.WriteAsync(new MemoryStream(ServedImage.Layer("hello", "world")), null, CancellationToken.None);
        var made = await images.SaveAsync("docker.io/library/mine:1", new OciConfig { Command = ["/hello"], DiffIds = [layer] }, CancellationToken.None);
        var packed = await new ImagePacking(stores.Content, images).PackAsync(made, CancellationToken.None);
        Assert.Equal(made.Id, packed.Id);
        await using (var file = File.Create(stores.Folder + "/saved.tar"))
        {
            await save.WriteArchiveAsync([packed], file, CancellationToken.None);
        }
        await SkopeoAsync($"{kind}:{stores.Folder}/saved.tar", $"oci:{stores.Folder}/read:1");
        await SkopeoAsync($"oci:{stores.Folder}/read:1", kind == "docker-archive" ? $"docker-archive:{stores.Folder}/back.tar:other/name:2" : $"oci-archive:{stores.Folder}/back.tar:other/name:2");
        await using var back = File.OpenRead(stores.Folder + "/back.tar");
        var loaded = Assert.Single(await load.FromArchiveAsync(back, null, CancellationToken.None));
        Assert.Equal("docker.io/other/name:2", loaded.Reference);
        Assert.Equal(["/hello"], loaded.Config.Command);
        Assert.Equal([layer], loaded.Config.DiffIds);
        Assert.Empty(Directory.GetFileSystemEntries(stores.Paths.State + "/loading"));
    }

    [Fact]
    public async Task A_layout_is_taken_and_written_without_a_changed_byte()
    {
        var loaded = Assert.Single(await load.FromFolderAsync(room.Folder + "/image", "shell:1", CancellationToken.None));
        Assert.Equal("docker.io/library/shell:1", loaded.Reference);
        await save.WriteLayoutAsync([loaded], stores.Folder + "/written", CancellationToken.None);
        foreach (var blob in Directory.GetFiles(room.Folder + "/image/blobs/sha256"))
        {
            Assert.Equal(await File.ReadAllBytesAsync(blob), await File.ReadAllBytesAsync(stores.Folder + "/written/blobs/sha256/" + Path.GetFileName(blob)));
        }
        await SkopeoAsync($"oci:{stores.Folder}/written", $"oci:{stores.Folder}/again:1");
        var refused = await Assert.ThrowsAsync<BoltException>(() => save.WriteLayoutAsync([loaded], stores.Folder + "/written", CancellationToken.None));
        Assert.Equal("BOLT2017", refused.Diagnostic.Code);
    }

    [Fact]
    public async Task A_nameless_image_wants_a_name_and_a_broken_archive_says_so()
    {
        async Task<string> CodeOf(Func<Task> act) => (await Assert.ThrowsAsync<BoltException>(act)).Diagnostic.Code;
        Assert.Equal("BOLT2016", await CodeOf(() => load.FromFolderAsync(room.Folder + "/image", null, CancellationToken.None)));
        Assert.Equal("BOLT2015", await CodeOf(() => load.FromArchiveAsync(new MemoryStream(ServedImage.Layer("hello", "world")), null, CancellationToken.None)));
        Assert.Equal("BOLT2015", await CodeOf(() => load.FromArchiveAsync(new MemoryStream(new byte[5000].Select((_, i) => (byte)(i * 7)).ToArray()), null, CancellationToken.None)));
        // Names that climb out are not looked at, links are not made.
        var hostile = Stores.Tar(
            Stores.Entry(TarEntryType.RegularFile, "../evil", 0x1a4, content: "x"), Stores.Entry(TarEntryType.RegularFile, "/etc/evil", 0x1a4, content: "x"),
            Stores.Entry(TarEntryType.RegularFile, "manifest.json", 0x1a4, content: """[{"Config":"../../etc/passwd","Layers":[]}]"""));
        Assert.Equal("BOLT2015", await CodeOf(() => load.FromArchiveAsync(new MemoryStream(hostile), null, CancellationToken.None)));
        Assert.False(File.Exists(stores.Paths.State + "/evil"));
        Assert.Empty(Directory.GetFileSystemEntries(stores.Paths.State + "/loading"));
    }

    [Fact]
    public async Task The_exported_root_is_what_a_capsule_would_see()
    {
        var lower = Stores.Tar(
            Stores.Entry(TarEntryType.Directory, "etc", 0x1ed), Stores.Entry(TarEntryType.RegularFile, "etc/kept", 0x1a4, 5, 6, "kept"),
            Stores.Entry(TarEntryType.RegularFile, "etc/gone", 0x1a4, content: "gone"), Stores.Entry(TarEntryType.RegularFile, "etc/old", 0x1a4, content: "old"),
            Link("etc/alias", "etc/old"), Stores.Entry(TarEntryType.Directory, "shut", 0x1ed), Stores.Entry(TarEntryType.RegularFile, "shut/below", 0x1a4, content: "below"),
            Stores.Entry(TarEntryType.Directory, "dir", 0x1ed), Stores.Entry(TarEntryType.RegularFile, "dir/x", 0x1a4, content: "x"));
        var upper = Stores.Tar(
            Stores.Entry(TarEntryType.RegularFile, "etc/.wh.gone", 0x1a4), Stores.Entry(TarEntryType.RegularFile, "etc/old", 0x180, content: "new"),
            Stores.Entry(TarEntryType.RegularFile, "shut/.wh..wh..opq", 0x1a4), Stores.Entry(TarEntryType.RegularFile, "shut/above", 0x1a4, content: "above"),
            Stores.Entry(TarEntryType.RegularFile, "dir", 0x1a4, content: "now a file"));
        var layers = new List<Digest>();
        foreach (var tar in new[] { lower, upper })
        {
            layers.Add(await stores.Content.WriteAsync(new MemoryStream(tar), null, CancellationToken.None));
        }
        var image = await images.SaveAsync("docker.io/library/two:1", new OciConfig { DiffIds = [.. layers] }, CancellationToken.None);
        var exported = new MemoryStream();
        await new RootExport(stores.Content).WriteAsync(image, exported, CancellationToken.None);
        exported.Position = 0;
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        using (var reader = new TarReader(exported, leaveOpen: true))
        {
            while (reader.GetNextEntry() is { } entry)
            {
                found.Add(entry.Name.TrimEnd('/'), entry.DataStream is { } data ? new StreamReader(data).ReadToEnd() : entry.EntryType.ToString());
            }
        }
        Assert.Equal("dir=now a file etc=Directory etc/alias=old etc/kept=kept etc/old=new shut=Directory shut/above=above", string.Join(' ', found.Select(f => $"{f.Key}={f.Value}")));
        exported.Position = 0;
        var flat = await new RootImport(stores.Content, images).ReadAsync(exported, "docker.io/library/flat:1", ["/x"], CancellationToken.None);
        Assert.Single(flat.Layers);
        Assert.Equal("BOLT3013", (await Assert.ThrowsAsync<BoltException>(() => new RootImport(stores.Content, images).ReadAsync(new MemoryStream("no tar at all"u8.ToArray()), "docker.io/library/x:1", [], CancellationToken.None))).Diagnostic.Code);
    }

    private static GnuTarEntry Link(string name, string target) => new(TarEntryType.HardLink, name) { LinkName = target };

    private static async Task SkopeoAsync(string from, string to)
    {
        using var skopeo = Process.Start(new ProcessStartInfo("skopeo", ["copy", "--quiet", from, to]) { RedirectStandardError = true })!;
        var words = await skopeo.StandardError.ReadToEndAsync();
        await skopeo.WaitForExitAsync();
        Assert.True(skopeo.ExitCode == 0, words);
    }
}
