using System.Collections.Immutable;
using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Storage;

namespace Bolt.Trust;

/// <summary>Signatures against a rule's keys: who stands for this very image in this very repository, or what is wrong.</summary>
internal static class TrustJudgement
{
    /// <summary>The signatures that count, with their keys; empty, and the reason, when none does.</summary>
    /// <param name="digests">What the image's name stands for, and its manifest: a signature on either is one on the image.</param>
    public static (ImmutableArray<(SignedClaim Claim, PublicKey Key)> Good, Diagnostic? Problem) Of(
        ImageReference reference, IReadOnlyList<Digest> digests, IReadOnlyList<Signature> signatures, IReadOnlyList<PublicKey> keys)
    {
        var name = $"{reference.Registry}/{reference.Repository}";
        var good = ImmutableArray.CreateBuilder<(SignedClaim, PublicKey)>();
        Diagnostic? problem = signatures.Count == 0
            ? TrustErrors.Unsigned(reference.ToString(), digests[0].ToString())
            : TrustErrors.WrongSigner(reference.ToString(), signatures.Count, string.Join(" or ", keys.Select(k => Path.GetFileName(k.Path))));
        foreach (var signature in signatures)
        {
            if (keys.FirstOrDefault(k => k.Verify(signature.Payload, signature.Bytes)) is not { } key || signature.Claim() is not { } claim)
            {
                continue;
            }
            if (!digests.Contains(claim.Digest))
            {
                problem = TrustErrors.OtherImage(reference.ToString(), digests[0].ToString(), claim.Digest.ToString());
            }
            else if (claim.Repository != name)
            {
                problem = TrustErrors.OtherRepository(reference.ToString(), claim.Repository);
            }
            else
            {
                good.Add((claim, key));
            }
        }
        return (good.ToImmutable(), good.Count > 0 ? null : problem);
    }

    /// <summary>The attestations of one type that count, with their keys; empty, and the reason, when none does.</summary>
    public static (ImmutableArray<(Attestation Said, PublicKey Key)> Good, Diagnostic? Problem) Of(
        ImageReference reference, IReadOnlyList<Digest> digests, string predicateType, IReadOnlyList<Attestation> said, IReadOnlyList<PublicKey> keys)
    {
        var name = $"{reference.Registry}/{reference.Repository}";
        var good = ImmutableArray.CreateBuilder<(Attestation, PublicKey)>();
        Diagnostic? problem = null;
        foreach (var one in said)
        {
            // What an unsigned one says of its type only chooses the sentence.
            if (one.Claim() is not { } claim || claim.PredicateType != predicateType)
            {
                continue;
            }
            if (keys.FirstOrDefault(one.IsSignedBy) is not { } key)
            {
                problem ??= TrustErrors.WrongAttester(reference.ToString(), predicateType, string.Join(" or ", keys.Select(k => Path.GetFileName(k.Path))));
            }
            else if (!claim.Subjects.Any(s => digests.Contains(s.Digest) && s.Repository == name))
            {
                problem = TrustErrors.OtherSubject(reference.ToString(), digests[0].ToString());
            }
            else
            {
                good.Add((one, key));
            }
        }
        return (good.ToImmutable(), good.Count > 0 ? null : problem ?? TrustErrors.NoAttestation(reference.ToString(), predicateType));
    }
}
