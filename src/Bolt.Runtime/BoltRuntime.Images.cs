using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Registries;

namespace Bolt;

public sealed partial class BoltRuntime
{
    /// <summary>
    /// Fetches an image from its registry, or what has changed of it, and keeps it under its name: verified, unpacked,
    /// ready to be started.
    /// </summary>
    /// <param name="reference">"[HOST[:PORT]/]NAME[:TAG][@sha256:…]", filled in as Docker does.</param>
    /// <param name="progress">Sees how far it is; called from several threads.</param>
    /// <param name="cancellation">Gives up; what was fetched of a layer is kept for the next time.</param>
    public async Task<ImageSummary> PullAsync(string reference, IProgress<TransferEvent>? progress, CancellationToken cancellation) =>
        Summary(await Rooms.Tools.Registry.PullAsync(Named(reference), progress, cancellation).ConfigureAwait(false));

    private static ImageReference Named(string text) => ImageReference.Parse(text) is { Ok: true } read ? read.Value! : throw new BoltException(ImageReference.Parse(text).Diagnostics[0]);

    private static ImageSummary Summary(LocalImage image) =>
        new(image.Reference, image.Id.ToString(), image.Target?.ToString(), image.Size, image.Layers.Length, image.Config.Created);
}
