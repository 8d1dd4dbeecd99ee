using Bolt.Builds;
using Bolt.Packages;
using Bolt.Storage;

namespace Bolt.Host.Tests.Packages;

/// <summary>Every recipe against the real archive of Debian 12 and 13: verified, resolved, fetched, laid out.</summary>
public sealed class RealArchiveTests(ArchiveCache cache) : IClassFixture<ArchiveCache>
{
    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (var suite in new[] { "bookworm", "trixie" })
        {
            foreach (var name in RecipeCatalog.Names)
            {
                cases.Add(suite, name);
            }
        }
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_recipe_resolves_and_its_layer_is_built(string suite, string name)
    {
        using var image = cache.Open(suite);
        var text = RecipeCatalog.Read(name)!;
        var recipe = RecipeReader.Read(name, text).Value!;
        var locked = await image.ResolveAsync(Request(recipe, null), null, CancellationToken.None);
        Assert.All(locked.Packages, p => Assert.Equal(64, p.Sha256.Length));
        Assert.Contains(locked.Suites, s => s.Id == "debian/" + suite);

        var extras = RecipeLayer.Extras(RecipeReader.Read(name, text, locked.Version).Value!);
        var layer = await image.BuildLayerAsync(name, locked, extras, cache.Content, false, null, CancellationToken.None);
        Assert.True(cache.Content.Contains(layer));
    }

    [Fact]
    public async Task Both_decoders_give_the_same_layer()
    {
        var recipe = RecipeReader.Read("redis", RecipeCatalog.Read("redis")!).Value!;
        using var native = cache.Open("bookworm");
        using var managed = cache.Open("bookworm", managed: true);
        var locked = await native.ResolveAsync(Request(recipe, null), null, CancellationToken.None);
        var extras = RecipeLayer.Extras(recipe);
        Assert.Equal(
            await native.BuildLayerAsync("redis", locked, extras, cache.Content, false, null, CancellationToken.None),
            await managed.BuildLayerAsync("redis", locked, extras, cache.Content, true, null, CancellationToken.None));
    }

    [Fact]
    public async Task A_tag_that_the_suite_lacks_lists_what_it_has()
    {
        using var image = cache.Open("bookworm");
        var recipe = RecipeReader.Read("postgres", RecipeCatalog.Read("postgres")!).Value!;
        var refused = await Assert.ThrowsAsync<Bolt.Diagnostics.BoltException>(() => image.ResolveAsync(Request(recipe, "9"), null, CancellationToken.None));
        Assert.Equal("there is no `postgres:9` in the configured archive, which has 15", refused.Diagnostic.Message);
    }

    private static PackageRequest Request(Recipe recipe, string? tag) => new()
    {
        For = recipe.Name,
        Wanted = recipe.Packages,
        VersionOf = recipe.VersionOf,
        Tag = tag,
        Drops = recipe.Drops,
        Prefers = recipe.Prefers,
        Architecture = RecipeBuild.Architecture,
    };
}

/// <summary>One cache for all cases: each package is fetched once.</summary>
public sealed class ArchiveCache : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("bolt-archive-").FullName;

    internal StoragePaths Paths => new(Path.Combine(folder, "state"), Path.Combine(folder, "run"), Path.Combine(folder, "cache"));
    internal ContentStore Content => new(Paths);

    internal PackageImage Open(string suite, bool managed = false) =>
        new(Paths, ArchiveSources.Debian("http://deb.debian.org", suite)) { ManagedDecoders = managed };

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
