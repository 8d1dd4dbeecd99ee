namespace Bolt.Registries;

/// <summary>One repository of one registry.</summary>
/// <param name="Host">As references name it; docker.io answers elsewhere.</param>
internal sealed record RegistryRepository(string Host, string Path)
{
    /// <summary>Paths of the distribution API below the registry's address.</summary>
    public Uri Manifest(Uri address, string reference) => new(address, $"/v2/{Path}/manifests/{reference}");

    public Uri Blob(Uri address, Storage.Digest digest) => new(address, $"/v2/{Path}/blobs/{digest}");

    public Uri Uploads(Uri address, string query = "") => new(address, $"/v2/{Path}/blobs/uploads/{query}");

    public Uri Referrers(Uri address, Storage.Digest digest) => new(address, $"/v2/{Path}/referrers/{digest}");

    /// <summary>What a token must allow (distribution's token scopes).</summary>
    public string Scope(string actions) => $"repository:{Path}:{actions}";

    public override string ToString() => $"{Host}/{Path}";
}
