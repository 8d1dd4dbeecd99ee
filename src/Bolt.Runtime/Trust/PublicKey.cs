using System.Security.Cryptography;
using Bolt.Diagnostics;
using Bolt.Kernel;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Security;

namespace Bolt.Trust;

/// <summary>A key that signatures are checked with: SubjectPublicKeyInfo in PEM (RFC 7468), as cosign.pub is.</summary>
internal sealed class PublicKey
{
    private const int Largest = 64 << 10;
    private readonly byte[] info;

    private PublicKey(string path, byte[] info) => (Path, this.info) = (path, info);

    /// <summary>Where it was read.</summary>
    public string Path { get; }

    /// <exception cref="BoltException">BOLT2510.</exception>
    public static PublicKey Read(string path)
    {
        var errno = PlainFile.Read(path, Largest, out var bytes);
        if (errno != Errno.None)
        {
            throw new BoltException(TrustErrors.BadKey(path, errno.Text()));
        }
        var text = System.Text.Encoding.UTF8.GetString(bytes);
        if (!PemEncoding.TryFind(text, out var fields) || text[fields.Label] != "PUBLIC KEY")
        {
            throw new BoltException(TrustErrors.BadKey(path, "it has no `PUBLIC KEY`"));
        }
        var key = new PublicKey(path, Convert.FromBase64String(text[fields.Base64Data]));
        try
        {
            key.Verify([], new byte[64]);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or IOException or GeneralSecurityException)
        {
            throw new BoltException(TrustErrors.BadKey(path, "it is neither ECDSA, RSA nor Ed25519"), e);
        }
        return key;
    }

    /// <summary>ECDSA in ASN.1 and RSA PKCS#1 v1.5 over SHA-256, or Ed25519: what sigstore's key pairs make.</summary>
    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        switch (PublicKeyFactory.CreateKey(info))
        {
            case Ed25519PublicKeyParameters ed25519:
                var signer = new Ed25519Signer();
                signer.Init(false, ed25519);
                signer.BlockUpdate(message);
                return signer.VerifySignature(signature.ToArray());
            case ECPublicKeyParameters:
                using (var ecdsa = ECDsa.Create())
                {
                    ecdsa.ImportSubjectPublicKeyInfo(info, out _);
                    return ecdsa.VerifyData(message, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
                }
            case RsaKeyParameters:
                using (var rsa = RSA.Create())
                {
                    rsa.ImportSubjectPublicKeyInfo(info, out _);
                    return rsa.VerifyData(message, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
                }
            default:
                throw new CryptographicException("unknown kind of key");
        }
    }
}
