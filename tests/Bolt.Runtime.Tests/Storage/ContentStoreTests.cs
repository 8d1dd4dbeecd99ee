using System.Text;
using Bolt.Diagnostics;
using Bolt.Storage;

namespace Bolt.Runtime.Tests.Storage;

public sealed class ContentStoreTests : IDisposable
{
    private readonly TemporaryFolder temporary = new();
    private readonly ContentStore store;

    public ContentStoreTests() => store = new ContentStore(new StoragePaths(temporary.At("state"), temporary.At("run"), temporary.At("cache")));

    public void Dispose() => temporary.Dispose();

    [Fact]
    public async Task A_blob_is_kept_under_its_digest()
    {
        var bytes = Encoding.UTF8.GetBytes("hello");
        var digest = await store.WriteAsync(new MemoryStream(bytes), Digest.Of(bytes), CancellationToken.None);
        Assert.True(store.Contains(digest));
        using var read = new StreamReader(store.OpenRead(digest));
        Assert.Equal("hello", await read.ReadToEndAsync());
        Assert.Equal([digest.Hex], Names("blobs/sha256"));
        Assert.Empty(Names("blobs/incoming"));
    }

    [Fact]
    public async Task Other_bytes_than_promised_leave_nothing()
    {
        var thrown = await Assert.ThrowsAsync<BoltException>(() =>
            store.WriteAsync(new MemoryStream([1, 2, 3]), Digest.Of([1, 2]), CancellationToken.None));
        Assert.Equal("BOLT3001", thrown.Diagnostic.Code);
        Assert.Empty(Names("blobs/sha256"));
        Assert.Empty(Names("blobs/incoming"));
    }

    [Fact]
    public async Task A_source_that_breaks_off_leaves_nothing()
    {
        await Assert.ThrowsAsync<BoltException>(() => store.WriteAsync(new Broken(), null, CancellationToken.None));
        Assert.Empty(Names("blobs/sha256"));
        Assert.Empty(Names("blobs/incoming"));
    }

    [Fact]
    public async Task A_full_disk_is_named_and_leaves_nothing()
    {
        const int noSpace = 28;
        var thrown = await Assert.ThrowsAsync<BoltException>(() => store.WriteAsync(new Broken(noSpace), null, CancellationToken.None));
        Assert.Equal("BOLT3003", thrown.Diagnostic.Code);
        Assert.Contains($"no space left on the disk that holds `{temporary.At("state/blobs")}", thrown.Diagnostic.Message, StringComparison.Ordinal);
        Assert.NotNull(thrown.Diagnostic.Fix);
        Assert.Empty(Names("blobs/sha256"));
        Assert.Empty(Names("blobs/incoming"));
    }

    [Fact]
    public void What_the_kernel_says_of_a_full_disk_is_understood()
    {
        using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
        var cause = Assert.ThrowsAny<IOException>(() => full.Write([1]));
        Assert.Equal("BOLT3003", StorageErrors.Wrap("/srv/blob", cause).Diagnostic.Code);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_named()
    {
        await File.WriteAllTextAsync(temporary.At("state"), "a file where the folder should be");
        var thrown = await Assert.ThrowsAsync<BoltException>(() => store.WriteAsync(new MemoryStream([1]), null, CancellationToken.None));
        Assert.Equal("BOLT3004", thrown.Diagnostic.Code);
        Assert.Contains(temporary.At("state"), thrown.Diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_blob_is_named()
    {
        var thrown = Assert.Throws<BoltException>(() => store.OpenRead(Digest.Of([])));
        Assert.Equal("BOLT3005", thrown.Diagnostic.Code);
        Assert.Contains(Digest.Of([]).ToString(), thrown.Diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_killed_writer_left_is_swept_later()
    {
        Directory.CreateDirectory(temporary.At("state/blobs/incoming"));
        var left = temporary.At("state/blobs/incoming/dead");
        await File.WriteAllTextAsync(left, "half");
        File.SetLastWriteTimeUtc(left, DateTime.UtcNow.AddHours(-1));
        await store.WriteAsync(new MemoryStream([1]), null, CancellationToken.None);
        Assert.Empty(Names("blobs/incoming"));
    }

    [Fact]
    public async Task Two_writers_of_one_blob_both_succeed()
    {
        var bytes = new byte[1 << 20];
        var digests = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => store.WriteAsync(new MemoryStream(bytes), null, CancellationToken.None)));
        Assert.Single(digests.Distinct());
        Assert.Single(Names("blobs/sha256"));
    }

    private string[] Names(string folder) => [.. Directory.GetFileSystemEntries(temporary.At("state/" + folder)).Select(f => Path.GetFileName(f)!)];

    private sealed class Broken(int errno = 5) : MemoryStream
    {
        private int reads;

        // Something is written before: a part must not stay.
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            reads++ == 0 ? new(100) : throw new IOException("the source broke off", errno);
    }
}
