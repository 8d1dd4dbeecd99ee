using Org.BouncyCastle.Bcpg;
using Org.BouncyCastle.Bcpg.OpenPgp;

namespace Bolt.Packages;

/// <summary>
/// Whether a key may sign at all (RFC 4880, 5.2.1 and 11.1): its own self-signature or its binding by the primary key is
/// good, allows signing, has not expired, and nobody has revoked it. The library checks the mathematics only.
/// </summary>
internal static class KeyValidity
{
    private const int CanSign = 0x02;

    /// <summary>Null when it may; else why not, as the end of "key X …".</summary>
    public static string? Problem(PgpPublicKey key, PgpPublicKey primary, DateTime signedAt, DateTime now)
    {
        var primaryProof = SelfSignature(primary);
        if (primaryProof is null)
        {
            return "has no valid self-signature";
        }
        if (Revoked(primary, primary, PgpSignature.KeyRevocation))
        {
            return "is revoked";
        }
        if (Expired(primary, primaryProof, now))
        {
            return "has expired";
        }
        if (key.KeyId == primary.KeyId)
        {
            return !MaySign(primaryProof) ? "may not sign" : signedAt < key.CreationTime ? "is younger than the signature" : null;
        }
        return SubkeyProblem(key, primary, signedAt, now);
    }

    private static string? SubkeyProblem(PgpPublicKey key, PgpPublicKey primary, DateTime signedAt, DateTime now)
    {
        var binding = Newest(key.GetSignaturesOfType(PgpSignature.SubkeyBinding), s => Verifies(s, primary, () => s.VerifyCertification(primary, key)));
        if (binding is null)
        {
            return "is not bound to its primary key";
        }
        if (Revoked(key, primary, PgpSignature.SubkeyRevocation))
        {
            return "is revoked";
        }
        if (Expired(key, binding, now))
        {
            return "has expired";
        }
        // A signing subkey confirms its primary key (5.2.1, 0x19); without that anyone could bind a foreign key as his own.
        if (!MaySign(binding) || !CrossCertified(binding, key, primary))
        {
            return "may not sign";
        }
        return signedAt < key.CreationTime ? "is younger than the signature" : null;
    }

    private static PgpSignature? SelfSignature(PgpPublicKey primary)
    {
        PgpSignature? newest = null;
        foreach (var id in primary.GetUserIds())
        {
            var own = (primary.GetSignaturesForId(id) ?? [])
                .Where(s => s.KeyId == primary.KeyId && s.SignatureType is >= PgpSignature.DefaultCertification and <= PgpSignature.PositiveCertification);
            var found = Newest(own, s => Verifies(s, primary, () => s.VerifyCertification(id, primary)));
            newest = newest is null || found?.CreationTime > newest.CreationTime ? found ?? newest : newest;
        }
        return newest;
    }

    private static PgpSignature? Newest(IEnumerable<PgpSignature> signatures, Func<PgpSignature, bool> good) =>
        signatures.OrderByDescending(s => s.CreationTime).FirstOrDefault(good);

    private static bool MaySign(PgpSignature proof)
    {
        var packets = proof.GetHashedSubPackets();
        return packets is null || !packets.HasSubpacket(SignatureSubpacketTag.KeyFlags) || (packets.GetKeyFlags() & CanSign) != 0;
    }

    private static bool Expired(PgpPublicKey key, PgpSignature proof, DateTime now) =>
        proof.GetHashedSubPackets()?.GetKeyExpirationTime() is > 0 and var seconds && key.CreationTime.AddSeconds(seconds) <= now;

    private static bool Revoked(PgpPublicKey key, PgpPublicKey primary, int type) =>
        key.GetSignaturesOfType(type).Any(s => Verifies(s, primary, () =>
            type == PgpSignature.KeyRevocation ? s.VerifyCertification(primary) : s.VerifyCertification(primary, key)));

    private static bool CrossCertified(PgpSignature binding, PgpPublicKey key, PgpPublicKey primary)
    {
        var embedded = new[] { binding.GetHashedSubPackets(), binding.GetUnhashedSubPackets() }
            .Where(p => p is not null && p.HasSubpacket(SignatureSubpacketTag.EmbeddedSignature))
            .SelectMany(p => Enumerable.Range(0, p.GetEmbeddedSignatures().Count).Select(i => p.GetEmbeddedSignatures()[i]));
        return embedded.Any(s => s.SignatureType == PgpSignature.PrimaryKeyBinding && Verifies(s, key, () => s.VerifyCertification(primary, key)));
    }

    private static bool Verifies(PgpSignature signature, PgpPublicKey by, Func<bool> verify)
    {
        try
        {
            signature.InitVerify(by);
            return verify();
        }
        catch (PgpException)
        {
            return false;
        }
    }
}
