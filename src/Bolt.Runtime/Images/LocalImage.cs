using Bolt.Storage;

namespace Bolt.Images;

/// <summary>An image whose config and layers are in the content store.</summary>
/// <param name="Reference">The name that it is kept by.</param>
/// <param name="Id">Digest of the config.</param>
internal sealed record LocalImage(string Reference, Digest Id, OciConfig Config);
