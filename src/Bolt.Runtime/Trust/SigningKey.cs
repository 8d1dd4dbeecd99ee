using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Bolt.Diagnostics;
using Bolt.Kernel;
using Org.BouncyCastle.Crypto.Generators;

namespace Bolt.Trust;

/// <summary>
/// A private key for signatures: ECDSA on P-256, kept as cosign keeps it (PKCS#8 in a secretbox under scrypt, in PEM), or
/// plain PKCS#8.
/// </summary>
internal sealed class SigningKey : IDisposable
{
    private const string Label = "ENCRYPTED SIGSTORE PRIVATE KEY", OldLabel = "ENCRYPTED COSIGN PRIVATE KEY";
    private const int Largest = 64 << 10, MostCost = 1 << 18;
    private readonly ECDsa key;

    private SigningKey(ECDsa key) => this.key = key;

    public static SigningKey Create() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    public byte[] Sign(byte[] message) => key.SignData(message, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

    public string PublicPem => key.ExportSubjectPublicKeyInfoPem() + "\n";

    public string ToPem(string password)
    {
        var (salt, nonce) = (RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(24));
        var scrypt = new ScryptDocument(1 << 16, 8, 1);
        var box = SecretBox.Seal(Stretch(password, salt, scrypt), nonce, key.ExportPkcs8PrivateKey());
        var document = new SealedKeyDocument(new KdfDocument("scrypt", scrypt, salt), new CipherDocument("nacl/secretbox", nonce), box);
        return PemEncoding.WriteString(Label, JsonSerializer.SerializeToUtf8Bytes(document, TrustJson.Default.SealedKeyDocument)) + "\n";
    }

    /// <param name="password">Asked for when the key is sealed.</param>
    /// <exception cref="BoltException">BOLT2510, BOLT2511.</exception>
    public static SigningKey Read(string path, Func<string> password)
    {
        var errno = PlainFile.Read(path, Largest, out var bytes);
        if (errno != Errno.None)
        {
            throw new BoltException(TrustErrors.BadKey(path, errno.Text()));
        }
        var text = Encoding.UTF8.GetString(bytes);
        try
        {
            if (!PemEncoding.TryFind(text, out var fields))
            {
                throw new BoltException(TrustErrors.BadKey(path, "it is no PEM file"));
            }
            var content = Convert.FromBase64String(text[fields.Base64Data]);
            var plain = text[fields.Label] switch
            {
                Label or OldLabel => Open(path, content, password),
                "PRIVATE KEY" => content,
                var other => throw new BoltException(TrustErrors.BadKey(path, $"it holds a `{other}`")),
            };
            var key = ECDsa.Create();
            key.ImportPkcs8PrivateKey(plain, out _);
            return new SigningKey(key);
        }
        catch (Exception e) when (e is CryptographicException or JsonException or FormatException or NotSupportedException)
        {
            throw new BoltException(TrustErrors.BadKey(path, "it is no ECDSA key, or damaged"), e);
        }
    }

    private static byte[] Open(string path, byte[] content, Func<string> password)
    {
        var document = JsonSerializer.Deserialize(content, TrustJson.Default.SealedKeyDocument);
        if (document is not { Kdf: { Name: "scrypt", Params: { } scrypt, Salt: { } salt }, Cipher: { Name: "nacl/secretbox", Nonce.Length: 24 }, Ciphertext: { } box }
            || scrypt.N is < 2 or > MostCost || !int.IsPow2(scrypt.N) || scrypt.R is < 1 or > 16 || scrypt.P is < 1 or > 16)
        {
            throw new BoltException(TrustErrors.BadKey(path, "it is sealed in another way than scrypt and nacl/secretbox"));
        }
        return SecretBox.Open(Stretch(password(), salt, scrypt), document.Cipher.Nonce, box) ?? throw new BoltException(TrustErrors.WrongPassword(path));
    }

    private static byte[] Stretch(string password, byte[] salt, ScryptDocument cost) =>
        SCrypt.Generate(Encoding.UTF8.GetBytes(password), salt, cost.N, cost.R, cost.P, 32);

    public void Dispose() => key.Dispose();
}
