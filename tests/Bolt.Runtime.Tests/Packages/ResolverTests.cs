using Bolt.Diagnostics;
using Bolt.Packages;

namespace Bolt.Runtime.Tests.Packages;

public sealed class ResolverTests
{
    private static string Text(PackageLock locked) => string.Join(' ', locked.Packages.Select(p => $"{p.Name}={p.Version}<{p.Reason}"));

    private static async Task<string> ResolveAsync(Action<TestArchive> fill, PackageRequest request)
    {
        using var archive = new TestArchive();
        fill(archive);
        archive.Publish();
        try
        {
            return Text(await archive.ResolveAsync(request));
        }
        catch (BoltException e)
        {
            return $"{e.Diagnostic.Code}: {e.Diagnostic.Message}";
        }
    }

    [Fact]
    public async Task The_closure_follows_both_kinds_of_dependencies() => Assert.Equal(
        "a=1<wanted b=2<a c=3<b",
        await ResolveAsync(r => r.Add("a", "1", "Pre-Depends: b\n").Add("b", "2", "Depends: c (>= 2), a\n").Add("c", "3"), TestArchive.Request("a")));

    [Fact]
    public async Task The_newest_version_is_taken() => Assert.Equal(
        "a=1:0.1<wanted",
        await ResolveAsync(r => r.Add("a", "9").Add("a", "1:0.1").Add("a", "9~rc1"), TestArchive.Request("a")));

    [Fact]
    public async Task An_older_version_is_taken_where_only_that_will_do() => Assert.Equal(
        "a=1<wanted b=1<a",
        await ResolveAsync(r => r.Add("a", "1", "Depends: b (<< 2)\n").Add("b", "2").Add("b", "1"), TestArchive.Request("a")));

    [Fact]
    public async Task The_first_alternative_that_exists_is_taken() => Assert.Equal(
        "a=1<wanted c=1<a",
        await ResolveAsync(r => r.Add("a", "1", "Depends: nothing | b (>= 2) | c | d\n").Add("b", "1").Add("c", "1").Add("d", "1"), TestArchive.Request("a")));

    [Fact]
    public async Task A_preferred_alternative_goes_first() => Assert.Equal(
        "a=1<wanted usr-is-merged=1<a",
        await ResolveAsync(r => r.Add("a", "1", "Depends: usrmerge | usr-is-merged\n").Add("usrmerge", "1").Add("usr-is-merged", "1"),
            TestArchive.Request("a") with { Prefers = ["usr-is-merged"] }));

    [Fact]
    public async Task What_is_chosen_already_meets_an_alternative() => Assert.Equal(
        "a=1<wanted d=1<wanted",
        await ResolveAsync(r => r.Add("a", "1", "Depends: c | d\n").Add("c", "1").Add("d", "1"), TestArchive.Request("d", "a")));

    [Fact]
    public async Task A_provider_meets_an_unversioned_relation_and_its_own_version_a_versioned_one() => Assert.Equal(
        "a=1<wanted new=1<a",
        await ResolveAsync(r => r.Add("a", "1", "Depends: abi (>= 3), virtual\n").Add("old", "1", "Provides: abi\n")
            .Add("new", "1", "Provides: abi (= 3), virtual\n"), TestArchive.Request("a")));

    [Fact]
    public async Task Dropped_packages_are_met_and_left_out() => Assert.Equal(
        "a=1<wanted",
        await ResolveAsync(r => r.Add("a", "1", "Depends: libllvm14, debconf | debconf-2.0\n").Add("libllvm14", "1"),
            TestArchive.Request("a") with { Drops = ["libllvm*", "debconf-2.0"] }));

    [Fact]
    public async Task Another_architectures_package_is_never_taken() => Assert.Equal(
        "BOLT2121: `test` cannot be resolved: `a` depends on `b`, which no configured suite has",
        await ResolveAsync(r => r.Add("a", "1", "Depends: b:arm64\n").Add("b", "1"), TestArchive.Request("a")));

    [Fact]
    public async Task Any_architecture_is_this_one() => Assert.Equal(
        "a=1<wanted b=1<a",
        await ResolveAsync(r => r.Add("a", "1", "Depends: b:any (>= 1)\n").Add("b", "1"), TestArchive.Request("a")));

    [Theory]
    [InlineData(null, "postgresql-17=17.6<wanted")]
    [InlineData("16", "postgresql-16=16.9<wanted")]
    [InlineData("15", "BOLT2122: there is no `test:15` in the configured archive, which has 17, 16")]
    public async Task A_name_with_a_version_selects_by_tag(string? tag, string expected) => Assert.Equal(
        expected,
        await ResolveAsync(r => r.Add("postgresql-16", "16.9").Add("postgresql-17", "17.6").Add("postgresql-client", "1").Add("postgresql-16-slony", "1"),
            TestArchive.Request("postgresql-{version}") with { Tag = tag }));

    [Theory]
    [InlineData(null, "redis-server=5:7.2.1-1<wanted redis-tools=5:7.2.1-1<redis-server")]
    [InlineData("7", "redis-server=5:7.2.1-1<wanted redis-tools=5:7.2.1-1<redis-server")]
    [InlineData("7.0", "redis-server=5:7.0.15-1<wanted redis-tools=5:7.0.15-1<redis-server")]
    [InlineData("7.0.15", "redis-server=5:7.0.15-1<wanted redis-tools=5:7.0.15-1<redis-server")]
    [InlineData("6", "BOLT2122: there is no `test:6` in the configured archive, which has 7.2.1, 7.0.15")]
    public async Task A_package_version_selects_by_tag(string? tag, string expected) => Assert.Equal(
        expected,
        await ResolveAsync(r => r
            .Add("redis-server", "5:7.0.15-1", "Depends: redis-tools (= 5:7.0.15-1)\n").Add("redis-tools", "5:7.0.15-1")
            .Add("redis-server", "5:7.2.1-1", "Depends: redis-tools (= 5:7.2.1-1)\n").Add("redis-tools", "5:7.2.1-1"),
            TestArchive.Request("redis-server") with { Tag = tag, VersionOf = "redis-server" }));

    [Fact]
    public async Task A_missing_package_is_named_with_the_suites() => Assert.Equal(
        "BOLT2120: `test` needs the package `nginx | nginx-light`, which debian/trixie does not have",
        await ResolveAsync(r => r.Add("a", "1"), TestArchive.Request("nginx | nginx-light")));
}
