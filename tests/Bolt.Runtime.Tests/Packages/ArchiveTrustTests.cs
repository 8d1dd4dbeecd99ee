using System.Text;
using Bolt.Diagnostics;
using Bolt.Packages;
using Bolt.Storage;

namespace Bolt.Runtime.Tests.Packages;

public sealed class ArchiveTrustTests
{
    private static readonly DateTime Now = TestArchive.Now;

    private static TestArchive Small(Action<TestArchive>? change = null)
    {
        var archive = new TestArchive();
        change?.Invoke(archive);
        return archive.Add("hello", "1.0-1", TestDeb.Make(".gz", TestDeb.File("./usr/bin/hello", "hi"))).Publish();
    }

    private static async Task<string> RefusedAsync(TestArchive archive)
    {
        var refused = await Assert.ThrowsAsync<BoltException>(() => archive.ResolveAsync("hello"));
        Assert.Equal(Severity.Error, refused.Diagnostic.Severity);
        return refused.Diagnostic.Code;
    }

    [Fact]
    public async Task A_signed_archive_is_resolved_and_pinned()
    {
        using var archive = Small();
        var locked = await archive.ResolveAsync("hello");
        var suite = Assert.Single(locked.Suites);
        Assert.Equal("debian/trixie", suite.Id);
        Assert.Equal(archive.Date, suite.Date.UtcDateTime, TimeSpan.FromSeconds(1));
        Assert.Equal(Keyring.Fingerprint(archive.Key.Public), suite.Fingerprint);
        Assert.Equal(("hello", "1.0-1", "debian/trixie", "wanted"), locked.Packages.Select(p => (p.Name, p.Version, p.Suite, p.Reason)).Single());
    }

    [Theory]
    [InlineData("Codename: trixie", "Codename: sid")]
    [InlineData("Codename", "Codename ")]
    [InlineData("-----BEGIN PGP SIGNED MESSAGE-----", "Origin: Debian\n-----BEGIN PGP SIGNED MESSAGE-----")]
    [InlineData("-----BEGIN PGP SIGNATURE-----", "-----BEGIN NOTHING-----")]
    public async Task A_changed_release_is_refused(string from, string to)
    {
        using var archive = Small();
        var text = File.ReadAllText(archive.InRelease);
        File.WriteAllText(archive.InRelease, text.Replace(from, to, StringComparison.Ordinal));
        Assert.Contains(await RefusedAsync(archive), new[] { "BOLT2110", "BOLT2114" });
    }

