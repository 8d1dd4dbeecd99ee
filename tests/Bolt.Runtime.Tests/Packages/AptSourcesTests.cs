using Bolt.Packages;

namespace Bolt.Runtime.Tests.Packages;

public sealed class AptSourcesTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("bolt-apt-").FullName;

    private ArchiveSources Read(string name, string text)
    {
        var path = Path.Combine(root, "etc/apt", name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return ArchiveSources.OfMachine(root);
    }

    private static string Text(ArchiveSources sources) => string.Join('\n', sources.Sources.Select(s =>
        $"{s} [{string.Join(' ', s.Components)}] [{string.Join(' ', s.Architectures)}] {s.Keys.GetType().Name}"));

    [Fact]
    public void One_line_sources_with_options() => Assert.Equal(
        "http://deb.debian.org/debian bookworm [main contrib] [amd64 arm64] Files\nhttp://deb.debian.org/debian bookworm-updates [main] [] Files",
        Text(Read("sources.list", """
            # a comment
            deb [arch=amd64,arm64 signed-by=/usr/share/keyrings/x.gpg] http://deb.debian.org/debian/ bookworm main contrib # why
            deb-src http://deb.debian.org/debian bookworm main
            deb http://deb.debian.org/debian bookworm-updates main
            deb http://vendor.example/apt stable thing
            deb http://vendor.example/apt cloud-bookworm main
            """)));

    [Fact]
    public void Deb822_sources() => Assert.Equal(
        "http://archive.ubuntu.com/ubuntu noble [main universe] [] Files\nhttp://archive.ubuntu.com/ubuntu noble-updates [main universe] [] Files\nfile:/srv/debian trixie [main] [] Armored",
        Text(Read("sources.list.d/ubuntu.sources", """
            Types: deb deb-src
            URIs: http://archive.ubuntu.com/ubuntu/
            Suites: noble noble-updates
            Components: main
             universe
            Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg

            Types: deb
            URIs: http://old.example/debian
            Suites: bookworm
            Components: main
            Enabled: no

            Types: deb
            URIs: file:/srv/debian
            Suites: trixie
            Components: main
            Signed-By:
             -----BEGIN PGP PUBLIC KEY BLOCK-----
             .
             AAAA
             -----END PGP PUBLIC KEY BLOCK-----
            """)));

    [Fact]
    public void A_machine_without_sources_has_Debian_stable_with_its_six_keys()
    {
        var sources = ArchiveSources.OfMachine(root);
        Assert.False(sources.Configured);
        Assert.Equal(["trixie", "trixie-updates", "trixie-security"], sources.Sources.Select(s => s.Suite));
        var ring = Keyring.Load(sources.Sources[0].Keys);
        Assert.True(ring.IsOfDistribution);
        Assert.NotEmpty(ring.Find(unchecked((long)0x78DBA3BC47EF2265)));
    }

    public void Dispose() => Directory.Delete(root, recursive: true);
}
