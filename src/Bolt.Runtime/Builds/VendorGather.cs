using System.Text.Json;
using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>Brings together the bytes of everything that entries of a lock pin.</summary>
internal sealed class VendorGather(BuildTools tools, LockSession @lock, IProgress<BuildProgress>? progress)
{
    private readonly Dictionary<string, Func<Stream>> files = new(StringComparer.Ordinal);
    private readonly List<(string Reference, Descriptor Target)> images = [];

    /// <summary>By SHA-256.</summary>
    public IReadOnlyDictionary<string, Func<Stream>> Files => files;

    /// <summary>By the name under which the lock has them.</summary>
    public IReadOnlyCollection<(string Reference, Descriptor Target)> Images => images;

    public async Task TakeAsync(string entry, CancellationToken cancellationToken)
    {
        if (@lock.Current.Pins.TryGetValue(entry, out var pin))
        {
            var paths = await new RecipeBuild(tools).PackagesAsync(entry, pin, @lock, progress, cancellationToken).ConfigureAwait(false);
            foreach (var (package, path) in pin.Packages.Packages.Zip(paths))
            {
                files[package.Sha256] = () => File.OpenRead(path);
            }
        }
        else if (@lock.Current.Images.ContainsKey(entry))
        {
            Take(entry, await RegistryImage.TakeAsync(tools, entry, @lock, progress, cancellationToken).ConfigureAwait(false));
        }
        else if (@lock.Current.Sources.TryGetValue(entry, out var content))
        {
            using var sources = new KeptSources(tools.Paths);
            var path = sources.Find(content)
                ?? (VendorFolder.Beside(@lock)?.Find(content.Hex) is { } beside ? await sources.TakeAsync(beside, content, cancellationToken).ConfigureAwait(false) : null)
                ?? await sources.FetchAsync(entry, content, cancellationToken).ConfigureAwait(false);
            files[content.Hex] = () => File.OpenRead(path);
        }
    }

    // As it came: the index or manifest that the lock names, this machine's manifest, config and packed layers.
    private void Take(string entry, LocalImage image)
    {
        var (target, manifest) = (image.Target ?? image.Manifest, image.Manifest);
        if (target is null || manifest is null)
        {
            throw new BoltException(LockErrors.LocalImage(entry));
        }
        foreach (var digest in image.Layers.Select(l => l.Blob).Append(image.Id).Append(target.Value).Append(manifest.Value))
        {
            files[digest.Hex] = () => tools.Content.OpenRead(digest);
        }
        var bytes = new ImageStore(tools.Paths, tools.Content).ReadDocument(target.Value);
        // Docker's documents stay Docker's.
        using var document = JsonDocument.Parse(bytes);
        var type = document.RootElement.TryGetProperty("mediaType", out var own) && own.ValueKind == JsonValueKind.String ? own.GetString()
            : ImageDocument.Read(bytes, null) is ImageDocument.Index ? MediaTypes.Index : MediaTypes.Manifest;
        images.Add((entry, new Descriptor(type, target.Value.ToString(), bytes.Length, null, null)));
    }
}
