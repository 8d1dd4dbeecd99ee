using System.Collections.Immutable;

namespace Bolt.Packages;

/// <summary>Debian's archive keys for machines without a keyring package. Only the fingerprints listed here count.</summary>
internal static class DebianKeys
{
    public static ImmutableArray<string> Fingerprints { get; } =
    [
        "B8B80B5B623EAB6AD8775C45B7C5D7D6350947F8", // archive, bookworm
        "05AB90340C0C5E797F44A8C8254CF3B5AEC0A8F0", // security, bookworm
        "4D64FEC119C2029067D6E791F8D2585B8783D481", // stable, bookworm
        "04B54C3CDCA79751B16BC6B5225629DF75B188BD", // archive, trixie
        "5E04A1E3223A19A20706E20F9904613D4CCE68C6", // security, trixie
        "41587F7DB8C774BCCF131416762F67A0B2C39DE4", // stable, trixie
    ];

    /// <summary>The keys with their own signatures, from debian-archive-keyring 2023.3+deb12u2.</summary>
    public static string Armored { get; } = Read();

    private static string Read()
    {
        using var stream = typeof(DebianKeys).Assembly.GetManifestResourceStream("debian-archive-keys.asc")
            ?? throw new InvalidOperationException("debian-archive-keys.asc is not embedded");
        return new StreamReader(stream).ReadToEnd();
    }
}
