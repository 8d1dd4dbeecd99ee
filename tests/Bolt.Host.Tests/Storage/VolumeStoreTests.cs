using Bolt.Diagnostics;
using Bolt.Storage;

namespace Bolt.Host.Tests.Storage;

public class VolumeStoreTests
{
    [Fact]
    public async Task A_volume_lives_from_create_to_remove()
    {
        await using var stores = new Stores();
        var made = await stores.Volumes.CreateAsync("demo-1234abcd", "db", 5L << 30, CancellationToken.None);
        Assert.Equal(stores.Expected(0, 0, 0x1ed), Stores.Owner(made.DataFolder));
        Assert.Equal(made, stores.Volumes.Find("demo-1234abcd", "db"));
        Assert.Equal([made], stores.Volumes.List(null));
        Assert.False(made.Initialized);

        var marked = await stores.Volumes.MarkInitializedAsync(made, CancellationToken.None);
        Assert.True(stores.Volumes.Find("demo-1234abcd", "db")!.Initialized);

        // Data of other owners, as a service leaves it.
        await stores.Files.MakeFolderAsync(made.DataFolder + "/pg", 999, 999, 0x1c0, CancellationToken.None);
        var again = await stores.Volumes.CreateAsync("demo-1234abcd", "db", 6L << 30, CancellationToken.None);
        Assert.Equal(marked with { Size = 6L << 30 }, again);
        Assert.True(Directory.Exists(made.DataFolder + "/pg"));

        await stores.Volumes.RemoveAsync(again, CancellationToken.None);
        Assert.Null(stores.Volumes.Find("demo-1234abcd", "db"));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(stores.Paths.State, "volumes")));
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData(".hidden")]
    public async Task A_name_is_never_a_path(string name)
    {
        await using var stores = new Stores();
        var thrown = await Assert.ThrowsAsync<BoltException>(() => stores.Volumes.CreateAsync("demo", name, null, CancellationToken.None));
        Assert.Equal("BOLT3020", thrown.Diagnostic.Code);
    }

    [Fact]
    public async Task A_damaged_record_keeps_the_data()
    {
        await using var stores = new Stores();
        var made = await stores.Volumes.CreateAsync("demo", "db", null, CancellationToken.None);
        await File.WriteAllTextAsync(Path.Combine(Path.GetDirectoryName(made.DataFolder)!, "volume.json"), "{");
        var thrown = Assert.Throws<BoltException>(() => stores.Volumes.Find("demo", "db"));
        Assert.Equal("BOLT3021", thrown.Diagnostic.Code);
        Assert.True(Directory.Exists(made.DataFolder));
    }

    [Fact]
    public async Task Too_little_space_is_a_warning()
    {
        await using var stores = new Stores();
        Assert.Null(stores.Volumes.CheckSpace("db", 1));
        Assert.Null(stores.Volumes.CheckSpace("db", null));
        var warning = stores.Volumes.CheckSpace("db", long.MaxValue);
        Assert.Equal(("BOLT3022", Severity.Warning), (warning!.Code, warning.Severity));
    }
}
