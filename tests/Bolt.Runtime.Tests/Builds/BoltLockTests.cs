using Bolt.Builds;
using Bolt.Packages;
using Bolt.Storage;

namespace Bolt.Runtime.Tests.Builds;

public sealed class BoltLockTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("bolt-lock-").FullName;

    private static readonly RecipePin Pin = new(new Digest(new string('a', 64)), new Digest(new string('b', 64)), new PackageLock(
        "15", "amd64",
        [new LockedSuite("debian/bookworm", new DateTimeOffset(2026, 7, 11, 10, 16, 37, TimeSpan.Zero), new string('c', 64), [new string('d', 64)], "B8B8")],
        [
            new LockedPackage("libc6", "2.36-9+deb12u14", "amd64", new string('e', 64), 2759320, "debian/bookworm", "pool/main/g/glibc/libc6_2.36.deb", "postgresql-15"),
            new LockedPackage("postgresql-15", "15.20-0+deb12u1", "amd64", new string('f', 64), 17091392, "debian/bookworm", "pool/main/p/x.deb", "wanted"),
        ]));

    private string File => Path.Combine(folder, "bolt.lock");

    [Fact]
    public async Task What_is_written_is_read_again_and_reads_well()
    {
        var written = BoltLock.Empty.With("postgres:15/amd64", Pin).With("busybox/amd64", Pin with { Packages = Pin.Packages with { Version = "" } });
        await written.WriteAsync(File, CancellationToken.None);
        Golden.Check("Builds/lock", System.IO.File.ReadAllText(File));
        var read = BoltLock.Read(File).Value!;
        Assert.Equal(written.ToString(), read.ToString());
        Assert.Equal("2.36-9+deb12u14", read.Pins["postgres:15/amd64"].Packages.Packages[0].Version);
        Assert.Single(Directory.GetFiles(folder));
    }

    [Fact]
    public void No_file_is_an_empty_lock() => Assert.Empty(BoltLock.Read(File).Value!.Pins);

    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("{}")]
    [InlineData("""{"version": 2, "recipes": {}}""")]
    [InlineData("""{"version": 1, "recipes": {}, "more": 1}""")]
    [InlineData("""{"version": 1, "recipes": {"a": null}}""")]
    [InlineData("""{"version": 1, "recipes": {"a": {"recipe": "x", "layer": "y", "version": "", "architecture": "", "suites": [], "packages": []}}}""")]
    [InlineData("""{"version": 1, "recipes": {"a": {"recipe": "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "layer": "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "version": "", "architecture": "", "suites": [], "packages": [null]}}}""")]
    [InlineData("""{"version": 1, "recipes": {"a": {"recipe": "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "layer": "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "version": "", "architecture": "", "suites": [], "packages": [{"name": "x", "version": "1", "architecture": "all", "sha256": "../../x", "size": 1, "suite": "s", "path": "p", "reason": ""}]}}}""")]
    public void Anything_else_is_refused_and_kept(string text)
    {
        System.IO.File.WriteAllText(File, text);
        var read = BoltLock.Read(File);
        Assert.False(read.Ok);
        Assert.Equal("BOLT2201", Assert.Single(read.Diagnostics).Code);
        Assert.Equal(text, System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void Pins_that_are_set_side_by_side_are_all_kept()
    {
        var session = new LockSession(BoltLock.Empty);
        Assert.False(session.Changed);
        Parallel.For(0, 200, i => session.Set($"r{i}", Pin));
        Assert.True(session.Changed);
        Assert.Equal(200, session.Current.Pins.Count);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
