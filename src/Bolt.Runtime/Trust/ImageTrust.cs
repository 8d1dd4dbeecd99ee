using System.Collections.Immutable;
using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Registries;
using Bolt.Storage;

namespace Bolt.Trust;

/// <summary>The room's door: signs images, and says before an image starts whether someone trusted has signed it.</summary>
/// <param name="policyFile">trust.toml; null or absent: warn about all but this machine's own registries.</param>
internal sealed class ImageTrust(string? policyFile, StoragePaths paths, Registry registry)
{
    private static readonly AttachmentKind Kind = new(Signature.ArtifactType, Signature.MediaType, "sig");
    // A bill of materials names each file of an image.
    private static readonly AttachmentKind Statements = new(Attestation.ArtifactType, Attestation.MediaType, "att") { Largest = 64 << 20 };
    private readonly KeptSignatures kept = new(paths);

    /// <summary>Null, or what is to be said although it may start.</summary>
    /// <param name="offline">Only signatures that were fetched before count.</param>
    /// <exception cref="BoltException">BOLT25xx: the policy does not let it start.</exception>
    public async Task<Diagnostic?> CheckAsync(ImageReference reference, LocalImage image, bool offline, CancellationToken cancellation)
    {
        var rule = TrustFile.Get(policyFile).For(reference);
        // What was built or loaded here, the user stands for himself, unless a rule says who must.
        if (rule.Mode == TrustMode.Accept || (rule is { Mode: TrustMode.Warn, Keys.IsEmpty: true } && image.Target is null))
        {
            return null;
        }
        var problem = rule.Keys.IsEmpty
            ? rule.Mode == TrustMode.Require ? TrustErrors.NoKeyRequired(rule.Repository) : TrustErrors.NoRule(rule.Repository)
            : await ProblemAsync(reference, image, [.. rule.Keys.Select(PublicKey.Read)], offline, cancellation).ConfigureAwait(false);
        return problem is null ? null
            : rule.Mode == TrustMode.Require ? throw new BoltException(problem)
            : problem with { Severity = Severity.Warning };
    }

    /// <summary>Who of these keys, or of the policy's for the repository, has signed what the name stands for now.</summary>
    /// <exception cref="BoltException">BOLT25xx: none.</exception>
    public async Task<(Digest Digest, ImmutableArray<(SignedClaim Claim, PublicKey Key)> Good)> VerifyAsync(
        ImageReference reference, IReadOnlyList<string> keyFiles, CancellationToken cancellation)
    {
        var keys = KeysFor(reference, keyFiles);
        var (target, manifest) = await registry.ResolveAsync(reference, cancellation).ConfigureAwait(false);
        Digest[] digests = [.. new[] { target.Digest, manifest.Digest }.Distinct()];
        var (good, problem) = TrustJudgement.Of(reference, digests, await FetchAsync(reference, digests, cancellation).ConfigureAwait(false), keys);
        return problem is null ? (target.Digest, good) : throw new BoltException(problem);
    }

    /// <summary>Signs what the name stands for now, in its registry. The signed digest.</summary>
    public async Task<Digest> SignAsync(ImageReference reference, SigningKey key, CancellationToken cancellation)
    {
        var (target, _) = await registry.ResolveAsync(reference, cancellation).ConfigureAwait(false);
        var signature = Signature.Of(reference, target.Digest, key);
        var annotations = new Dictionary<string, string> { [Signature.Annotation] = Convert.ToBase64String(signature.Bytes) };
        await registry.AttachAsync(reference, target, Kind, new Attachment(signature.Payload, annotations), cancellation).ConfigureAwait(false);
        return target.Digest;
    }

    /// <summary>Says something of what the name stands for now, in its registry. The digest that it is said of.</summary>
    public async Task<Digest> AttestAsync(ImageReference reference, string predicateType, System.Text.Json.JsonElement predicate, SigningKey key, CancellationToken cancellation)
    {
        var (target, _) = await registry.ResolveAsync(reference, cancellation).ConfigureAwait(false);
        var attestation = Attestation.Of(reference, target.Digest, predicateType, predicate, key);
        // cosign has the signature in the envelope, and the annotation empty.
        var annotations = new Dictionary<string, string> { [Signature.Annotation] = "", [Attestation.TypeAnnotation] = predicateType };
        await registry.AttachAsync(reference, target, Statements, new Attachment(attestation.ToBytes(), annotations), cancellation).ConfigureAwait(false);
        return target.Digest;
    }

    /// <summary>What these keys, or the policy's for the repository, have said of what the name stands for now.</summary>
    /// <param name="predicateType">A URI.</param>
    /// <exception cref="BoltException">BOLT253x: nothing.</exception>
    public async Task<(Digest Digest, ImmutableArray<(Attestation Said, PublicKey Key)> Good)> VerifyAttestationsAsync(
        ImageReference reference, string predicateType, IReadOnlyList<string> keyFiles, CancellationToken cancellation)
    {
        var keys = KeysFor(reference, keyFiles);
        var (target, manifest) = await registry.ResolveAsync(reference, cancellation).ConfigureAwait(false);
        Digest[] digests = [.. new[] { target.Digest, manifest.Digest }.Distinct()];
        var said = (await registry.AttachmentsAsync(reference, digests, Statements, cancellation).ConfigureAwait(false)).Select(a => Attestation.Read(a.Content)).OfType<Attestation>().ToArray();
        var (good, problem) = TrustJudgement.Of(reference, digests, predicateType, said, keys);
        return problem is null ? (target.Digest, good) : throw new BoltException(problem);
    }

    private PublicKey[] KeysFor(ImageReference reference, IReadOnlyList<string> keyFiles)
    {
        keyFiles = keyFiles.Count == 0 ? TrustFile.Get(policyFile).For(reference).Keys : keyFiles;
        return keyFiles.Count == 0 ? throw new BoltException(TrustErrors.NoKeyRequired($"{reference.Registry}/{reference.Repository}")) : [.. keyFiles.Select(PublicKey.Read)];
    }

    private async Task<Diagnostic?> ProblemAsync(ImageReference reference, LocalImage image, PublicKey[] keys, bool offline, CancellationToken cancellation)
    {
        Digest[] digests = [.. new[] { image.Target, image.Manifest }.OfType<Digest>().Distinct()];
        if (digests.Length == 0)
        {
            return TrustErrors.Unsigned(reference.ToString(), image.Id.ToString());
        }
        var known = kept.Find(digests[0]);
        if (known is not null && TrustJudgement.Of(reference, digests, known, keys) is { Problem: null })
        {
            return null;
        }
        if (offline)
        {
            return known is null ? TrustErrors.NotKnownOffline(reference.ToString()) : TrustJudgement.Of(reference, digests, known, keys).Problem;
        }
        var found = await FetchAsync(reference, digests, cancellation).ConfigureAwait(false);
        await kept.WriteAsync(digests[0], found, cancellation).ConfigureAwait(false);
        return TrustJudgement.Of(reference, digests, found, keys).Problem;
    }

    private async Task<IReadOnlyList<Signature>> FetchAsync(ImageReference reference, IReadOnlyList<Digest> digests, CancellationToken cancellation)
    {
        var found = new List<Signature>();
        foreach (var attachment in await registry.AttachmentsAsync(reference, digests, Kind, cancellation).ConfigureAwait(false))
        {
            var bytes = new byte[1024];
            if (attachment.Annotations.TryGetValue(Signature.Annotation, out var text) && Convert.TryFromBase64String(text, bytes, out var length))
            {
                found.Add(new Signature(attachment.Content, bytes[..length]));
            }
        }
        return found;
    }
}
