using System.Text.Json.Serialization;

namespace Bolt.Trust;

/// <summary>What cosign signs (containers/image "simple signing", sigstore "signature spec").</summary>
internal sealed record SimpleSigningDocument(CriticalDocument? Critical, Dictionary<string, string>? Optional);

internal sealed record CriticalDocument(IdentityDocument? Identity, SignedImageDocument? Image, string? Type);

internal sealed record IdentityDocument([property: JsonPropertyName("docker-reference")] string? DockerReference);

internal sealed record SignedImageDocument([property: JsonPropertyName("docker-manifest-digest")] string? DockerManifestDigest);

/// <summary>cosign.key inside its PEM.</summary>
internal sealed record SealedKeyDocument(KdfDocument? Kdf, CipherDocument? Cipher, byte[]? Ciphertext);

internal sealed record KdfDocument(string? Name, ScryptDocument? Params, byte[]? Salt);

internal sealed record ScryptDocument([property: JsonPropertyName("N")] int N, [property: JsonPropertyName("r")] int R, [property: JsonPropertyName("p")] int P);

internal sealed record CipherDocument(string? Name, byte[]? Nonce);

/// <summary>STATE/signatures/HEX.json: what was signed and how, as it was fetched.</summary>
internal sealed record KeptSignaturesDocument(int Version, KeptSignatureDocument[] Signatures);

internal sealed record KeptSignatureDocument(byte[] Payload, byte[] Signature);

/// <summary>A DSSE envelope (secure-systems-lab/dsse, envelope.md).</summary>
internal sealed record EnvelopeDocument(string? PayloadType, byte[]? Payload, EnvelopeSignature?[]? Signatures);

internal sealed record EnvelopeSignature(string? Keyid, byte[]? Sig);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SimpleSigningDocument))]
[JsonSerializable(typeof(SealedKeyDocument))]
[JsonSerializable(typeof(EnvelopeDocument))]
[JsonSerializable(typeof(KeptSignaturesDocument))]
internal sealed partial class TrustJson : JsonSerializerContext;
