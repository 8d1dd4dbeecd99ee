using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Storage;

namespace Bolt.Trust;

/// <summary>What someone says of an image and signs: an in-toto statement in a DSSE envelope, as `cosign attest` makes it.</summary>
/// <param name="Payload">The statement, byte for byte; nothing of it is believed before a key has verified it.</param>
/// <param name="PayloadType">Signed with it.</param>
/// <param name="Signatures">Any of them is enough.</param>
internal sealed record Attestation(byte[] Payload, string PayloadType, ImmutableArray<byte[]> Signatures)
{
    private const int MaxSignatures = 64;

    public const string ArtifactType = "application/vnd.dev.cosign.artifact.att.v1+json";
    public const string MediaType = "application/vnd.dsse.envelope.v1+json";
    /// <summary>What cosign writes beside it, so that a reader can choose without fetching.</summary>
    public const string TypeAnnotation = "predicateType";
    private const string InToto = "application/vnd.in-toto+json", Statement = "https://in-toto.io/Statement/v1", OldStatement = "https://in-toto.io/Statement/v0.1";

    /// <summary>Says something of an image of this repository.</summary>
    /// <param name="predicate">JSON.</param>
    public static Attestation Of(ImageReference repository, Digest digest, string predicateType, JsonElement predicate, SigningKey key)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("_type", Statement);
            json.WriteStartArray("subject");
            json.WriteStartObject();
            json.WriteString("name", $"{repository.Registry}/{repository.Repository}");
            json.WriteStartObject("digest");
            json.WriteString("sha256", digest.Hex);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteString("predicateType", predicateType);
            json.WritePropertyName("predicate");
            predicate.WriteTo(json);
            json.WriteEndObject();
        }
        var payload = bytes.WrittenSpan.ToArray();
        return new Attestation(payload, InToto, [key.Sign(Signed(InToto, payload))]);
    }

    /// <summary>Null: it is no envelope.</summary>
    public static Attestation? Read(ReadOnlySpan<byte> envelope)
    {
        try
        {
            return JsonSerializer.Deserialize(envelope, TrustJson.Default.EnvelopeDocument) is { Payload: { } payload, PayloadType: { } type, Signatures: { } signatures } && signatures.Length <= MaxSignatures
                ? new Attestation(payload, type, [.. signatures.Select(s => s?.Sig).OfType<byte[]>()]) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(new EnvelopeDocument(PayloadType, Payload, [.. Signatures.Select(s => new EnvelopeSignature("", s))]), TrustJson.Default.EnvelopeDocument);

    public bool IsSignedBy(PublicKey key)
    {
        var signed = Signed(PayloadType, Payload);
        return Signatures.Any(s => key.Verify(signed, s));
    }

    /// <summary>What it is about; null when it is no statement.</summary>
    public AttestationClaim? Claim()
    {
        try
        {
            using var document = JsonDocument.Parse(Payload);
            var root = document.RootElement;
            if (PayloadType != InToto || root.GetProperty("_type").GetString() is not (Statement or OldStatement))
            {
                return null;
            }
            return new AttestationClaim(root.GetProperty("predicateType").GetString() ?? "", [.. root.GetProperty("subject").EnumerateArray()
                .Select(s => (Name: s.GetProperty("name").GetString() ?? "", Digest: s.GetProperty("digest").TryGetProperty("sha256", out var hex) ? Digest.Parse("sha256:" + hex.GetString()) : null))
                .Where(s => s.Digest is not null).Select(s => new SignedClaim(s.Digest!.Value, ImageReference.Parse(s.Name).Value is { } name ? $"{name.Registry}/{name.Repository}" : s.Name))]);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    // DSSE's pre-authentication encoding: "DSSEv1", then each of both with its length in front.
    private static byte[] Signed(string type, byte[] payload) =>
        [.. Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"DSSEv1 {Encoding.UTF8.GetByteCount(type)} {type} {payload.Length} ")), .. payload];
}

/// <summary>What an attestation is about.</summary>
internal sealed record AttestationClaim(string PredicateType, ImmutableArray<SignedClaim> Subjects);

/// <summary>cosign's short names of predicate types; any other is a URI.</summary>
internal static class PredicateTypes
{
    private static readonly ImmutableDictionary<string, string> Known = new Dictionary<string, string>
    {
        ["slsaprovenance"] = "https://slsa.dev/provenance/v0.2",
        ["slsaprovenance02"] = "https://slsa.dev/provenance/v0.2",
        ["slsaprovenance1"] = "https://slsa.dev/provenance/v1",
        ["spdx"] = "https://spdx.dev/Document",
        ["spdxjson"] = "https://spdx.dev/Document",
        ["cyclonedx"] = "https://cyclonedx.org/bom",
        ["openvex"] = "https://openvex.dev/ns",
        ["vuln"] = "https://cosign.sigstore.dev/attestation/vuln/v1",
        ["link"] = "https://in-toto.io/Link/v1",
        ["custom"] = "https://cosign.sigstore.dev/attestation/v1",
    }.ToImmutableDictionary(StringComparer.Ordinal);

    public static string Of(string text) => Known.TryGetValue(text, out var uri) ? uri
        : Uri.TryCreate(text, UriKind.Absolute, out _) ? text
        : throw new BoltException(TrustErrors.NoPredicateType(text, Known.Keys.Order(StringComparer.Ordinal)));
}
