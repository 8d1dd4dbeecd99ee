namespace Bolt.Registries;

/// <summary>What kind of thing is attached to images, and how cosign names its tag.</summary>
/// <param name="ArtifactType">Of its manifest.</param>
/// <param name="MediaType">Of each of its layers.</param>
/// <param name="Suffix">"sig": the tag is sha256-HEX.sig.</param>
internal sealed record AttachmentKind(string ArtifactType, string MediaType, string Suffix)
{
    /// <summary>Bytes of the largest that is fetched.</summary>
    public int Largest { get; init; } = 1 << 20;
}

/// <summary>One document attached to an image, with what its descriptor says beside it.</summary>
internal sealed record Attachment(byte[] Content, IReadOnlyDictionary<string, string> Annotations);
