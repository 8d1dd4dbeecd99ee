using Bolt.Diagnostics;
using Org.BouncyCastle.Bcpg.OpenPgp;

namespace Bolt.Packages;

/// <summary>The keys whose signatures count for a source.</summary>
internal sealed class Keyring
{
    /// <summary>Debian's whole keyring has 56 kB.</summary>
    private const int MaxBytes = 4 << 20;

    private readonly List<PgpPublicKeyRing> rings;

    private Keyring(List<PgpPublicKeyRing> rings) => this.rings = rings;

    public static Keyring Load(KeySource source) => source switch
    {
        KeySource.Armored armored => new Keyring([.. Parse("Signed-By", System.Text.Encoding.ASCII.GetBytes(armored.Text))
            .Where(r => armored.Only is not { } only || only.Contains(Fingerprint(r.GetPublicKey())))]),
        KeySource.Files files => new Keyring([.. files.Paths.SelectMany(ReadFile)]),
        KeySource.Fingerprints named => new Keyring(
            [.. named.Paths.SelectMany(ReadFile).Where(r => r.GetPublicKeys().Any(k => named.Wanted.Contains(Fingerprint(k))))]),
        _ => throw new InvalidOperationException(),
    };

    /// <summary>The keys of this id with their primary keys.</summary>
    public IEnumerable<(PgpPublicKey Key, PgpPublicKey Primary)> Find(long keyId) =>
        from ring in rings
        let key = ring.GetPublicKey(keyId)
        where key is not null
        select (key, ring.GetPublicKey());

    /// <summary>True when one of its keys names an archive of Debian or Ubuntu as its owner.</summary>
    public bool IsOfDistribution => rings.Any(r => r.GetPublicKey().GetUserIds().Any(id =>
        id.Contains("@debian.org", StringComparison.Ordinal) || id.Contains("@ubuntu.com", StringComparison.Ordinal)));

    public static string Fingerprint(PgpPublicKey key) => Convert.ToHexString(key.GetFingerprint());

    private static List<PgpPublicKeyRing> ReadFile(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaxBytes)
            {
                throw new BoltException(PackageErrors.BadKeys(path, "it is too large"));
            }
            return Parse(path, File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BoltException(PackageErrors.BadKeys(path, e.Message), e);
        }
    }

    private static List<PgpPublicKeyRing> Parse(string path, byte[] bytes)
    {
        try
        {
            using var stream = PgpUtilities.GetDecoderStream(new MemoryStream(bytes));
            return [.. new PgpPublicKeyRingBundle(stream).GetKeyRings()];
        }
        // What a parser of foreign bytes throws is not documented; none of it may pass for a key.
        catch (Exception e) when (e is PgpException or IOException or ArgumentException or InvalidOperationException or IndexOutOfRangeException or InvalidCastException)
        {
            throw new BoltException(PackageErrors.BadKeys(path, e.Message), e);
        }
    }
}
