using System.Text;
using Bolt.Diagnostics;
using Org.BouncyCastle.Bcpg;
using Org.BouncyCastle.Bcpg.OpenPgp;

namespace Bolt.Packages;

/// <summary>A clear-signed text (RFC 4880, 7) whose signature was good: only what was signed is in <see cref="Body"/>.</summary>
/// <param name="Body">The signed text.</param>
/// <param name="Fingerprint">Of the primary key, hex.</param>
internal sealed record ClearSigned(string Body, string Fingerprint)
{
    private const string Begin = "-----BEGIN PGP SIGNED MESSAGE-----";
    private const string Signature = "-----BEGIN PGP SIGNATURE-----";
    /// <summary>Clocks of a build machine and of this one may differ by this much.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromHours(24);

    /// <summary>Stops at the first good signature; throws BOLT2110 when there is none.</summary>
    public static ClearSigned Verify(byte[] file, Keyring keys, string source, DateTimeOffset now)
    {
        var text = Encoding.UTF8.GetString(file).ReplaceLineEndings("\n");
        var headerEnd = text.IndexOf("\n\n", StringComparison.Ordinal);
        var signatureStart = text.IndexOf("\n" + Signature, StringComparison.Ordinal);
        // Text before the first line of the armor is not signed, so it has no place here.
        if (!text.StartsWith(Begin + "\n", StringComparison.Ordinal) || headerEnd < 0 || signatureStart < headerEnd + 2)
        {
            throw new BoltException(PackageErrors.BadRelease(source, "it is not clear-signed"));
        }
        var lines = text[(headerEnd + 2)..signatureStart].Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            lines[i] = lines[i].StartsWith("- ", StringComparison.Ordinal) ? lines[i][2..] : lines[i];
        }
        var signed = Encoding.UTF8.GetBytes(string.Join("\r\n", lines.Select(l => l.TrimEnd(' ', '\t'))));
        var reasons = new List<string>();
        foreach (var signature in Signatures(text[(signatureStart + 1)..], source))
        {
            if (Accept(signature, signed, keys, now.UtcDateTime, reasons) is { } fingerprint)
            {
                return new ClearSigned(string.Join('\n', lines), fingerprint);
            }
        }
        throw new BoltException(PackageErrors.NoGoodSignature(source, reasons.Count == 0 ? "it has no signature" : string.Join("; ", reasons.Distinct())));
    }

    private static IEnumerable<PgpSignature> Signatures(string armored, string source)
    {
        try
        {
            using var stream = new ArmoredInputStream(new MemoryStream(Encoding.ASCII.GetBytes(armored)));
            var found = new PgpObjectFactory(stream).NextPgpObject() as PgpSignatureList;
            return [.. Enumerable.Range(0, found?.Count ?? 0).Select(i => found![i])];
        }
        catch (Exception e) when (e is PgpException or IOException or ArgumentException or InvalidOperationException or IndexOutOfRangeException or InvalidCastException)
        {
            throw new BoltException(PackageErrors.BadRelease(source, $"its signature: {e.Message}"), e);
        }
    }

    private static string? Accept(PgpSignature signature, byte[] signed, Keyring keys, DateTime now, List<string> reasons)
    {
        var id = signature.KeyId.ToString("X16", System.Globalization.CultureInfo.InvariantCulture);
        if (signature.SignatureType != PgpSignature.CanonicalTextDocument || signature.HashAlgorithm is not
            (HashAlgorithmTag.Sha256 or HashAlgorithmTag.Sha384 or HashAlgorithmTag.Sha512))
        {
            reasons.Add($"a signature of key {id} has a form that is not accepted");
            return null;
        }
        if (signature.CreationTime > now + Skew || SignatureExpired(signature, now))
        {
            reasons.Add($"a signature of key {id} is of {signature.CreationTime:yyyy-MM-dd}, which is not now");
            return null;
        }
        var known = false;
        foreach (var (key, primary) in keys.Find(signature.KeyId))
        {
            known = true;
            var problem = KeyValidity.Problem(key, primary, signature.CreationTime, now)
                ?? (Good(signature, key, signed) ? null : "did not sign this text");
            if (problem is null)
            {
                return Keyring.Fingerprint(primary);
            }
            reasons.Add($"key {id} {problem}");
        }
        if (!known)
        {
            reasons.Add($"key {id} is not trusted");
        }
        return null;
    }

    private static bool SignatureExpired(PgpSignature signature, DateTime now) =>
        signature.GetHashedSubPackets()?.GetSignatureExpirationTime() is > 0 and var seconds && signature.CreationTime.AddSeconds(seconds) <= now;

    private static bool Good(PgpSignature signature, PgpPublicKey key, byte[] signed)
    {
        try
        {
            // The library would canonicalise again; this text is canonical already, which it leaves as it is.
            signature.InitVerify(key);
            signature.Update(signed);
            return signature.Verify();
        }
        catch (PgpException)
        {
            return false;
        }
    }
}
