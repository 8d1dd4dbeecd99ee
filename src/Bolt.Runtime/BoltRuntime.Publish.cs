using System.Collections.Immutable;
using Bolt.Boltfiles;
using Bolt.Builds;
using Bolt.Diagnostics;
using Bolt.Images;

namespace Bolt;

public sealed partial class BoltRuntime
{
    /// <summary>
    /// Builds the services that are built (<c>build = …</c>), keeps each image under a name and sends it to its registry. A service is
    /// called as its project says (ContainerRepository and tags), else PROJECT/SERVICE.
    /// </summary>
    /// <param name="boltfile">Whose services; bolt.lock lies beside it.</param>
    /// <param name="options">Where to, and what.</param>
    /// <param name="progress">Hears what is going on; null: no one does.</param>
    /// <param name="cancellation">Gives up; what is done by then is kept.</param>
    /// <returns>In the order of the file.</returns>
    /// <exception cref="BoltException">BOLT2320: no registry is named; BOLT2xxx: a build or a push failed.</exception>
    public async Task<ImmutableArray<PublishedService>> PublishServicesAsync(
        Boltfile boltfile, ServicePublishOptions options, IProgress<string>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(boltfile);
        ArgumentNullException.ThrowIfNull(options);
        var folder = Path.GetDirectoryName(Path.GetFullPath(boltfile.Path))!;
        var pins = LockSession.Of(Path.Combine(folder, "bolt.lock"));
        var report = progress is null ? null : new TextReport(progress);
        var wanted = boltfile.Services.Where(s => s.Source is ServiceSource.Build && (options.Services.IsEmpty || options.Services.Contains(s.Name)));
        (Service Service, ImmutableArray<LocalImage> Images)[] built;
        try
        {
            built = await Task.WhenAll(wanted.Select(async service => (service, await Rooms.Images.KeepAsync(
                (ServiceSource.Build)service.Source, folder, pins, options.Offline, own => NamesOf(boltfile.Project, service.Name, own, options),
                report, cancellation).ConfigureAwait(false)))).ConfigureAwait(false);
        }
        finally
        {
            await KeepAsync(pins).ConfigureAwait(false);
        }
        var published = ImmutableArray.CreateBuilder<PublishedService>();
        foreach (var (service, images) in built)
        {
            var digest = "";
            foreach (var name in images.Select(i => i.Reference))
            {
                progress?.Report($"{service.Name}: to {name}");
                digest = await PushAsync(name, null, null, cancellation).ConfigureAwait(false);
            }
            published.Add(new PublishedService(service.Name, [.. images.Select(i => i.Reference)], images[0].Id.ToString(), digest));
        }
        return published.ToImmutable();
    }

    private static ImmutableArray<string> NamesOf(string project, string service, ImmutableArray<string> own, ServicePublishOptions options)
    {
        var tags = options.Tags.IsEmpty ? ["latest"] : options.Tags;
        return [.. (own.IsEmpty ? tags.Select(tag => $"{project}/{service}:{tag}") : own)
            .Select(name => ImageReference.At(options.Registry, name) ?? throw new BoltException(BuildErrors.NoRegistry(service)))];
    }
}

/// <summary>Where the images of a stack go.</summary>
/// <param name="Registry">"HOST[:PORT]"; null: every project names its own.</param>
/// <param name="Tags">For services whose projects give no name; empty: latest.</param>
/// <param name="Services">Which; empty means all that are built.</param>
/// <param name="Offline">Nothing may be fetched for the builds.</param>
public sealed record ServicePublishOptions(string? Registry, ImmutableArray<string> Tags, ImmutableArray<string> Services, bool Offline = false);

/// <summary>A service whose image is in a registry.</summary>
/// <param name="Name">The service.</param>
/// <param name="References">The names of its image, in full.</param>
/// <param name="Id">Digest of the image's config: equal digests run equal bits.</param>
/// <param name="Digest">Digest of the manifest that the names lead to.</param>
public sealed record PublishedService(string Name, ImmutableArray<string> References, string Id, string Digest);
