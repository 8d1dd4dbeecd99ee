using System.Text.Json.Serialization;

namespace Bolt.Images;

/// <summary>application/vnd.oci.image.config.v1+json and Docker's twin; members that Bolt neither reads nor writes are not kept.</summary>
internal sealed record ConfigDocument
{
    public string? Architecture { get; init; }
    public string? Os { get; init; }
    public ConfigProcess? Config { get; init; }
    public ConfigRoot? Rootfs { get; init; }
}

/// <summary>Its "config": Docker's names, with capitals.</summary>
internal sealed record ConfigProcess
{
    [JsonPropertyName("User")] public string? User { get; init; }
    [JsonPropertyName("ExposedPorts")] public SortedDictionary<string, EmptyDocument>? ExposedPorts { get; init; }
    [JsonPropertyName("Env")] public string[]? Env { get; init; }
    [JsonPropertyName("Entrypoint")] public string[]? Entrypoint { get; init; }
    [JsonPropertyName("Cmd")] public string[]? Cmd { get; init; }
    [JsonPropertyName("WorkingDir")] public string? WorkingDir { get; init; }
    [JsonPropertyName("Labels")] public SortedDictionary<string, string>? Labels { get; init; }
    [JsonPropertyName("StopSignal")] public string? StopSignal { get; init; }
}

/// <summary>{}: Go writes its sets so.</summary>
internal sealed record EmptyDocument;

internal sealed record ConfigRoot(string? Type, [property: JsonPropertyName("diff_ids")] string[]? DiffIds);

/// <summary>image-index and Docker's manifest list.</summary>
internal sealed record IndexDocument(Descriptor[]? Manifests);

internal sealed record ManifestDocument(Descriptor? Config, Descriptor[]? Layers);

internal sealed record Descriptor(
    string? MediaType,
    string? Digest,
    long Size,
    PlatformDocument? Platform,
    Dictionary<string, string>? Annotations);

internal sealed record PlatformDocument(string? Architecture, string? Os, string? Variant);

/// <summary>A record of the image store.</summary>
internal sealed record ImageRecord(int Version, string Reference, string Config);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ConfigDocument))]
[JsonSerializable(typeof(IndexDocument))]
[JsonSerializable(typeof(ManifestDocument))]
[JsonSerializable(typeof(ImageRecord))]
internal sealed partial class OciJson : JsonSerializerContext;
