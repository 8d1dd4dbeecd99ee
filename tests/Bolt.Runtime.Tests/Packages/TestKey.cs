using System.Text;
using Bolt.Packages;
using Org.BouncyCastle.Bcpg;
using Org.BouncyCastle.Bcpg.OpenPgp;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;

namespace Bolt.Runtime.Tests.Packages;

/// <summary>A signing key of the tests' own.</summary>
internal sealed class TestKey
{
    private readonly PgpKeyPair pair;
    private readonly DateTime createdAt;

    /// <param name="lifetime">Zero: it does not expire.</param>
    /// <param name="flags">What it may do; 2 is signing.</param>
    public TestKey(DateTime createdAt, TimeSpan lifetime = default, int flags = 2, bool revoked = false)
    {
        this.createdAt = createdAt;
        var generator = new Ed25519KeyPairGenerator();
        generator.Init(new Ed25519KeyGenerationParameters(new SecureRandom()));
        pair = new PgpKeyPair(PublicKeyAlgorithmTag.EdDsa_Legacy, generator.GenerateKeyPair(), createdAt);
        Public = Certify(lifetime, flags);
        if (revoked)
        {
            var revocation = Generator(PgpSignature.KeyRevocation, createdAt);
            Public = PgpPublicKey.AddCertification(Public, revocation.GenerateCertification(Public));
        }
    }

    public PgpPublicKey Public { get; }

    public KeySource Source
    {
        get
        {
            var bytes = new MemoryStream();
            using (var armor = new ArmoredOutputStream(bytes))
            {
                Public.Encode(armor);
            }
            return new KeySource.Armored(Encoding.ASCII.GetString(bytes.ToArray()));
        }
    }

    public string Sign(string body, DateTime at)
    {
        var generator = Generator(PgpSignature.CanonicalTextDocument, at);
        generator.Update(Encoding.UTF8.GetBytes(string.Join("\r\n", body.TrimEnd('\n').Split('\n'))));
        var bytes = new MemoryStream();
        using (var armor = new ArmoredOutputStream(bytes))
        {
            generator.Generate().Encode(armor);
        }
        return $"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{body.TrimEnd('\n')}\n{Encoding.ASCII.GetString(bytes.ToArray())}";
    }

    private PgpPublicKey Certify(TimeSpan lifetime, int flags)
    {
        const string Owner = "Test Archive <ftpmaster@debian.org>";
        var generator = Generator(PgpSignature.PositiveCertification, createdAt, packets =>
        {
            packets.SetKeyFlags(true, flags);
            packets.SetKeyExpirationTime(true, (long)lifetime.TotalSeconds);
        });
        return PgpPublicKey.AddCertification(pair.PublicKey, Owner, generator.GenerateCertification(Owner, pair.PublicKey));
    }

    private PgpSignatureGenerator Generator(int type, DateTime at, Action<PgpSignatureSubpacketGenerator>? more = null)
    {
        var generator = new PgpSignatureGenerator(pair.PublicKey.Algorithm, HashAlgorithmTag.Sha256);
        generator.InitSign(type, pair.PrivateKey);
        var packets = new PgpSignatureSubpacketGenerator();
        packets.SetSignatureCreationTime(true, at);
        packets.SetIssuerKeyID(false, pair.KeyId);
        more?.Invoke(packets);
        generator.SetHashedSubpackets(packets.Generate());
        return generator;
    }
}
