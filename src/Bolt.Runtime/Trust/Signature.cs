using System.Text.Json;
using Bolt.Images;
using Bolt.Storage;

namespace Bolt.Trust;

/// <summary>One signature as it was found: nothing of it is believed before a key has verified it.</summary>
/// <param name="Payload">The signed text, byte for byte.</param>
internal sealed record Signature(byte[] Payload, byte[] Bytes)
{
    public const string MediaType = "application/vnd.dev.cosign.simplesigning.v1+json";
    public const string ArtifactType = "application/vnd.dev.cosign.artifact.sig.v1+json";
    public const string Annotation = "dev.cosignproject.cosign/signature";
    private const string Type = "cosign container image signature";

    /// <summary>Says of an image that whoever holds the key stands for it in this repository.</summary>
    public static Signature Of(ImageReference repository, Digest digest, SigningKey key)
    {
        var name = $"{repository.Registry}/{repository.Repository}";
        var payload = JsonSerializer.SerializeToUtf8Bytes(
            new SimpleSigningDocument(new CriticalDocument(new IdentityDocument(name), new SignedImageDocument(digest.ToString()), Type), null),
            TrustJson.Default.SimpleSigningDocument);
        return new Signature(payload, key.Sign(payload));
    }

    /// <summary>What it says: the image's digest and the repository; null when it says something else.</summary>
    public SignedClaim? Claim()
    {
        try
        {
            var document = JsonSerializer.Deserialize(Payload, TrustJson.Default.SimpleSigningDocument);
            return document?.Critical is { Type: Type, Image.DockerManifestDigest: { } digest, Identity.DockerReference: { } repository }
                && Digest.Parse(digest) is { } parsed && ImageReference.Parse(repository).Value is { } reference
                ? new SignedClaim(parsed, $"{reference.Registry}/{reference.Repository}")
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>What a signature stands for.</summary>
internal sealed record SignedClaim(Digest Digest, string Repository);
