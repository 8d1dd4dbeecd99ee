namespace Bolt.Images;

/// <summary>Names of document kinds: OCI's (image-spec media-types.md) and Docker's, which mean the same.</summary>
internal static class MediaTypes
{
    public const string Index = "application/vnd.oci.image.index.v1+json";
    public const string Manifest = "application/vnd.oci.image.manifest.v1+json";
    public const string Config = "application/vnd.oci.image.config.v1+json";
    public const string Layer = "application/vnd.oci.image.layer.v1.tar";
    public const string GzipLayer = "application/vnd.oci.image.layer.v1.tar+gzip";
    public const string ZstdLayer = "application/vnd.oci.image.layer.v1.tar+zstd";
    public const string DockerIndex = "application/vnd.docker.distribution.manifest.list.v2+json";
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    public const string DockerConfig = "application/vnd.docker.container.image.v1+json";

    /// <summary>What is asked for when a reference is resolved.</summary>
    public static readonly string[] Manifests = [Index, Manifest, DockerIndex, DockerManifest];

    public static bool IsIndex(string? type) => type is Index or DockerIndex;

    public static bool IsManifest(string? type) => type is Manifest or DockerManifest;

    /// <summary>Docker's signed manifests of before 2016; they name layers by digests that nothing verifies.</summary>
    public static bool IsSchema1(string? type) => type?.StartsWith("application/vnd.docker.distribution.manifest.v1+", StringComparison.Ordinal) == true;

    public static bool IsImageConfig(string? type) => type is null or Config or DockerConfig;

    /// <summary>Layers that a registry does not hold: their bytes lie at the maker's address.</summary>
    public static bool IsForeign(string? type) =>
        type is not null && (type.Contains(".nondistributable.", StringComparison.Ordinal) || type.Contains(".foreign.", StringComparison.Ordinal));

    /// <summary>A tar, packed or not; encrypted layers and other kinds of content have types of their own.</summary>
    public static bool IsLayer(string? type) =>
        type is null || (type.Contains(".tar", StringComparison.Ordinal) && !type.Contains("encrypted", StringComparison.Ordinal));
}
