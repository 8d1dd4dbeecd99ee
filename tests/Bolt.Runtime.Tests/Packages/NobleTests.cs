using System.Formats.Tar;
using Bolt.Builds;
using Bolt.Diagnostics;
using Bolt.Packages;
using Bolt.Storage;

namespace Bolt.Runtime.Tests.Packages;

/// <summary>The library's recipes on Ubuntu 24.04, where packages have other names and other homes than in Debian.</summary>
public sealed class NobleTests : IClassFixture<NobleTests.Machine>
{
    private readonly NobleArchive archive;

    public NobleTests(Machine machine) => archive = machine.Archive;

    public static TheoryData<string> Recipes() => [.. RecipeCatalog.Names];

    [Theory]
    [MemberData(nameof(Recipes))]
    public async Task Each_recipe_resolves_to_Ubuntus_names(string name)
    {
        var (locked, _) = await ResolveAsync(name, null);
        Golden.Check("Packages/noble/" + name, $"version {locked.Version}\n"
            + string.Join('\n', locked.Suites.Select(s => $"suite {s.Id}")) + "\n"
            + string.Join('\n', locked.Packages.Select(p => $"{p.Name} {p.Version} {p.Suite}")));
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public async Task Each_recipe_becomes_a_layer_of_packages_in_zstd(string name)
    {
        var (locked, image) = await ResolveAsync(name, null);
        using var _ = image;
        var recipe = RecipeReader.Read(name, RecipeCatalog.Read(name)!, locked.Version).Value!;
        var content = new ContentStore(archive.Paths);
        var layer = await image.BuildLayerAsync(name, locked, RecipeLayer.Extras(recipe), content, false, null, CancellationToken.None);
        var paths = new HashSet<string>();
        using var tar = new TarReader(content.OpenRead(layer));
        while (await tar.GetNextEntryAsync(cancellationToken: CancellationToken.None) is { } entry)
        {
            paths.Add(entry.Name);
        }
        Assert.All(locked.Packages, p => Assert.Contains($"usr/share/doc/{p.Name}/copyright", paths));
        Assert.Contains("etc/os-release", paths.Append(name == "busybox" ? "etc/os-release" : ""));
    }

    [Theory]
    [InlineData("postgres", "15", "there is no `postgres:15` in the configured archive, which has 16")]
    [InlineData("redis", "6", "there is no `redis:6` in the configured archive, which has 7.0.15")]
    [InlineData("nginx", "1.22", "there is no `nginx:1.22` in the configured archive, which has 1.24.0")]
    [InlineData("caddy", "1", "there is no `caddy:1` in the configured archive, which has 2.6.2")]
    public async Task A_tag_that_Ubuntu_lacks_is_an_error_that_lists_what_it_has(string name, string tag, string expected)
    {
        var refused = await Assert.ThrowsAsync<BoltException>(() => ResolveAsync(name, tag));
        Assert.Equal(("BOLT2122", expected), (refused.Diagnostic.Code, refused.Diagnostic.Message));
    }

    [Theory]
    [InlineData("postgres", "16", "16")]
    [InlineData("redis", "7", "7.0.15")]
    [InlineData("nginx", "1.24", "1.24.0")]
    [InlineData("nats", "2.10", "2.10.7")]
    public async Task A_tag_picks_Ubuntus_version(string name, string tag, string version) =>
        Assert.Equal(version, (await ResolveAsync(name, tag)).Locked.Version);

    private async Task<(PackageLock Locked, PackageImage Image)> ResolveAsync(string name, string? tag)
    {
        var recipe = RecipeReader.Read(name, RecipeCatalog.Read(name)!).Value!;
        var image = archive.Open();
        var request = RecipeBuild.Request(new RecipeReference(name, tag, null), recipe, offline: false) with { Architecture = "amd64" };
        try
        {
            return (await image.ResolveAsync(request, null, CancellationToken.None), image);
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    public sealed class Machine : IDisposable
    {
        internal NobleArchive Archive { get; } = new();

        public void Dispose() => Archive.Dispose();
    }
}
