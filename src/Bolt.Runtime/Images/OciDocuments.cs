using System.Text.Json.Serialization;

namespace Bolt.Images;

/// <summary>application/vnd.oci.image.config.v1+json and Docker's twin; members that Bolt neither reads nor writes are not kept.</summary>
internal sealed record ConfigDocument
{
    public string? Architecture { get; init; }
    public string? Os { get; init; }
    public ConfigProcess? Config { get; init; }
    public ConfigRoot? Rootfs { get; init; }
    public string? Created { get; init; }
    public string? Author { get; init; }
    public HistoryDocument[]? History { get; init; }
}

/// <summary>One step of how an image was made.</summary>
internal sealed record HistoryDocument
{
    public string? Created { get; init; }
    [JsonPropertyName("created_by")] public string? CreatedBy { get; init; }
    public string? Comment { get; init; }
    [JsonPropertyName("author")] public string? Author { get; init; }
    [JsonPropertyName("empty_layer"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public bool EmptyLayer { get; init; }
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
    [JsonPropertyName("Volumes")] public SortedDictionary<string, EmptyDocument>? Volumes { get; init; }
    [JsonPropertyName("Healthcheck")] public HealthDocument? Healthcheck { get; init; }
    [JsonPropertyName("OnBuild")] public string[]? OnBuild { get; init; }
    [JsonPropertyName("Shell")] public string[]? Shell { get; init; }
}

/// <summary>Docker's extension of an image's config. Times in nanoseconds; 0: the runtime's own.</summary>
internal sealed record HealthDocument
{
    /// <summary>"NONE", "CMD" and arguments, or "CMD-SHELL" and a text.</summary>
    [JsonPropertyName("Test")] public string[]? Test { get; init; }
    [JsonPropertyName("Interval"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public long Interval { get; init; }
    [JsonPropertyName("Timeout"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public long Timeout { get; init; }
    [JsonPropertyName("StartPeriod"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public long StartPeriod { get; init; }
    [JsonPropertyName("StartInterval"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public long StartInterval { get; init; }
    [JsonPropertyName("Retries"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public int Retries { get; init; }
}

/// <summary>{}: Go writes its sets so.</summary>
internal sealed record EmptyDocument;

internal sealed record ConfigRoot(string? Type, [property: JsonPropertyName("diff_ids")] string[]? DiffIds);

/// <summary>An image index as Bolt writes it.</summary>
internal sealed record IndexDocument(int SchemaVersion, string MediaType, Descriptor[] Manifests);

/// <summary>One image of Docker's archives: manifest.json is an array of these.</summary>
internal sealed record DockerArchiveEntry(
    [property: JsonPropertyName("Config")] string? Config,
    [property: JsonPropertyName("RepoTags")] string?[]? RepoTags,
    [property: JsonPropertyName("Layers")] string?[]? Layers);

/// <summary>What is looked at before it is known which of the two a text is.</summary>
internal sealed record ShapeDocument(int SchemaVersion, string? MediaType, Descriptor? Config, Descriptor[]? Layers, Descriptor[]? Manifests);

/// <summary>A manifest as Bolt writes it.</summary>
internal sealed record ManifestDocument(int SchemaVersion, string MediaType, Descriptor Config, Descriptor[] Layers);

/// <summary>A manifest that is no image but refers to one (image-spec manifest.md "subject").</summary>
internal sealed record ArtifactDocument(int SchemaVersion, string MediaType, string ArtifactType, Descriptor Config, Descriptor[] Layers, Descriptor Subject);

internal sealed record Descriptor(
    string? MediaType,
    string? Digest,
    long Size,
    PlatformDocument? Platform,
    Dictionary<string, string>? Annotations,
    string[]? Urls = null,
    string? ArtifactType = null);

internal sealed record PlatformDocument(string? Architecture, string? Os, string? Variant);

/// <summary>A record of the image store.</summary>
/// <param name="Config">Digest of the config: the image's identity.</param>
/// <param name="Manifest">Digest of the manifest that names the layers as they are packed; null: Bolt made the image.</param>
/// <param name="Target">Digest that the name stood for where it came from: the manifest's, or an index's above it.</param>
internal sealed record ImageRecord(int Version, string Reference, string Config, string? Manifest = null, string? Target = null);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ConfigDocument))]
[JsonSerializable(typeof(IndexDocument))]
[JsonSerializable(typeof(DockerArchiveEntry[]))]
[JsonSerializable(typeof(ManifestDocument))]
[JsonSerializable(typeof(ArtifactDocument))]
[JsonSerializable(typeof(ShapeDocument))]
[JsonSerializable(typeof(ImageRecord))]
internal sealed partial class OciJson : JsonSerializerContext;
