using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Bolt.Capsules;
using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Launch;
using Bolt.Packages;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>
/// <c>packages = ["…"]</c>: Debian packages on top of a recipe, with their maintainer's scripts run. They are unpacked here and
/// configured by dpkg in a capsule over the recipe's layer, without a network; what that leaves, less what differs each time, is one layer.
/// </summary>
/// <param name="recipes">Prepares what is below, and has the archives.</param>
internal sealed class ConfiguredPackages(BuildTools tools, RecipeBuild recipes)
{
    // Policy 3.8: packages rely on these without naming them. usr-is-merged instead of perl's usrmerge, and mawk of the kinds of awk.
    private static readonly ImmutableArray<string> Essential =
    [
        "base-files", "base-passwd", "bash", "bsdutils", "coreutils", "dash", "debianutils", "diffutils", "dpkg", "findutils", "grep", "gzip",
        "hostname", "init-system-helpers", "libc-bin", "login", "mawk", "ncurses-base", "ncurses-bin", "perl-base", "sed", "sysvinit-utils", "tar",
        "util-linux",
    ];
    private static readonly ImmutableArray<string> Prefers = ["usr-is-merged", "mawk", "debconf", "libpam-runtime"];

    // For people. Licences stay, and the catalogue's of translations are not missed by any script.
    private static readonly ImmutableArray<string> Pruned =
        ["/usr/share/doc", "/usr/share/man", "/usr/share/info", "/usr/share/lintian", "/usr/share/bug", "/usr/share/locale", "/usr/share/gtk-doc"];
    private static readonly ImmutableArray<string> Kept = ["/usr/share/doc/*/copyright", "/usr/share/doc/*", "/usr/share/locale/locale.alias"];

