using System.Collections.Immutable;
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
    /// <exception cref="BoltException">BOLT24xx: it could not be fetched; BOLT25xx: it is here, and the policy does not let it start.</exception>
    public async Task<ImageSummary> PullAsync(string reference, IProgress<TransferEvent>? progress, CancellationToken cancellation)
    {
        var image = await Rooms.Tools.Registry.PullAsync(Named(reference), progress, cancellation).ConfigureAwait(false);
        // Its signatures come with it: a start without a network needs them.
        await Rooms.Tools.Trust.CheckAsync(Named(reference), image, offline: false, cancellation).ConfigureAwait(false);
        return Summary(image);
    }

    /// <summary>Sends an image of the store to a registry: layers that are there already do not travel.</summary>
    /// <param name="image">A reference, a recipe's name, or the start of an id.</param>
    /// <param name="target">Where to; null: where the image's own name says.</param>
    /// <param name="progress">Sees how far it is; called from several threads.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Digest of the manifest.</returns>
    public async Task<string> PushAsync(string image, string? target, IProgress<TransferEvent>? progress, CancellationToken cancellation)
    {
        var local = ImageSearch.Get(Store, image);
        return (await Rooms.Tools.Registry.PushAsync(local, Named(target ?? local.Reference), progress, cancellation).ConfigureAwait(false)).ToString();
    }

    /// <summary>What refers to an image in its registry: signatures, attestations, bills of material.</summary>
    public async Task<ImmutableArray<ImageReferrer>> ReferrersAsync(string reference, CancellationToken cancellation) =>
        [.. (await Rooms.Tools.Registry.ReferrersAsync(Named(reference), cancellation).ConfigureAwait(false)).Select(d => new ImageReferrer(d.Digest ?? "", d.ArtifactType ?? "", d.Size))];

    /// <summary>Images of the store by name; those that are kept by digest alone, because a lock pins them, with <paramref name="all"/>.</summary>
    public ImmutableArray<ImageSummary> ListImages(bool all) =>
        [.. Store.List().Where(i => all || !i.Reference.Contains('@', StringComparison.Ordinal)).Select(Summary)];

    /// <summary>All that is known of an image, its config and manifest included, as one JSON object.</summary>
    public string InspectImage(string image) => ImageDescription.Inspect(ImageSearch.Get(Store, image), Store);

    /// <summary>How an image was made, newest step first.</summary>
    public ImmutableArray<ImageStep> ImageHistory(string image) => ImageDescription.History(ImageSearch.Get(Store, image), Store);

    /// <summary>Keeps another name for an image.</summary>
    public async Task<ImageSummary> TagImageAsync(string image, string name, CancellationToken cancellation) =>
        Summary(await Store.TagAsync(ImageSearch.Get(Store, image), Named(name).ToString(), cancellation).ConfigureAwait(false));

    /// <summary>
    /// Forgets names, all of them or, when one is not known, none; the names that were forgotten. What nothing names any more,
    /// <see cref="CollectGarbageAsync"/> takes.
    /// </summary>
    public ImmutableArray<string> RemoveImages(IEnumerable<string> images)
    {
        ImmutableArray<string> found = [.. images.Select(i => ImageSearch.Get(Store, i).Reference).Distinct()];
        foreach (var reference in found)
        {
            Store.Remove(reference);
        }
        return found;
    }

    /// <summary>Writes images as one archive that is an OCI layout and Docker's archive at once.</summary>
    public async Task SaveImagesAsync(IEnumerable<string> images, Stream target, CancellationToken cancellation) =>
        await new ImageSave(Rooms.Tools.Content, Store).WriteArchiveAsync(await PackedAsync(images, cancellation).ConfigureAwait(false), target, cancellation).ConfigureAwait(false);

    /// <summary>Writes images as an OCI layout folder, which must not exist or be empty.</summary>
    public async Task SaveLayoutAsync(IEnumerable<string> images, string folder, CancellationToken cancellation) =>
        await new ImageSave(Rooms.Tools.Content, Store).WriteLayoutAsync(await PackedAsync(images, cancellation).ConfigureAwait(false), folder, cancellation).ConfigureAwait(false);

    /// <summary>Takes the images of an archive into the store: what `docker save`, `podman save`, `skopeo copy` and Bolt write.</summary>
    /// <param name="archive">Read to its end.</param>
    /// <param name="name">For an image to which the archive gives no name.</param>
    /// <param name="cancellation">Gives up; nothing is left behind.</param>
    public async Task<ImmutableArray<ImageSummary>> LoadImagesAsync(Stream archive, string? name, CancellationToken cancellation) =>
        [.. (await new ImageLoad(Rooms.Paths, Rooms.Tools.Content, Store).FromArchiveAsync(archive, name, cancellation).ConfigureAwait(false)).Select(Summary)];

    /// <summary>The same for an OCI layout folder.</summary>
    public async Task<ImmutableArray<ImageSummary>> LoadLayoutAsync(string folder, string? name, CancellationToken cancellation) =>
        [.. (await new ImageLoad(Rooms.Paths, Rooms.Tools.Content, Store).FromFolderAsync(folder, name, cancellation).ConfigureAwait(false)).Select(Summary)];

    /// <summary>Writes the root file system of an image as one tar.</summary>
    public Task ExportImageAsync(string image, Stream target, CancellationToken cancellation) =>
        new RootExport(Rooms.Tools.Content).WriteAsync(ImageSearch.Get(Store, image), target, cancellation);

    /// <summary>Makes an image of one layer from a root file system's tar.</summary>
    /// <param name="tar">Plain, gzip or zstd.</param>
    /// <param name="name">What the image is called.</param>
    /// <param name="command">What a capsule of it runs; empty: it must be told.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<ImageSummary> ImportImageAsync(Stream tar, string name, IReadOnlyList<string> command, CancellationToken cancellation) =>
        Summary(await new RootImport(Rooms.Tools.Content, Store).ReadAsync(tar, Named(name).ToString(), command, cancellation).ConfigureAwait(false));

    private ImageStore Store => new(Rooms.Paths, Rooms.Tools.Content);

    private async Task<List<LocalImage>> PackedAsync(IEnumerable<string> images, CancellationToken cancellation)
    {
        var packed = new List<LocalImage>();
        foreach (var image in images)
        {
            packed.Add(await new ImagePacking(Rooms.Tools.Content, Store).PackAsync(ImageSearch.Get(Store, image), cancellation).ConfigureAwait(false));
        }
        return packed;
    }

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

    private static ImageReference Named(string text) => ImageReference.Demand(text);

    private static ImageSummary Summary(LocalImage image) =>
        new(image.Reference, image.Id.ToString(), image.Target?.ToString(), image.Size, image.Layers.Length, image.Config.Created);
}
