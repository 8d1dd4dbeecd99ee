using System.Security.Cryptography;
using System.Text;
using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Storage;
using Bolt.Trust;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509;

namespace Bolt.Runtime.Tests.Trust;

public sealed class SigningKeyTests : IDisposable
{
    private static readonly Digest Image = new(new string('a', 64)), Other = new(new string('b', 64));
    private static readonly ImageReference App = ImageReference.Parse("ghcr.io/owner/app:1").Value!;

    private readonly string folder = Directory.CreateTempSubdirectory("bolt-keys-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    // From NaCl's own tests (tests/secretbox.c and secretbox.out), its first 32 bytes of text.
    [Fact]
    public void The_box_is_nacls()
    {
        var key = Convert.FromHexString("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389");
        var nonce = Convert.FromHexString("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37");
        var text = Convert.FromHexString("be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffc");
        var box = SecretBox.Seal(key, nonce, text);
        Assert.Equal("8e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186a", Convert.ToHexStringLower(box.AsSpan(16)));
        Assert.Equal(text, SecretBox.Open(key, nonce, box));
        box[3] ^= 1;
        Assert.Null(SecretBox.Open(key, nonce, box));
    }

    [Fact]
    public async Task A_key_pair_is_sealed_and_readable_by_its_owner_alone()
    {
        var name = folder + "/team";
        await BoltRuntime.CreateKeyPairAsync(name, "secret", TestContext.Current.CancellationToken);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(name + ".key"));
        Assert.StartsWith("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----", File.ReadAllText(name + ".key"), StringComparison.Ordinal);
        using (var key = SigningKey.Read(name + ".key", () => "secret"))
        {
            Assert.True(PublicKey.Read(name + ".pub").Verify("x"u8, key.Sign("x"u8.ToArray())));
            Assert.False(PublicKey.Read(name + ".pub").Verify("y"u8, key.Sign("x"u8.ToArray())));
        }
        Assert.Equal("BOLT2511", Assert.Throws<BoltException>(() => SigningKey.Read(name + ".key", () => "wrong")).Diagnostic.Code);
        var again = await Assert.ThrowsAsync<BoltException>(() => BoltRuntime.CreateKeyPairAsync(name, "", TestContext.Current.CancellationToken));
        Assert.Equal("BOLT2512", again.Diagnostic.Code);
    }

    [Theory]
    [InlineData("", "BOLT2510")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "BOLT2510")]
    [InlineData("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\ne30=\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n", "BOLT2510")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "BOLT2510")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "BOLT2510")]
    public void Other_files_are_no_keys(string text, string code)
    {
        var path = folder + "/x";
        File.WriteAllText(path, text);
        Assert.Equal(code, Assert.Throws<BoltException>(() => SigningKey.Read(path, () => "")).Diagnostic.Code);
        Assert.Equal(code, Assert.Throws<BoltException>(() => PublicKey.Read(path)).Diagnostic.Code);
    }

    [Fact]
    public void A_seal_that_would_cost_a_gigabyte_is_refused()
    {
        var path = folder + "/x";
        var sealedKey = """{"kdf":{"name":"scrypt","params":{"N":1073741824,"r":8,"p":1},"salt":"AAAA"},"cipher":{"name":"nacl/secretbox","nonce":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},"ciphertext":"AAAA"}""";
        File.WriteAllText(path, PemEncoding.WriteString("ENCRYPTED SIGSTORE PRIVATE KEY", Encoding.UTF8.GetBytes(sealedKey)));
        Assert.Equal("BOLT2510", Assert.Throws<BoltException>(() => SigningKey.Read(path, () => throw new InvalidOperationException("asked"))).Diagnostic.Code);
    }

    [Fact]
    public void RSA_and_Ed25519_keys_verify_too()
    {
        using var rsa = RSA.Create(2048);
        File.WriteAllText(folder + "/rsa.pub", rsa.ExportSubjectPublicKeyInfoPem());
        Assert.True(PublicKey.Read(folder + "/rsa.pub").Verify("x"u8, rsa.SignData("x"u8, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)));

        var secret = new Ed25519PrivateKeyParameters(new SecureRandom());
        var info = SubjectPublicKeyInfoFactory.CreateSubjectPublicKeyInfo(secret.GeneratePublicKey()).GetDerEncoded();
        File.WriteAllText(folder + "/ed.pub", PemEncoding.WriteString("PUBLIC KEY", info));
        var signer = new Ed25519Signer();
        signer.Init(true, secret);
        signer.BlockUpdate("x"u8);
        Assert.True(PublicKey.Read(folder + "/ed.pub").Verify("x"u8, signer.GenerateSignature()));
    }

    [Fact]
    public void A_signature_counts_for_its_image_in_its_repository_by_its_key()
    {
        using var key = SigningKey.Create();
        using var stranger = SigningKey.Create();
        File.WriteAllText(folder + "/a.pub", key.PublicPem);
        PublicKey[] keys = [PublicKey.Read(folder + "/a.pub")];
        string? Problem(params Signature[] signatures) => TrustJudgement.Of(App, [Image], signatures, keys).Problem?.Code;
        Assert.Null(Problem(Signature.Of(App, Image, key)));
        Assert.Equal("BOLT2502", Problem());
        Assert.Equal("BOLT2503", Problem(Signature.Of(App, Image, stranger)));
        Assert.Equal("BOLT2503", Problem(Signature.Of(App, Image, key) with { Payload = Signature.Of(App, Other, key).Payload }));
        Assert.Equal("BOLT2504", Problem(Signature.Of(App, Other, key)));
        Assert.Equal("BOLT2505", Problem(Signature.Of(ImageReference.Parse("ghcr.io/owner/old").Value!, Image, key)));
        Assert.Null(Problem(Signature.Of(App, Other, key), Signature.Of(App, Image, stranger), Signature.Of(App, Image, key)));
        // Signed by the right key, but no image signature.
        var text = Encoding.UTF8.GetString(Signature.Of(App, Image, key).Payload).Replace("cosign container image signature", "something else", StringComparison.Ordinal);
        Assert.Equal("BOLT2503", Problem(new Signature(Encoding.UTF8.GetBytes(text), key.Sign(Encoding.UTF8.GetBytes(text)))));
    }
}