    // Without SETFCAP: layers keep no file capabilities, and scripts that cannot set them fall back to what is kept.
    private static readonly ImmutableArray<string> Capabilities =
        ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "SYS_CHROOT"];

    private readonly ConcurrentDictionary<string, SemaphoreSlim> busy = new();

    /// <param name="reference">The recipe that they come on top of.</param>
    /// <param name="wanted">Names, or names with a relation to a version.</param>
    public async Task<PreparedImage> PrepareAsync(
        RecipeReference reference, ImmutableArray<string> wanted, LockSession @lock, bool offline, IProgress<BuildProgress>? progress, CancellationToken cancellationToken)
    {
        var below = await recipes.PrepareAsync(reference, @lock, offline, progress, cancellationToken).ConfigureAwait(false);
        var belowPin = @lock.TryGet(RecipeBuild.KeyOf(reference)) ?? throw new UnreachableException();
        var who = $"{reference}+{Joined(wanted)}";
        var gate = busy.GetOrAdd(who, _ => new SemaphoreSlim(1));
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var (layer, tree) = await LayerAsync(new Work(who, KeyOf(reference, wanted), reference, below, belowPin, wanted, offline), @lock, progress, cancellationToken).ConfigureAwait(false);
            return await SaveAsync(who, below, layer, tree, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Sees that the lock has a pin for them, and for what is below.</summary>
    public async Task LockAsync(RecipeReference reference, ImmutableArray<string> wanted, LockSession @lock, IProgress<BuildProgress>? progress, CancellationToken cancellationToken)
    {
        await recipes.LockAsync(reference, @lock, progress, cancellationToken).ConfigureAwait(false);
        if (!IsPinned(reference, wanted, @lock))
        {
            await PrepareAsync(reference, wanted, @lock, false, progress, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Their entry in the lock: "debian+curl,jq/amd64".</summary>
    public static string KeyOf(RecipeReference reference, ImmutableArray<string> wanted) => $"{RecipeBuild.NameOf(reference)}+{Joined(wanted)}/{RecipeBuild.Architecture}";

    /// <summary>The lock has a pin for these on what it pins below them.</summary>
    public static bool IsPinned(RecipeReference reference, ImmutableArray<string> wanted, LockSession @lock) =>
        @lock.TryGet(RecipeBuild.KeyOf(reference)) is { } below && @lock.TryGet(KeyOf(reference, wanted)) is { } known && known.Recipe == Inputs(below, wanted);

    private static string Joined(ImmutableArray<string> wanted) => string.Join(',', wanted.Distinct().Order(StringComparer.Ordinal));

    // What is below decides which packages come on top.
    private static Digest Inputs(RecipePin below, ImmutableArray<string> wanted) =>
        Digest.Of(Encoding.UTF8.GetBytes(string.Join('\0', "configured", ConfigureScript.Text, below.Layer.Hex, Joined(wanted))));

    private sealed record Work(string Who, string Key, RecipeReference Reference, PreparedImage Below, RecipePin BelowPin, ImmutableArray<string> Wanted, bool Offline);

    private async Task<(Digest Layer, string Tree)> LayerAsync(Work work, LockSession @lock, IProgress<BuildProgress>? progress, CancellationToken cancellationToken)
    {
        var inputs = Inputs(work.BelowPin, work.Wanted);
        var pin = @lock.TryGet(work.Key) is { } known && known.Recipe == inputs ? known : null;
        if (pin is not null && tools.Content.Contains(pin.Layer))
        {
            return (pin.Layer, await tools.Trees.UnpackAsync(pin.Layer, () => tools.Content.OpenRead(pin.Layer), cancellationToken).ConfigureAwait(false));
        }
        if (tools.Ids.Single)
        {
            throw new BoltException(RecipeErrors.PackagesNeedIds(work.Who));
        }
        if (pin is null)
        {
            @lock.Resolves(work.Key);
        }
        else if (VendorFolder.Beside(@lock) is { } vendor)
        {
            await recipes.Packages.SeedAsync(pin.Packages, vendor.Find, cancellationToken).ConfigureAwait(false);
        }
        var closure = pin?.Packages ?? await recipes.Packages.ResolveAsync(Request(work), progress, cancellationToken).ConfigureAwait(false);
        var layer = await ConfigureAsync(work, closure, progress, cancellationToken).ConfigureAwait(false);
        if (pin is not null && pin.Layer != layer)
        {
            throw new BoltException(RecipeErrors.LayerDiffers(work.Who, pin.Layer.ToString(), layer.ToString()));
        }
        if (pin is null)
        {
            @lock.Set(work.Key, new RecipePin(inputs, layer, closure));
        }
        return (layer, await tools.Trees.UnpackAsync(layer, () => tools.Content.OpenRead(layer), cancellationToken).ConfigureAwait(false));
    }

    private static PackageRequest Request(Work work) => new()
    {
        For = work.Who,
        Wanted = [.. Essential, .. work.Wanted],
        Prefers = Prefers,
        Present = work.BelowPin.Packages.Packages,
        Architecture = RecipeBuild.Architecture,
        Offline = work.Offline,
    };

    private async Task<Digest> ConfigureAsync(Work work, PackageLock closure, IProgress<BuildProgress>? progress, CancellationToken cancellationToken)
    {
        var below = work.Below.Layers;
        var extras = new LayerExtras { Prune = Pruned, Keep = Kept, Entries = ConfigureScript.Links };
        var (unpacked, newest) = await recipes.Packages.BuildUnconfiguredAsync(
            work.Who, closure, work.BelowPin.Packages.Packages, extras, tools.Content, work.Offline, progress, cancellationToken).ConfigureAwait(false);
        progress?.Report(new BuildProgress($"{work.Who}: configuring {closure.Packages.Length} packages", 0, 0));
        var tree = await tools.Trees.UnpackAsync(unpacked, () => tools.Content.OpenRead(unpacked), cancellationToken).ConfigureAwait(false);
        var place = await BuildWorkplace.OpenAsync(tools, cancellationToken).ConfigureAwait(false);
        await using (place.ConfigureAwait(false))
        {
            var upper = Path.Combine(place.State, "configured");
            await RunAsync(work.Who, place, [.. below, tree], upper, closure, newest, cancellationToken).ConfigureAwait(false);
            var written = upper + "/upper";
            await tools.Files.DropStubsAsync(written, [.. below, tree], ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/proc", "/sys", "/dev"], cancellationToken).ConfigureAwait(false);
            return await tools.Content.MakeAsync(
                path => tools.Files.PackAsync(new FileOperation.Pack([tree, written], "/", true, true, newest, path), cancellationToken), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task RunAsync(
        string who, BuildWorkplace place, ImmutableArray<string> layers, string upper, PackageLock closure, long newest, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(place.Run, "configure");
        var spec = new CapsuleSpec
        {
            Id = place.Id + "-p",
            Folder = folder,
            Ids = tools.Ids,
            Layers = layers,
            Upper = upper,
            Volatile = true,
            BareNames = true,
            // base-passwd's comes first: all others may name its users.
            Command = ["/bin/sh", "-c", ConfigureScript.Text, "configure", .. closure.Packages.Select(p => p.Name).OrderBy(n => n == "base-passwd" ? 0 : 1).ThenBy(n => n, StringComparer.Ordinal)],
            Environment =
            [
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C", "TZ=UTC", "DEBIAN_FRONTEND=noninteractive",
                "DEBCONF_NONINTERACTIVE_SEEN=true", "PYTHONHASHSEED=0", string.Create(CultureInfo.InvariantCulture, $"SOURCE_DATE_EPOCH={newest}"),
                $"ARCHITECTURE={closure.Architecture}",
            ],
            // It has to resolve: some scripts ask for their own address.
            Hostname = "localhost",
            Capabilities = Capabilities,
            DieWithOwner = true,
        };
        try
        {
            var capsule = await Capsule.StartAsync(tools.ShimPath, spec, cancellationToken).ConfigureAwait(false);
            var (exit, last) = await CommandEnd.FollowAsync(capsule, null, cancellationToken).ConfigureAwait(false);
            if (exit.Code != 0)
            {
                throw new BoltException(RecipeErrors.PackagesNotConfigured(who, exit.Code is { } code ? $"ended with code {code}" : $"was ended by signal {exit.Signal}", last));
            }
        }
        finally
        {
            await Capsule.DeleteAsync(folder, tools.Files, CancellationToken.None).ConfigureAwait(false);
        }
    }

    // Kept as an image, so that gc leaves its layers and the store can export it.
    private async Task<PreparedImage> SaveAsync(
        string who, PreparedImage below, Digest layer, string tree, CancellationToken cancellationToken)
    {
        var images = new ImageStore(tools.Paths, tools.Content);
        var name = "bolt://" + who;
        var config = OciConfig.Read(images.ReadDocument(below.Id));
        config = config with { DiffIds = [.. config.DiffIds, layer] };
        var id = images.Find(name) is { } same && same.Id == Digest.Of(config.ToBytes()) ? same.Id
            : (await images.SaveAsync(name, config, cancellationToken).ConfigureAwait(false)).Id;
        return below with { Reference = who, Id = id, Layers = [.. below.Layers, tree] };
    }
}
