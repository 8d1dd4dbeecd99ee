using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Macs;
using Org.BouncyCastle.Crypto.Parameters;

namespace Bolt.Trust;

/// <summary>NaCl's crypto_secretbox_xsalsa20poly1305: 16 bytes of Poly1305 and then the text under XSalsa20.</summary>
internal static class SecretBox
{
    private const int TagLength = 16, KeyLength = 32;

    public static byte[] Seal(byte[] key, byte[] nonce, byte[] text)
    {
        var (cipher, mac) = Start(key, nonce);
        var box = new byte[TagLength + text.Length];
        cipher.ProcessBytes(text, 0, text.Length, box, TagLength);
        mac.BlockUpdate(box, TagLength, text.Length);
        mac.DoFinal(box, 0);
        return box;
    }

    /// <summary>Null when key or box is another.</summary>
    public static byte[]? Open(byte[] key, byte[] nonce, byte[] box)
    {
        if (box.Length < TagLength)
        {
            return null;
        }
        var (cipher, mac) = Start(key, nonce);
        var tag = new byte[TagLength];
        mac.BlockUpdate(box, TagLength, box.Length - TagLength);
        mac.DoFinal(tag, 0);
        if (!CryptographicOperations.FixedTimeEquals(tag, box.AsSpan(0, TagLength)))
        {
            return null;
        }
        var text = new byte[box.Length - TagLength];
        cipher.ProcessBytes(box, TagLength, text.Length, text, 0);
        return text;
    }

    // The first 32 bytes of the key stream are Poly1305's key.
    private static (XSalsa20Engine Cipher, Poly1305 Mac) Start(byte[] key, byte[] nonce)
    {
        var cipher = new XSalsa20Engine();
        cipher.Init(true, new ParametersWithIV(new KeyParameter(key), nonce));
        var first = new byte[KeyLength];
        cipher.ProcessBytes(first, 0, KeyLength, first, 0);
        var mac = new Poly1305();
        mac.Init(new KeyParameter(first));
        return (cipher, mac);
    }
}
