using System.Collections.Immutable;
using Bolt.Storage;

namespace Bolt.Images;

/// <summary>An image whose config and layers are in the content store.</summary>
/// <param name="Reference">The name that it is kept by.</param>
/// <param name="Id">Digest of the config.</param>
internal sealed record LocalImage(string Reference, Digest Id, OciConfig Config)
{
    /// <summary>Lowest first.</summary>
    public required ImmutableArray<ImageLayer> Layers { get; init; }

    /// <summary>Digest of its manifest; null for an image that Bolt made and nobody has pushed or saved.</summary>
    public Digest? Manifest { get; init; }

    /// <summary>Digest that its name stood for where it came from: the manifest's or an index's.</summary>
    public Digest? Target { get; init; }

    /// <summary>Bytes of its layers as they are kept.</summary>
    public long Size => Layers.Sum(l => l.Size);
}

/// <summary>One layer: the plain tar's digest, and the blob that holds it, packed or not.</summary>
internal sealed record ImageLayer(Digest DiffId, Digest Blob, long Size, string? MediaType);
