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
        var read = ImageReference.Parse(text);
        var reference = read.Ok ? read.Value! : throw new BoltException(read.Diagnostics[0]);
        var pin = reference.Digest ?? @lock.TryGetImage(reference.ToString());
        // The pinned one has a name of its own, which stays when the tag moves on.
        var wanted = pin is null ? reference : reference with { Tag = null, Digest = pin };
        var image = new ImageStore(tools.Paths, tools.Content).Find(wanted.ToString())
            ?? await PullAsync(tools, wanted, offline, progress, cancellationToken).ConfigureAwait(false);
        // Before it is pinned: what may not start leaves no trace in the lock.
        var warning = await tools.Trust.CheckAsync(reference, image, offline, cancellationToken).ConfigureAwait(false);
        if (pin is null && image.Target is { } target)
        {
            @lock.SetImage(reference.ToString(), target);
        }
        var prepared = await StoredImage.PrepareAsync(tools, text, image, cancellationToken).ConfigureAwait(false);
        return warning is null ? prepared : prepared with { Warnings = [warning] };
    }

    /// <summary>What the store has under a name, else pulled; no lock has a say.</summary>
    /// <param name="fresh">Asks the registry in any case.</param>
    public static async Task<LocalImage> FindAsync(
        BuildTools tools, string text, bool fresh, bool offline, IProgress<BuildProgress>? progress, CancellationToken cancellationToken)
    {
        var read = ImageReference.Parse(text);
        var reference = read.Ok ? read.Value! : throw new BoltException(read.Diagnostics[0]);
        var known = new ImageStore(tools.Paths, tools.Content).Find(reference.ToString());
        // One that was built here is in no registry.
        var image = known is not null && (!fresh || known.Target is null) ? known : await PullAsync(tools, reference, offline, progress, cancellationToken).ConfigureAwait(false);
        if (await tools.Trust.CheckAsync(reference, image, offline, cancellationToken).ConfigureAwait(false) is { } warning)
        {
            progress?.Report(new BuildProgress($"warning: {warning.Message}", 0, 0));
        }
        return image;
    }

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
