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

    /// <summary>Checks a password with a registry and keeps it in <see cref="BoltOptions.DockerConfigFile"/>.</summary>
    /// <param name="host">The registry, as references name it.</param>
    /// <param name="user">Who logs in.</param>
    /// <param name="secret">The password or access token.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task LoginAsync(string host, string user, string secret, CancellationToken cancellation) =>
        Rooms.Tools.Registry.LoginAsync(RegistryNamed(host), user, secret, cancellation);

    /// <summary>Forgets the password for a registry.</summary>
    public Task LogoutAsync(string host, CancellationToken cancellation) => Rooms.Tools.Registry.LogoutAsync(RegistryNamed(host), cancellation);

    // A host is what a reference takes for one.
    private static string RegistryNamed(string host) => ImageReference.Parse(host + "/x").Value is { } reference && reference.Repository is "x" or "library/x"
        ? reference.Registry
        : throw new BoltException(ImageErrors.BadReference(host, "it names no registry", "write `HOST[:PORT]`, for example `ghcr.io`"));

    private static ImageReference Named(string text) => ImageReference.Parse(text) is { Ok: true } read ? read.Value! : throw new BoltException(ImageReference.Parse(text).Diagnostics[0]);

    private static ImageSummary Summary(LocalImage image) =>
        new(image.Reference, image.Id.ToString(), image.Target?.ToString(), image.Size, image.Layers.Length, image.Config.Created);
}
