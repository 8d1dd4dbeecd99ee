using Bolt.Builds;
using Bolt.Packages;

namespace Bolt.Evidence;

/// <summary>Debian packages: of a recipe's pin, or of dpkg's list in an image (deb822).</summary>
internal static class DebianPackages
{
    /// <summary>As bolt.lock has them.</summary>
    public static IEnumerable<InstalledPackage> Of(RecipePin pin) => pin.Packages.Packages.Select(p =>
    {
        var (origin, suite) = p.Suite.Split('/', 2) is [var o, var s] ? (o, s) : ("debian", p.Suite);
        return new InstalledPackage(p.Name, p.Version, Purl(origin, p.Name, p.Version, p.Architecture, suite.Split('-')[0]), p.Sha256, "bolt.lock");
    });

    /// <summary>Of /var/lib/dpkg/status, or of a file of status.d, where nothing says what is installed and everything is.</summary>
    /// <param name="os">ID and VERSION_ID of os-release.</param>
    public static IEnumerable<InstalledPackage> Of(string path, string text, (string Id, string Version) os) =>
        from stanza in ControlFile.Stanzas(text.Split('\n'))
        let name = stanza.GetValueOrDefault("Package", "")
        let version = stanza.GetValueOrDefault("Version", "")
        where name.Length > 0 && version.Length > 0 && stanza.GetValueOrDefault("Status", "install ok installed").EndsWith(" installed", StringComparison.Ordinal)
        select new InstalledPackage(
            name, version, Purl(os.Id.Length == 0 ? "debian" : os.Id, name, version, stanza.GetValueOrDefault("Architecture", "all"), os.Version.Length == 0 ? "" : $"{os.Id}-{os.Version}"), null, "/" + path);

    private static string Purl(string origin, string name, string version, string architecture, string distro) =>
        $"pkg:deb/{origin}/{InstalledPackage.Part(name)}@{InstalledPackage.Part(version)}?arch={architecture}{(distro.Length == 0 ? "" : $"&distro={InstalledPackage.Part(distro)}")}";
}

/// <summary>Alpine's packages: /lib/apk/db/installed, blocks of lines "P:name", "V:version", "A:architecture".</summary>
internal static class AlpinePackages
{
    public static IEnumerable<InstalledPackage> Of(string path, string text) =>
        from block in text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
        let lines = block.Split('\n').Where(l => l.Length > 2 && l[1] == ':').DistinctBy(l => l[0]).ToDictionary(l => l[0], l => l[2..])
        let name = lines.GetValueOrDefault('P', "")
        let version = lines.GetValueOrDefault('V', "")
        where name.Length > 0 && version.Length > 0
        select new InstalledPackage(name, version, $"pkg:apk/alpine/{InstalledPackage.Part(name)}@{InstalledPackage.Part(version)}?arch={lines.GetValueOrDefault('A', "")}", null, "/" + path);
}
