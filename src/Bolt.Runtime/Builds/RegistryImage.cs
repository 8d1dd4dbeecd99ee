using System.Globalization;
using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Registries;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>An image by a registry's name: from the store when it is there, as bolt.lock pins it, else pulled.</summary>
internal static class RegistryImage
{
    public static async Task<PreparedImage> PrepareAsync(
        BuildTools tools, string text, LockSession @lock, bool offline, IProgress<BuildProgress>? progress, CancellationToken cancellationToken)
    {
        var (image, warning) = await PinnedAsync(tools, text, @lock, offline, progress, cancellationToken).ConfigureAwait(false);
        var prepared = await StoredImage.PrepareAsync(tools, text, image, cancellationToken).ConfigureAwait(false);
        return warning is null ? prepared : prepared with { Warnings = [warning] };
    }

    /// <summary>What a Dockerfile stands on: as a project's lock pins it, else what the store has under the name, else pulled.</summary>
    /// <param name="fresh">Asks the registry in any case.</param>
    public static async Task<LocalImage> FindAsync(
        BuildTools tools, string text, LockSession @lock, bool fresh, bool offline, IProgress<BuildProgress>? progress, CancellationToken cancellationToken)
    {
        if (@lock.PinsBuilds)
        {
            var session = fresh && !@lock.Locked ? @lock.Anew(_ => true) : @lock;
            var (pinned, said) = await PinnedAsync(tools, text, session, offline, progress, cancellationToken).ConfigureAwait(false);
            Report(said, progress);
            return pinned;
        }
        var reference = Parse(text);
        var known = new ImageStore(tools.Paths, tools.Content).Find(reference.ToString());
        // One that was built here is in no registry.
        var image = known is not null && (!fresh || known.Target is null) ? known : await PullAsync(tools, reference, offline, progress, cancellationToken).ConfigureAwait(false);
        Report(await tools.Trust.CheckAsync(reference, image, offline, cancellationToken).ConfigureAwait(false), progress);
        @lock.Took(reference.ToString(), DigestOf(image));
        return image;
    }

    /// <summary>Sees that the lock has a pin for it; what is pinned already is not fetched.</summary>
    public static async Task LockAsync(BuildTools tools, string text, LockSession @lock, IProgress<BuildProgress>? progress, CancellationToken cancellationToken)
    {
        if (!IsPinned(text, @lock))
        {
            await PinnedAsync(tools, text, @lock, false, progress, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>An image that the lock pins, whole in the store.</summary>
    public static async Task<LocalImage> TakeAsync(BuildTools tools, string text, LockSession @lock, IProgress<BuildProgress>? progress, CancellationToken cancellationToken) =>
        (await PinnedAsync(tools, text, @lock, false, progress, cancellationToken).ConfigureAwait(false)).Image;

    /// <summary>The name has a digest, or the lock has one for it.</summary>
    public static bool IsPinned(string text, LockSession @lock) => Parse(text) is var reference && (reference.Digest ?? @lock.TryGetImage(reference.ToString())) is not null;

    private static async Task<(LocalImage Image, Diagnostic? Warning)> PinnedAsync(
        BuildTools tools, string text, LockSession @lock, bool offline, IProgress<BuildProgress>? progress, CancellationToken cancellationToken)
    {
        var reference = Parse(text);
        var pin = reference.Digest ?? @lock.TryGetImage(reference.ToString());
        // The pinned one has a name of its own, which stays when the tag moves on.
        var wanted = pin is null ? reference : reference with { Tag = null, Digest = pin };
        var known = new ImageStore(tools.Paths, tools.Content).Find(wanted.ToString());
        if (pin is null && @lock.Locked)
        {
            throw new BoltException(known is { Target: null } ? LockErrors.LocalImage(reference.ToString()) : @lock.Refusal(reference.ToString()));
        }
        var asked = pin is null && @lock.IsAnew(reference.ToString()) && known is not { Target: null };
        var image = known is not null && !asked ? known
            : await KeptBesideAsync(tools, wanted, @lock, cancellationToken).ConfigureAwait(false) ?? await PullAsync(tools, wanted, offline, progress, cancellationToken).ConfigureAwait(false);
        // Before it is pinned: what may not start leaves no trace in the lock.
        var warning = await tools.Trust.CheckAsync(reference, image, offline, cancellationToken).ConfigureAwait(false);
        if (pin is null && image.Target is { } target)
        {
            @lock.SetImage(reference.ToString(), target);
        }
        @lock.Took(reference.ToString(), DigestOf(image));
        return (image, warning);
    }

    private static async Task<LocalImage?> KeptBesideAsync(BuildTools tools, ImageReference wanted, LockSession @lock, CancellationToken cancellationToken) =>
        wanted.Digest is not null && VendorFolder.Beside(@lock) is { } vendor ? await vendor.TakeImageAsync(tools, wanted, cancellationToken).ConfigureAwait(false) : null;

    private static Digest DigestOf(LocalImage image) => image.Target ?? image.Manifest ?? image.Id;

    private static void Report(Diagnostic? warning, IProgress<BuildProgress>? progress)
    {
        if (warning is not null)
        {
            progress?.Report(new BuildProgress($"warning: {warning.Message}", 0, 0));
        }
    }

    private static ImageReference Parse(string text) =>
        ImageReference.Parse(text) is { Ok: true } read ? read.Value! : throw new BoltException(ImageReference.Parse(text).Diagnostics[0]);

    private static async Task<LocalImage> PullAsync(
        BuildTools tools, ImageReference reference, bool offline, IProgress<BuildProgress>? progress, CancellationToken cancellationToken)
    {
        if (offline)
        {
            throw new BoltException(RegistryErrors.NotOnMachine(reference.ToString()));
        }
        try
        {
            return await tools.Registry.PullAsync(reference, progress is null ? null : new TransferSum(reference.ToString(), progress), cancellationToken).ConfigureAwait(false);
        }
        catch (BoltException e) when (RecipeCatalog.Names.Contains(reference.Repository[(reference.Repository.LastIndexOf('/') + 1)..]))
        {
            var recipe = reference.Repository[(reference.Repository.LastIndexOf('/') + 1)..];
            throw new BoltException(BuildErrors.RecipeInstead(recipe, e.Diagnostic), e);
        }
    }

    /// <summary>The layers of one pull as a single figure.</summary>
    private sealed class TransferSum(string reference, IProgress<BuildProgress> progress) : IProgress<TransferEvent>
    {
        private readonly Lock writing = new();
        private readonly Dictionary<string, long> done = new(StringComparer.Ordinal);
        private long total;

        public void Report(TransferEvent value)
        {
            lock (writing)
            {
                switch (value)
                {
                    case TransferEvent.Resolved resolved:
                        total = resolved.Size;
                        break;
                    case TransferEvent.LayerMoved moved:
                        done[moved.Digest] = moved.Done;
                        break;
                    case TransferEvent.Waiting waiting:
                        progress.Report(new BuildProgress(string.Create(CultureInfo.InvariantCulture, $"{waiting.Host}: {waiting.Reason}; trying again"), 0, 0));
                        return;
                }
                progress.Report(new BuildProgress($"pulling {reference}", done.Values.Sum(), total));
            }
        }
    }
}
