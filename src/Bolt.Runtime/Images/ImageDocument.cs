using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Bolt.Diagnostics;
using Bolt.Storage;

namespace Bolt.Images;

/// <summary>A manifest or an index, read from bytes whose digest was checked. Sizes, counts and null members are too.</summary>
internal abstract record ImageDocument
{
    private const int MaxDescriptors = 1000, MaxLayers = 500;

    /// <summary>One image for one platform.</summary>
    public sealed record Manifest(Descriptor Config, Descriptor[] Layers) : ImageDocument;

    /// <summary>A choice of manifests or further indexes.</summary>
    public sealed record Index(Descriptor[] Manifests) : ImageDocument;

    /// <param name="bytes">The document.</param>
    /// <param name="mediaType">What its descriptor or its registry calls it; null: its own word counts.</param>
    public static ImageDocument Read(ReadOnlySpan<byte> bytes, string? mediaType)
    {
        var shape = Parse(bytes, OciJson.Default.ShapeDocument, "manifest");
        // CVE-2021-41190: a text that is both would be another image to another reader.
        if (shape.Manifests is not null && (shape.Layers is not null || shape.Config is not null))
        {
            throw Bad("manifest", "it is a manifest and an index at once");
        }
        var type = mediaType is null || !(MediaTypes.IsIndex(mediaType) || MediaTypes.IsManifest(mediaType)) ? shape.MediaType ?? mediaType : mediaType;
        if (shape.SchemaVersion == 1 || MediaTypes.IsSchema1(type))
        {
            throw new BoltException(ImageErrors.Schema1());
        }
        if (shape.MediaType is { } own && mediaType is not null && (MediaTypes.IsIndex(own) != MediaTypes.IsIndex(mediaType)) && (MediaTypes.IsIndex(mediaType) || MediaTypes.IsManifest(mediaType)))
        {
            throw Bad("manifest", $"it is announced as `{mediaType}` and calls itself `{own}`");
        }
        return MediaTypes.IsIndex(type) || (type is null && shape.Manifests is not null)
            ? new Index(CheckManifests(shape.Manifests))
            : new Manifest(CheckConfig(shape.Config), CheckLayers(shape.Layers));
    }

    /// <summary>What any manifest or index lists, image or not: its layers and its manifests.</summary>
    public static (Descriptor[] Layers, Descriptor[] Manifests) ReadList(ReadOnlySpan<byte> bytes)
    {
        var shape = Parse(bytes, OciJson.Default.ShapeDocument, "manifest");
        return (CheckLayers(shape.Layers), shape.Manifests is null ? [] : CheckManifests(shape.Manifests));
    }

    /// <summary>Digest and size of a descriptor that will be fetched or read.</summary>
    public static (Digest Digest, long Size) Address(Descriptor descriptor, long limit)
    {
        var digest = Digest.Parse(descriptor.Digest ?? "") ?? throw Bad("descriptor", $"`{descriptor.Digest}` is no sha256 digest");
        return descriptor.Size >= 0 && descriptor.Size <= limit
            ? (digest, descriptor.Size)
            : throw Bad("descriptor", $"`{digest}` claims {descriptor.Size} bytes, and at most {limit} are taken");
    }

    /// <summary>Throws for a layer that is no tar, or that registries may not distribute.</summary>
    public static void CheckLayer(Descriptor layer)
    {
        if (MediaTypes.IsForeign(layer.MediaType))
        {
            throw new BoltException(ImageErrors.ForeignLayer(layer.Digest ?? "", layer.Urls?.FirstOrDefault()));
        }
        if (!MediaTypes.IsLayer(layer.MediaType))
        {
            throw new BoltException(ImageErrors.BadLayer(layer.Digest ?? "", $"its type is `{layer.MediaType}`"));
        }
    }

    public static T Parse<T>(ReadOnlySpan<byte> bytes, JsonTypeInfo<T> type, string what)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, type) ?? throw Bad(what, "it is null");
        }
        catch (JsonException e)
        {
            throw new BoltException(ImageErrors.BadDocument(what, e.Message), e);
        }
    }

    private static Descriptor[] CheckManifests(Descriptor[]? manifests) => manifests switch
    {
        null => throw Bad("index", "it has no manifests"),
        { Length: > MaxDescriptors } => throw Bad("index", $"it has more than {MaxDescriptors} manifests"),
        _ when Array.Exists(manifests, m => m is null) => throw Bad("index", "one of its manifests is null"),
        _ => manifests,
    };

    private static Descriptor CheckConfig(Descriptor? config)
    {
        if (config is null)
        {
            throw Bad("manifest", "it names no config");
        }
        return MediaTypes.IsImageConfig(config.MediaType) ? config : throw new BoltException(ImageErrors.NoImage(config.MediaType!));
    }

    private static Descriptor[] CheckLayers(Descriptor[]? layers) => layers switch
    {
        null => [],
        { Length: > MaxLayers } => throw Bad("manifest", $"it has more than {MaxLayers} layers"),
        _ when Array.Exists(layers, l => l is null) => throw Bad("manifest", "one of its layers is null"),
        _ => layers,
    };

    private static BoltException Bad(string what, string reason) => new(ImageErrors.BadDocument(what, reason));
}