    [Fact]
    public async Task A_changed_package_list_is_refused()
    {
        using var archive = Small();
        var list = Directory.GetFiles(Path.Combine(archive.Folder, "mirror"), "*", SearchOption.AllDirectories).Single(f => f.Contains("by-hash", StringComparison.Ordinal));
        var bytes = File.ReadAllBytes(list);
        bytes[^9] ^= 1;
        File.WriteAllBytes(list, bytes);
        Assert.Equal("BOLT2104", await RefusedAsync(archive));
        Assert.Empty(Directory.GetFiles(Path.Combine(archive.Paths.Cache, "packages/sha256"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_longer_package_list_is_refused_before_it_is_hashed()
    {
        using var archive = Small();
        var list = Directory.GetFiles(Path.Combine(archive.Folder, "mirror"), "*", SearchOption.AllDirectories).Single(f => f.Contains("by-hash", StringComparison.Ordinal));
        File.AppendAllText(list, "more");
        Assert.Equal("BOLT2105", await RefusedAsync(archive));
    }

    [Fact]
    public async Task A_changed_package_is_refused()
    {
        using var archive = Small();
        var locked = await archive.ResolveAsync("hello");
        var deb = archive.FileOf(locked.Packages[0]);
        var bytes = File.ReadAllBytes(deb);
        bytes[^9] ^= 1;
        File.WriteAllBytes(deb, bytes);
        var refused = await Assert.ThrowsAsync<BoltException>(() => archive.BuildAsync(locked));
        Assert.Equal("BOLT2104", refused.Diagnostic.Code);
        Assert.Contains(deb, refused.Diagnostic.Message, StringComparison.Ordinal);
        Assert.Contains(locked.Packages[0].Sha256, refused.Diagnostic.Message, StringComparison.Ordinal);
        archive.AssertNothingBuilt();
    }

    [Fact]
    public async Task A_key_that_has_expired_does_not_count()
    {
        using var archive = Small(a => a.Key = new TestKey(Now.AddDays(-100), TimeSpan.FromDays(99.5)));
        Assert.Equal("BOLT2110", await RefusedAsync(archive));
    }

    [Fact]
    public async Task A_key_that_is_revoked_does_not_count()
    {
        using var archive = Small(a => a.Key = new TestKey(Now.AddDays(-100), revoked: true));
        Assert.Equal("BOLT2110", await RefusedAsync(archive));
    }

    [Fact]
    public async Task A_key_that_may_only_encrypt_does_not_count()
    {
        using var archive = Small(a => a.Key = new TestKey(Now.AddDays(-100), flags: 4));
        Assert.Equal("BOLT2110", await RefusedAsync(archive));
    }

    [Fact]
    public async Task Another_archives_key_does_not_count()
    {
        using var archive = Small();
        var others = archive.Sources with { Sources = [archive.Sources.Sources[0] with { Keys = new TestKey(Now.AddDays(-100)).Source }] };
        using var image = archive.Open(others);
        var refused = await Assert.ThrowsAsync<BoltException>(() => image.ResolveAsync(TestArchive.Request("hello"), null, CancellationToken.None));
        Assert.Equal("BOLT2110", refused.Diagnostic.Code);
        Assert.Contains("is not trusted", refused.Diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_index_past_its_time_is_refused()
    {
        using var archive = Small(a => a.ValidUntil = Now.AddHours(-1));
        Assert.Equal("BOLT2111", await RefusedAsync(archive));
    }

    [Fact]
    public async Task An_index_of_tomorrow_is_refused()
    {
        using var archive = Small(a => a.Date = Now.AddDays(3));
        Assert.Equal("BOLT2110", await RefusedAsync(archive));
    }

    [Fact]
    public async Task An_older_index_than_the_last_one_is_not_taken()
    {
        using var archive = Small();
        var first = await archive.ResolveAsync("hello");
        archive.Date = Now.AddDays(-2);
        archive.Publish();
        // One machine of a mirror lags: what was taken before is taken again.
        var again = await archive.ResolveAsync("hello");
        Assert.Equal(first.Suites.Select(s => s.Date), again.Suites.Select(s => s.Date));
        Directory.Delete(Path.Combine(archive.Paths.Cache, "packages/releases"), recursive: true);
        Assert.Equal("BOLT2112", await RefusedAsync(archive));
    }

    [Fact]
    public async Task The_index_of_another_suite_is_refused()
    {
        using var archive = Small();
        var moved = Path.Combine(archive.Folder, "mirror/dists/bookworm");
        Directory.Move(Path.Combine(archive.Folder, "mirror/dists/trixie"), moved);
        var asked = archive.Sources with { Sources = [archive.Sources.Sources[0] with { Suite = "bookworm" }] };
        using var image = archive.Open(asked);
        var refused = await Assert.ThrowsAsync<BoltException>(() => image.ResolveAsync(TestArchive.Request("hello"), null, CancellationToken.None));
        Assert.Equal("BOLT2113", refused.Diagnostic.Code);
    }

    [Fact]
    public async Task A_mirror_that_is_down_is_named_with_the_cause()
    {
        using var archive = Small();
        var down = archive.Sources with { Sources = [archive.Sources.Sources[0] with { Uri = "http://127.0.0.1:1/debian" }] };
        using var image = archive.Open(down);
        var refused = await Assert.ThrowsAsync<BoltException>(() => image.ResolveAsync(TestArchive.Request("hello"), null, CancellationToken.None));
        Assert.Equal("BOLT2102", refused.Diagnostic.Code);
        Assert.Contains("http://127.0.0.1:1/debian/dists/trixie/InRelease", refused.Diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mirror_that_went_down_between_the_lists_and_the_packages_is_named()
    {
        using var archive = Small();
        var locked = await archive.ResolveAsync("hello");
        using var image = archive.Open(archive.Sources with { Sources = [archive.Sources.Sources[0] with { Uri = "http://127.0.0.1:1/debian" }] });
        var refused = await Assert.ThrowsAsync<BoltException>(() =>
            image.BuildLayerAsync("test", locked, new LayerExtras(), new ContentStore(archive.Paths), false, null, CancellationToken.None));
        Assert.Equal("BOLT2102", refused.Diagnostic.Code);
        Assert.Contains("http://127.0.0.1:1/debian/" + locked.Packages[0].Path, refused.Diagnostic.Message, StringComparison.Ordinal);
        archive.AssertNothingBuilt();
    }

    [Fact]
    public async Task A_full_disk_is_named_and_not_taken_for_a_mirror_that_is_down()
    {
        using var archive = Small();
        using var downloads = new Downloads(archive.Paths.Cache);
        using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
        var refused = await Assert.ThrowsAsync<BoltException>(() =>
            downloads.CopyAsync("file://" + archive.InRelease, full, "/cache/packages/x", 1 << 20, CancellationToken.None));
        Assert.Equal("BOLT2106", refused.Diagnostic.Code);
        Assert.Contains("cannot write `/cache/packages/x`: No space left on device", refused.Diagnostic.Message, StringComparison.Ordinal);
        Assert.Contains("BOLT_CACHE", refused.Diagnostic.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void A_spool_on_a_full_disk_ends_without_saying_it_twice()
    {
        using var spool = new Spool(Path.GetTempPath());
        var file = spool.Keep(new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 4096));
        file.Write([1]);
        Assert.ThrowsAny<IOException>(file.Flush);
    }

    [Theory]
    [InlineData("packages")]
    [InlineData("packages/sha256")]
    [InlineData("packages/indexes")]
    [InlineData("packages/releases")]
    public async Task A_cache_that_cannot_be_written_is_named(string folder)
    {
        using var archive = Small();
        var place = Path.Combine(archive.Paths.Cache, folder);
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        await File.WriteAllTextAsync(place, "a file where the folder should be");
        var refused = await Assert.ThrowsAsync<BoltException>(() => archive.ResolveAsync("hello"));
        Assert.Equal("BOLT2106", refused.Diagnostic.Code);
        Assert.Contains(place, refused.Diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Some_vendors_archive_is_passed_over()
    {
        using var archive = Small(a => a.Origin = "Vendor");
        Assert.Equal("BOLT2117", await RefusedAsync(archive));
    }

    [Fact]
    public async Task Without_a_network_the_last_index_serves()
    {
        using var archive = Small();
        var request = TestArchive.Request("hello") with { Offline = true };
        var refused = await Assert.ThrowsAsync<BoltException>(() => archive.ResolveAsync(request));
        Assert.Equal("BOLT2107", refused.Diagnostic.Code);
        await archive.ResolveAsync("hello");
        Directory.Delete(Path.Combine(archive.Folder, "mirror"), recursive: true);
        Assert.Single((await archive.ResolveAsync(request)).Packages);
    }

    [Fact]
    public void Text_that_was_not_signed_is_not_in_the_body()
    {
        var key = new TestKey(Now.AddDays(-1));
        var signed = key.Sign("Origin: Debian\nDate: now", Now) + "\nOrigin: Evil\n";
        var read = ClearSigned.Verify(Encoding.UTF8.GetBytes(signed), Keyring.Load(key.Source), "test", Now);
        Assert.Equal("Origin: Debian\nDate: now", read.Body);
    }
}
