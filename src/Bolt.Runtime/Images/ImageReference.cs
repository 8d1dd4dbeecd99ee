using Bolt.Diagnostics;

namespace Bolt.Images;

/// <summary>A registry reference: docker.io/library/nginx:1.27, ghcr.io/org/app@sha256:….</summary>
internal sealed record ImageReference(string Registry, string Repository, string? Tag, string? Digest)
{
    /// <summary>The diagnostic has no position: the caller knows where the text stands.</summary>
    public static Checked<ImageReference> Parse(string text) => throw new NotImplementedException(text);
}
