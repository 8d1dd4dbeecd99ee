using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>STATE/builds/KEY/build.json: what the last build of a project read and made.</summary>
/// <param name="Fingerprint">Of all inputs; empty: never equal to any.</param>
internal sealed record DotnetProjectRecord(
    int Version,
    string Project,
    string Fingerprint,
    string Sdk,
    ImmutableArray<string> Folders,
    ImmutableArray<string> Files,
    ImmutableArray<string> Layers,
    ImmutableArray<string> Entrypoint,
    ImmutableArray<string> Arguments,
    ImmutableArray<string> Environment,
    ImmutableArray<string> Ports,
    ImmutableSortedDictionary<string, string> Labels,
    string User,
    string WorkingDirectory,
    string BaseImage,
    ImmutableArray<string> Names)
{
    public const int Format = 2;

    [JsonIgnore]
    public DotnetProjectInputs Inputs => new(Folders, Files);

    [JsonIgnore]
    public ImmutableArray<Digest> DiffIds => [.. Layers.Select(l => Digest.Parse(l)).OfType<Digest>()];

    /// <summary>Null when there is none, or it is not one of this version: then the project is built.</summary>
    public static DotnetProjectRecord? Read(string path)
    {
        try
        {
            var record = JsonSerializer.Deserialize(File.ReadAllBytes(path), DotnetProjectJson.Default.DotnetProjectRecord);
            return record is { Version: Format } && record.DiffIds.Length == record.Layers.Length && record.Layers.Length > 0 ? record : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, DotnetProjectJson.Default.DotnetProjectRecord);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(DotnetProjectRecord))]
internal sealed partial class DotnetProjectJson : JsonSerializerContext;
