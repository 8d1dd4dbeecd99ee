namespace Bolt.Images;

/// <summary>Something in a registry that refers to an image: a signature, an attestation, a bill of materials.</summary>
/// <param name="Digest">Of its manifest.</param>
/// <param name="Kind">Its artifact type; empty when it does not say.</param>
/// <param name="Size">Bytes of its manifest.</param>
public sealed record ImageReferrer(string Digest, string Kind, long Size);

/// <summary>An image of the store, as lists show it.</summary>
/// <param name="Reference">The name that it is kept by.</param>
/// <param name="Id">Digest of its config: what it is.</param>
/// <param name="Digest">Digest that the name stands for in a registry; null: it never was in one.</param>
/// <param name="Size">Bytes of its layers as they are kept.</param>
/// <param name="Layers">How many layers it has.</param>
/// <param name="Created">When its maker says it was made; null: it does not say.</param>
public sealed record ImageSummary(string Reference, string Id, string? Digest, long Size, int Layers, DateTimeOffset? Created);
