using System.Formats.Tar;
using Bolt.Diagnostics;
using Bolt.Storage;

namespace Bolt.Host.Tests.Storage;

public class TreeStoreTests
{
    private static readonly byte[] Layer = Stores.Tar(
        Stores.Entry(TarEntryType.Directory, "data", 0x1c0, 999, 998),
        Stores.Entry(TarEntryType.RegularFile, "data/secret", 0x180, 999, 998, "s"),
        Stores.Entry(TarEntryType.RegularFile, "su", 0x9ed, content: "su"),
        Stores.Entry(TarEntryType.RegularFile, "theirs", 0x5ed, 65534, 65534, "t"),
        Stores.Entry(TarEntryType.Directory, "shut", 0, 5, 5),
        Stores.Entry(TarEntryType.RegularFile, "shut/in", 0x100, 6, 6, "i"));

    [Fact]
    public async Task A_tree_is_owned_by_mapped_ids()
    {
        await using var stores = new Stores();
        var root = await stores.Trees.UnpackAsync(Digest.Of(Layer), () => new MemoryStream(Layer), CancellationToken.None);
        Assert.Equal(stores.Expected(0, 0, 0x1ed), Stores.Owner(root));
        Assert.Equal(stores.Expected(999, 998, 0x1c0), Stores.Owner(root + "/data"));
        Assert.Equal(stores.Expected(0, 0, 0x9ed), Stores.Owner(root + "/su"));
        Assert.Equal(stores.Expected(65534, 65534, 0x5ed), Stores.Owner(root + "/theirs"));
        Assert.Equal(stores.Expected(5, 5, 0), Stores.Owner(root + "/shut"));
        Assert.Equal(root, stores.Trees.Find(Digest.Of(Layer)));
        Assert.Equal(["rootfs"], Directory.GetDirectories(Path.GetDirectoryName(root)!).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Many_at_once_make_one_tree()
    {
        await using var stores = new Stores();
        // Stores of their own, as two processes have them: only the rename decides.
        var roots = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => new TreeStore(stores.Paths, stores.Files)
            .UnpackAsync(Digest.Of(Layer), () => new MemoryStream(Layer), CancellationToken.None)));
        Assert.Single(roots.Distinct());
        Assert.Equal([Digest.Of(Layer).Hex], Names(stores));
    }

    [Fact]
    public async Task Wrong_bytes_leave_no_tree()
    {
        await using var stores = new Stores();
        var thrown = await Assert.ThrowsAsync<BoltException>(() =>
            stores.Trees.UnpackAsync(Digest.Of([1]), () => new MemoryStream(Layer), CancellationToken.None));
        Assert.Equal("BOLT3001", thrown.Diagnostic.Code);
        Assert.Empty(Names(stores));
    }

    [Fact]
    public async Task A_layer_that_breaks_off_leaves_no_tree()
    {
        await using var stores = new Stores();
        await Assert.ThrowsAsync<BoltException>(() =>
            stores.Trees.UnpackAsync(Digest.Of(Layer), () => new MemoryStream(Layer[..1700]), CancellationToken.None));
        Assert.Empty(Names(stores));
    }

    [Fact]
    public async Task What_a_killed_process_left_is_swept_and_never_taken_for_a_tree()
    {
        await using var stores = new Stores();
        var left = Path.Combine(stores.Paths.State, "trees", $".{Digest.Of(Layer).Hex}.dead");
        Directory.CreateDirectory(left + "/rootfs/half");
        await File.WriteAllTextAsync(left + "/lock", "");
        Assert.Null(stores.Trees.Find(Digest.Of(Layer)));
        await stores.Trees.UnpackAsync(Digest.Of(Layer), () => new MemoryStream(Layer), CancellationToken.None);
        Assert.Equal([Digest.Of(Layer).Hex], Names(stores));
    }

    [Fact]
    public async Task A_tree_of_another_boot_that_never_reached_the_disk_is_made_anew()
    {
        await using var stores = new Stores();
        var root = await stores.Trees.UnpackAsync(Digest.Of(Layer), () => new MemoryStream(Layer), CancellationToken.None);
        var tree = Path.GetDirectoryName(root)!;
        await File.WriteAllTextAsync(tree + "/boot", "another");
        File.Delete(tree + "/durable");
        await File.WriteAllTextAsync(tree + "/mark", "old");
        // The first unpacking may still be on its way to the disk and set its mark: then the old tree is as good.
        await stores.Trees.UnpackAsync(Digest.Of(Layer), () => new MemoryStream(Layer), CancellationToken.None);
        Assert.True(File.Exists(tree + "/durable") || !File.Exists(tree + "/mark"));
    }

    private static string[] Names(Stores stores) => [.. Directory.GetFileSystemEntries(Path.Combine(stores.Paths.State, "trees")).Select(f => Path.GetFileName(f)!)];
}
