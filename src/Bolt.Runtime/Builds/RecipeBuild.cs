using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Packages;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>
/// A recipe becomes an image: resolved once and pinned, its packages one layer, the layer one tree. With a pin and the
/// tree there is nothing to fetch, parse or unpack.
/// </summary>
/// <param name="tools">Stores and programs.</param>
/// <param name="sources">The archives; asked for only when something has to be fetched.</param>
internal sealed class RecipeBuild(BuildTools tools, Func<ArchiveSources> sources)
{
    private const string RecipeLabel = "bolt.recipe";
    private const string VersionLabel = "bolt.version";

    // Two services of one recipe must not fetch the same packages side by side.
    private readonly ConcurrentDictionary<string, SemaphoreSlim> busy = new();
    // One for all recipes, and none at all when every layer is there.
    private readonly Lazy<PackageImage> packages = new(() => new PackageImage(tools.Paths, sources()));

    public RecipeBuild(BuildTools tools)
        : this(tools, tools.Archives)
    {
    }

    /// <summary>Debian's name of this machine's architecture.</summary>
    public static string Architecture => RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64";

    /// <summary>The archives, opened once for all that are asked.</summary>
    public PackageImage Packages => packages.Value;

    public async Task<PreparedImage> PrepareAsync(
        RecipeReference reference, LockSession @lock, bool offline, IProgress<BuildProgress>? progress, CancellationToken cancellationToken)
    {
        var gate = busy.GetOrAdd(reference.ToString(), _ => new SemaphoreSlim(1));
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var (image, recipe) = await PrepareOneAsync(reference, @lock, offline, progress, cancellationToken).ConfigureAwait(false);
            return recipe.DotnetRuntime ? await new DotnetRuntimeLayer(tools).AddAsync(image, reference.Tag, cancellationToken).ConfigureAwait(false) : image;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Sees that the lock has a pin for it; what is pinned already is not fetched.</summary>
    public async Task LockAsync(RecipeReference reference, LockSession @lock, IProgress<BuildProgress>? progress, CancellationToken cancellationToken)
    {
        if (!IsPinned(reference, @lock))
        {
            await PrepareAsync(reference, @lock, false, progress, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The layer once more, from the pinned packages alone and by the other decoders.</summary>
    public async Task<Digest> LayerAgainAsync(RecipeReference reference, LockSession @lock, CancellationToken cancellationToken)
    {
        var pin = @lock.TryGet(KeyOf(reference)) ?? throw new BoltException(LockErrors.Missing(@lock.Path, KeyOf(reference)));
        await PackagesAsync(reference.ToString(), pin, @lock, null, cancellationToken).ConfigureAwait(false);
        using var other = new PackageImage(tools.Paths, sources()) { ManagedDecoders = true };
        var extras = RecipeLayer.Extras(Parse(reference, ReadText(reference), pin.Packages.Version));
        return await other.BuildLayerAsync(reference.ToString(), pin.Packages, extras, tools.Content, true, null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Paths of the packages that a pin names: from here, from beside the lock, from a mirror.</summary>
    public async Task<string[]> PackagesAsync(string who, RecipePin pin, LockSession @lock, IProgress<BuildProgress>? progress, CancellationToken cancellationToken)
    {
        if (VendorFolder.Beside(@lock) is { } vendor)
        {
            await packages.Value.SeedAsync(pin.Packages, vendor.Find, cancellationToken).ConfigureAwait(false);
        }
        return await packages.Value.FetchAsync(who, pin.Packages, false, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The lock has a pin for its present text.</summary>
    public static bool IsPinned(RecipeReference reference, LockSession @lock) =>
        @lock.TryGet(KeyOf(reference)) is { } known && known.Recipe == Digest.Of(Encoding.UTF8.GetBytes(ReadText(reference)));

    /// <summary>Its entry in the lock: "postgres:15/amd64".</summary>
    public static string KeyOf(RecipeReference reference) => $"{NameOf(reference)}/{Architecture}";

    /// <summary>As the lock has it: no path.</summary>
    public static string NameOf(RecipeReference reference) => reference.Name + (reference.Tag is null ? "" : ":" + reference.Tag);

    private async Task<(PreparedImage Image, Recipe Recipe)> PrepareOneAsync(
        RecipeReference reference, LockSession @lock, bool offline, IProgress<BuildProgress>? progress, CancellationToken cancellationToken)
    {
        var text = ReadText(reference);
        var digest = Digest.Of(Encoding.UTF8.GetBytes(text));
        var key = KeyOf(reference);
        @lock.Note(key);

        if (!@lock.IsAnew(key) && KeptRecipe.Find(tools.Paths, @lock, key, digest) is { } kept && tools.Trees.Find(kept.Layer) is { } laid)
        {
            return (Prepared(reference, kept.Recipe, kept.Image, kept.Layer, laid), kept.Recipe);
        }
        var pin = @lock.TryGet(key) is { } known && known.Recipe == digest ? known : null;
        if (pin is null)
        {
            @lock.Resolves(key);
        }
        var closure = pin?.Packages
            ?? await packages.Value.ResolveAsync(Request(reference, Parse(reference, text, null), offline), progress, cancellationToken).ConfigureAwait(false);
        var recipe = Parse(reference, text, closure.Version);
        if (pin is not null && tools.Trees.Find(pin.Layer) is null && !tools.Content.Contains(pin.Layer) && VendorFolder.Beside(@lock) is { } vendor)
        {
            await packages.Value.SeedAsync(closure, vendor.Find, cancellationToken).ConfigureAwait(false);
        }
        var layer = pin is not null && tools.Trees.Find(pin.Layer) is not null ? pin.Layer
            : pin is not null && tools.Content.Contains(pin.Layer) ? pin.Layer
            : await packages.Value.BuildLayerAsync(reference.ToString(), closure, RecipeLayer.Extras(recipe), tools.Content, offline, progress, cancellationToken).ConfigureAwait(false);
        if (pin is not null && layer != pin.Layer)
        {
            throw new BoltException(RecipeErrors.LayerDiffers(reference.ToString(), pin.Layer.ToString(), layer.ToString()));
        }
        var tree = tools.Trees.Find(layer);
        if (tree is null)
        {
            progress?.Report(new BuildProgress($"{reference}: laying out the tree", 0, 0));
            tree = await tools.Trees.UnpackAsync(layer, () => tools.Content.OpenRead(layer), cancellationToken).ConfigureAwait(false);
        }
        var image = await SaveAsync(reference, recipe, digest, closure, layer, cancellationToken).ConfigureAwait(false);
        if (pin is null)
        {
            @lock.Set(key, new RecipePin(digest, layer, closure));
        }
        else
        {
            await new KeptRecipe(layer, image, recipe).WriteAsync(tools.Paths, @lock, key, digest, cancellationToken).ConfigureAwait(false);
        }
        return (Prepared(reference, recipe, image, layer, tree), recipe);
    }

    private async Task<Digest> SaveAsync(
        RecipeReference reference, Recipe recipe, Digest digest, PackageLock closure, Digest layer, CancellationToken cancellationToken)
    {
        var images = new ImageStore(tools.Paths, tools.Content);
        var name = "bolt://" + reference;
        if (images.Find(name) is { } known
            && known.Config.DiffIds is [var only] && only == layer
            && known.Config.Labels.GetValueOrDefault(RecipeLabel) == digest.ToString())
        {
            return known.Id;
        }
        var saved = await images.SaveAsync(name, new OciConfig
        {
            Architecture = closure.Architecture,
            Entrypoint = recipe.Entrypoint,
            Command = recipe.Command,
            Environment = recipe.Environment,
            User = recipe.User,
            WorkingDirectory = recipe.WorkingDirectory,
            ExposedPorts = recipe.Ports.Select(p => $"{p}/tcp").ToImmutableSortedSet(StringComparer.Ordinal),
            StopSignal = recipe.StopSignal.ToString(),
            Labels = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal)
                .Add(RecipeLabel, digest.ToString()).Add(VersionLabel, closure.Version),
            DiffIds = [layer],
        }, cancellationToken).ConfigureAwait(false);
        return saved.Id;
    }

    private PreparedImage Prepared(RecipeReference reference, Recipe recipe, Digest image, Digest layer, string tree)
    {
        var template = recipe.Template ? new RecipeTemplate(tools, reference.ToString(), recipe, layer, tree) : null;
        return new PreparedImage
        {
            Reference = reference.ToString(),
            Id = image,
            Layers = [tree],
            Entrypoint = recipe.Entrypoint,
            Command = recipe.Command,
            Environment = recipe.Environment,
            User = recipe.UserUnder(tools.Ids),
            WorkingDirectory = recipe.WorkingDirectory,
            ExposedPorts = recipe.Ports,
            StopSignal = (int)recipe.StopSignal,
            Recipe = new RecipeTraits
            {
                Ready = recipe.Ready,
                DataFolder = recipe.Data,
                Url = recipe.Url,
                Port = recipe.Ports.IsEmpty ? null : recipe.Ports[0],
                DefaultUser = recipe.DefaultUser,
                Initialize = recipe.Initialize,
                EphemeralArguments = recipe.Ephemeral,
                Freeze = recipe.Freeze,
                TemplateTree = template is null ? null : template.TreeAsync,
                Environment = recipe.CredentialEnvironment,
                Logins = recipe.Logins,
            },
        };
    }

    /// <summary>What a recipe asks of an archive.</summary>
    internal static PackageRequest Request(RecipeReference reference, Recipe recipe, bool offline) => new()
    {
        For = reference.File ?? reference.Name,
        Wanted = recipe.Packages,
        VersionOf = recipe.VersionOf,
        Tag = recipe.DotnetRuntime ? null : reference.Tag,
        Drops = recipe.Drops,
        Prefers = recipe.Prefers,
        Architecture = Architecture,
        Offline = offline,
    };

    private static Recipe Parse(RecipeReference reference, string text, string? version)
    {
        var read = RecipeReader.Read(reference.File ?? reference.Name + ".capsule.toml", text, version);
        return read.Ok ? read.Value! : throw new BoltException(read.Diagnostics.First(d => d.Severity == Severity.Error));
    }

    private static string ReadText(RecipeReference reference)
    {
        if (reference.File is not { } file)
        {
            return RecipeCatalog.Read(reference.Name) ?? throw new BoltException(RecipeErrors.NoRecipe(reference.Name, RecipeCatalog.Names));
        }
        return Boltfiles.TomlDocument.ReadText(file, out var text) is { } reason
            ? throw new BoltException(RecipeErrors.RecipeUnreadable(file, reason)) : text;
    }
}
