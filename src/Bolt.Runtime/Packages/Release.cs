using System.Globalization;
using Bolt.Diagnostics;

namespace Bolt.Packages;

/// <summary>A Release file whose signature was good.</summary>
/// <param name="Hashes">By path below the suite: "main/binary-amd64/Packages.xz".</param>
internal sealed record Release(
    string Origin,
    string Suite,
    string Codename,
    DateTimeOffset Date,
    DateTimeOffset? ValidUntil,
    bool ByHash,
    bool NotAutomatic,
    string Fingerprint,
    IReadOnlyDictionary<string, (string Sha256, long Size)> Hashes)
{
    /// <summary>"debian/bookworm", "ubuntu/noble-updates": the suite without a mirror.</summary>
    public string Id => Origin == "Ubuntu" ? $"ubuntu/{Suite}" : $"{Origin.ToLowerInvariant()}/{Codename}";

    /// <summary>True for the archives that recipes are written for.</summary>
    public bool OfDistribution => Origin is "Debian" or "Ubuntu";

    public static Release Parse(ClearSigned signed, string source)
    {
        var fields = ControlFile.Stanzas(signed.Body.Split('\n')).FirstOrDefault()
            ?? throw new BoltException(PackageErrors.BadRelease(source, "it is empty"));
        string Field(string name) => fields.GetValueOrDefault(name, "");
        return new Release(
            Field("Origin"), Field("Suite"), Field("Codename"),
            Moment(Field("Date")) ?? throw new BoltException(PackageErrors.BadRelease(source, "it has no date")),
            fields.TryGetValue("Valid-Until", out var until)
                ? Moment(until) ?? throw new BoltException(PackageErrors.BadRelease(source, "its Valid-Until is no date"))
                : null,
            Field("Acquire-By-Hash") == "yes",
            Field("NotAutomatic") == "yes",
            signed.Fingerprint,
            ParseHashes(Field("SHA256")));
    }

    // A line: " <sha256> <size> main/binary-amd64/Packages.xz"; the size may be padded.
    private static Dictionary<string, (string, long)> ParseHashes(string field)
    {
        var hashes = new Dictionary<string, (string, long)>(StringComparer.Ordinal);
        foreach (var line in field.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 3 && IsSha256(words[0]) && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size))
            {
                hashes.TryAdd(words[2], (words[0].ToLowerInvariant(), size));
            }
        }
        return hashes;
    }

    private static bool IsSha256(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigit);

    // "Sat, 11 Jul 2026 09:10:11 UTC"
    private static DateTimeOffset? Moment(string text) => DateTimeOffset.TryParseExact(
        text.Replace("UTC", "GMT", StringComparison.Ordinal), ["r", "ddd, d MMM yyyy HH:mm:ss 'GMT'", "ddd,  d MMM yyyy HH:mm:ss 'GMT'"],
        CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowInnerWhite, out var at) ? at : null;
}
