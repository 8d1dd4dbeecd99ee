using System.Collections.Immutable;
using System.Globalization;
using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>Keeps an image that was made of a project under names, so that it is listed, pushed and saved as any other.</summary>
internal sealed class PreparedSave(BuildTools tools)
{
    private readonly ImageStore images = new(tools.Paths, tools.Content);

    public async Task<ImmutableArray<LocalImage>> SaveAsync(PreparedImage image, IEnumerable<string> names, CancellationToken cancellationToken)
    {
        // STATE/trees/HEX/rootfs: HEX is the layer's diffId; a base of a registry has its blob packed.
        var packed = images.List().SelectMany(i => i.Layers).ToLookup(l => l.DiffId);
        var layers = image.Layers.Select(path => new Digest(Path.GetFileName(Path.GetDirectoryName(path)!)!))
            .Select(d => tools.Content.SizeOf(d) is { } size ? new ImageLayer(d, d, size, MediaTypes.Layer) : packed[d].FirstOrDefault() ?? throw new BoltException(StorageErrors.NoBlob(d)))
            .ToImmutableArray();
        var config = new OciConfig
        {
            Entrypoint = image.Entrypoint,
            Command = image.Command,
            Environment = image.Environment,
            User = image.User,
            WorkingDirectory = image.WorkingDirectory,
            ExposedPorts = image.ExposedPorts.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p}/tcp")).ToImmutableSortedSet(StringComparer.Ordinal),
            Labels = image.Labels,
            DiffIds = [.. layers.Select(l => l.DiffId)],
        }.ToBytes();
        var saved = ImmutableArray.CreateBuilder<LocalImage>();
        foreach (var name in names)
        {
            var reference = ImageReference.Demand(name).ToString();
            saved.Add(images.Find(reference) is { } same && same.Id == Digest.Of(config) ? same
                : await images.SaveAsync(reference, config, layers, cancellationToken).ConfigureAwait(false));
        }
        return saved.ToImmutable();
    }
}
