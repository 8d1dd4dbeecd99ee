using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bolt.Oci;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, ReadCommentHandling = JsonCommentHandling.Disallow)]
[JsonSerializable(typeof(OciConfig))]
[JsonSerializable(typeof(OciProcess))]
[JsonSerializable(typeof(OciResources))]
[JsonSerializable(typeof(OciState))]
[JsonSerializable(typeof(OciStateReport))]
[JsonSerializable(typeof(OciProcessState))]
[JsonSerializable(typeof(OciListing))]
[JsonSerializable(typeof(OciListing[]))]
internal sealed partial class OciRuntimeJson : JsonSerializerContext;
