using System.Collections.Immutable;
using System.Reflection;
using System.Text;
using Bolt.Builds;
using Bolt.Evidence;
using Bolt.Images;
using Bolt.Storage;

namespace Bolt;

public sealed partial class BoltRuntime
{
    private static readonly string Version = typeof(BoltRuntime).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>An image's bill of materials, SPDX 2.3 in JSON: its layers with their files, the packages of Debian, Alpine and NuGet.</summary>
    /// <param name="image">A reference, a recipe's name, or the start of an id; it must be here.</param>
    /// <param name="created">What the document says about its own making; null: now.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<byte[]> DescribeImageAsync(string image, DateTimeOffset? created, CancellationToken cancellation) =>
        DescribeAsync(ImageSearch.Get(Store, image), [], created, cancellation);

    /// <summary>The same of an image that was just built, with what the build alone knows.</summary>
    public Task<byte[]> DescribeImageAsync(BuiltImage image, DateTimeOffset? created, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(image);
        return DescribeAsync(ImageSearch.Get(Store, image.Tags.IsEmpty ? image.Id : image.Tags[0]), image.Facts?.Assets ?? [], created, cancellation);
    }

    /// <summary>How an image that was just built came to be: an in-toto statement with SLSA provenance v1. Its layers are packed for it, as for a push.</summary>
    public async Task<byte[]> ProvenanceAsync(BuiltImage image, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(image);
        var facts = image.Facts ?? throw new ArgumentException("it was not built by this runtime", nameof(image));
        var local = ImageSearch.Get(Store, image.Tags.IsEmpty ? image.Id : image.Tags[0]);
        // Under a name of its own: an image that was built here stays one, whatever is written about it.
        var packed = await new ImagePacking(Rooms.Tools.Content, Store).PackAsync(local with { Reference = UnnamedBuild + local.Id }, cancellation).ConfigureAwait(false);
        return Provenance.Of(facts, image.Tags.IsEmpty ? [image.Id] : image.Tags, packed.Manifest!.Value, await Task.Run(() => Sources(facts, cancellation).ToArray(), cancellation).ConfigureAwait(false), Version);
    }

    private async Task<byte[]> DescribeAsync(LocalImage image, ImmutableArray<string> assets, DateTimeOffset? created, CancellationToken cancellation)
    {
        var inventory = await Task.Run(() => ImageInventory.Of(image, Rooms.Tools.Content, cancellation), cancellation).ConfigureAwait(false);
        return SpdxDocument.Of(image, inventory, [.. Packages(image, inventory, assets)], created ?? DateTimeOffset.UtcNow, "bolt-" + Version);
    }

    private IEnumerable<InstalledPackage> Packages(LocalImage image, ImageInventory inventory, ImmutableArray<string> assets)
    {
        var os = OperatingSystem(inventory.Texts);
        var layers = image.Layers.Select(l => l.DiffId).ToHashSet();
        var own = new[] { "run.lock", "build.lock" }.Select(n => BoltLock.Read(Path.Combine(Rooms.Paths.State, n)).Value).OfType<BoltLock>();
        var pinned = KnownLocks.Read(Rooms.Paths).Concat(own).SelectMany(l => l.Pins.Values).Where(p => layers.Contains(p.Layer)).DistinctBy(p => p.Layer).SelectMany(DebianPackages.Of);
        var listed = inventory.Texts.SelectMany(t => t.Key.StartsWith("var/lib/dpkg/", StringComparison.Ordinal) ? DebianPackages.Of(t.Key, Encoding.UTF8.GetString(t.Value), os)
            : t.Key.EndsWith("apk/db/installed", StringComparison.Ordinal) ? AlpinePackages.Of(t.Key, Encoding.UTF8.GetString(t.Value)) : []);
        var nuget = inventory.Texts.Where(t => t.Key.EndsWith(".deps.json", StringComparison.Ordinal)).SelectMany(t => NugetPackages.Of(t.Key, t.Value)).ToArray();
        if (nuget.Length == 0)
        {
            nuget = [.. assets.Where(File.Exists).SelectMany(a => NugetPackages.Of(Path.GetFileName(a), File.ReadAllBytes(a)))];
        }
        return pinned.Concat(listed).DistinctBy(p => (p.Name, p.Version)).Concat(nuget.DistinctBy(p => p.Purl)).OrderBy(p => p.Purl, StringComparer.Ordinal);
    }

    // os-release(5).
    private static (string Id, string Version) OperatingSystem(ImmutableSortedDictionary<string, byte[]> texts)
    {
        var lines = texts.Where(t => t.Key.EndsWith("os-release", StringComparison.Ordinal)).SelectMany(t => Encoding.UTF8.GetString(t.Value).Split('\n')).ToArray();
        string Value(string name) => lines.FirstOrDefault(l => l.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..].Trim('"', '\'') ?? "";
        return (Value("ID"), Value("VERSION_ID"));
    }

    // What lay on the builder's disk: the commit, and for a Dockerfile its text and all that COPY could have read.
    private static IEnumerable<BuildInput> Sources(BuildFacts facts, CancellationToken cancellation)
    {
        if (facts.Kind == "recipe")
        {
            yield break;
        }
        if (SourceRevision.Of(File.Exists(facts.Options.Context) ? Path.GetDirectoryName(Path.GetFullPath(facts.Options.Context))! : facts.Options.Context) is { } revision)
        {
            yield return revision;
        }
        if (facts.Kind == "dockerfile" && DockerfileBuild.Plan(facts.Options).Value is { } plan)
        {
            yield return new BuildInput("context:", "sha256", CopyPlan.ContentOf(ContextFolder.Read(plan.Options.Context, plan.Ignore, backwards: false, cancellation).All).Hex);
            yield return new BuildInput("context:" + DockerfileBuild.DefaultName, "sha256", Digest.Of(File.ReadAllBytes(facts.Options.Dockerfile ?? Path.Combine(plan.Options.Context, DockerfileBuild.DefaultName))).Hex);
        }
    }
}
