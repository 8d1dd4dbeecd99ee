using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Storage;

namespace Bolt.Registries;

/// <summary>The room's door: images from registries, as this machine's settings and logins have it.</summary>
/// <param name="settingsFile">registries.toml; null or absent: no settings.</param>
/// <param name="dockerConfigFile">Docker's config.json; null or absent: no logins.</param>
internal sealed class Registry(string? settingsFile, string? dockerConfigFile, StoragePaths paths, ContentStore content, TreeStore trees, ImageStore images)
{
    public RegistryPatience Patience { get; init; } = RegistryPatience.Default;

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Fetches what is not here, and keeps the image under its reference and under `NAME@DIGEST`.</summary>
    public async Task<LocalImage> PullAsync(ImageReference reference, IProgress<TransferEvent>? progress, CancellationToken cancellationToken)
    {
        using var client = Client(progress);
        return await new ImagePull(client, paths, content, trees, images).PullAsync(reference, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends an image to where the target names; what is there is not sent again. Its manifest's digest.</summary>
    public async Task<Digest> PushAsync(LocalImage image, ImageReference target, IProgress<TransferEvent>? progress, CancellationToken cancellationToken)
    {
        var packed = await new ImagePacking(content, images).PackAsync(image, cancellationToken).ConfigureAwait(false);
        using var client = Client(progress);
        return await new ImagePush(client, content, images).PushAsync(packed, target, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What refers to the image that a reference names: to the index that its tag stands for, and to this machine's manifest.</summary>
    public async Task<IReadOnlyList<Descriptor>> ReferrersAsync(ImageReference reference, CancellationToken cancellationToken)
    {
        using var client = Client(null);
        var repository = new RegistryRepository(reference.Registry, reference.Repository);
        var (target, manifest) = await new ManifestFetch(client, repository).ResolveAsync(reference, cancellationToken).ConfigureAwait(false);
        var found = new List<Descriptor>();
        foreach (var digest in new[] { target.Digest, manifest.Digest }.Distinct())
        {
            found.AddRange(await new Referrers(client, repository).ListAsync(digest, cancellationToken).ConfigureAwait(false));
        }
        return found;
    }

    /// <summary>What a name stands for in its registry now, and this machine's manifest below it.</summary>
    public async Task<(FetchedDocument Target, FetchedDocument Manifest)> ResolveAsync(ImageReference reference, CancellationToken cancellationToken)
    {
        using var client = Client(null);
        return await new ManifestFetch(client, new RegistryRepository(reference.Registry, reference.Repository)).ResolveAsync(reference, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Documents attached to any of these manifests, beside the image itself; mirrors are not asked.</summary>
    public async Task<IReadOnlyList<Attachment>> AttachmentsAsync(ImageReference reference, IEnumerable<Digest> subjects, AttachmentKind kind, CancellationToken cancellationToken)
    {
        using var client = Client(null);
        var attachments = new Attachments(client, new RegistryRepository(reference.Registry, reference.Repository), content);
        var found = new List<Attachment>();
        foreach (var subject in subjects)
        {
            found.AddRange(await attachments.FetchAsync(subject, kind, cancellationToken).ConfigureAwait(false));
        }
        return found;
    }

    /// <summary>Attaches a document to an image of a registry. Digest of the manifest that refers to it.</summary>
    public async Task<Digest> AttachAsync(ImageReference reference, FetchedDocument subject, AttachmentKind kind, Attachment attachment, CancellationToken cancellationToken)
    {
        using var client = Client(null);
        return await new Attachments(client, new RegistryRepository(reference.Registry, reference.Repository), content).AddAsync(subject, kind, attachment, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks the registry whether the password is right, and keeps it.</summary>
    public async Task LoginAsync(string host, string user, string secret, CancellationToken cancellationToken)
    {
        var (config, login) = (DockerConfig.Read(dockerConfigFile), new Credentials.Password(user, secret));
        using (var client = Client(null, () => config.With(host, login)))
        {
            await client.CheckLoginAsync(host, cancellationToken).ConfigureAwait(false);
        }
        await config.WriteAsync(host, login, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Forgets the password for a registry.</summary>
    public Task LogoutAsync(string host, CancellationToken cancellationToken) =>
        DockerConfig.Read(dockerConfigFile).WriteAsync(host, null, cancellationToken);

    private RegistryClient Client(IProgress<TransferEvent>? progress, Func<DockerConfig>? config = null)
    {
        var settings = RegistrySettings.ReadFile(settingsFile);
        return new RegistryClient(
            settings.Ok ? settings.Value! : throw new BoltException(settings.Diagnostics.First(d => d.Severity == Severity.Error)),
            config ?? (() => DockerConfig.Read(dockerConfigFile)), Patience, Clock)
        {
            Waiting = (host, reason, wait) => progress?.Report(new TransferEvent.Waiting(host, reason, wait)),
        };
    }
}
