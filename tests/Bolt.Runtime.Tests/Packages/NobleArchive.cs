using System.Formats.Tar;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Bolt.Packages;
using Bolt.Storage;

namespace Bolt.Runtime.Tests.Packages;

/// <summary>
/// An archive of Ubuntu 24.04's shape, signed by a key of the tests' own, and a machine whose apt sources name it: three
/// suites with one codename, two components, zstd in the packages, xz for the lists.
/// </summary>
internal sealed class NobleArchive : IDisposable
{
    private static readonly string[] Suites = ["noble", "noble-updates", "noble-security"];
    private static readonly string[] Components = ["main", "universe"];

    private readonly string folder = Directory.CreateTempSubdirectory("bolt-noble-").FullName;
    private readonly TestKey key = new(TestArchive.Now.AddDays(-100));
    private readonly Dictionary<(string Suite, string Component), StringBuilder> lists = [];

    public NobleArchive()
    {
        var suite = "";
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Packages/noble.packages")).Where(l => !l.StartsWith('#')))
        {
            if (line.StartsWith('['))
            {
                suite = line.Trim('[', ']');
                continue;
            }
            var parts = line.Split(';', StringSplitOptions.TrimEntries);
            var words = parts[0].Split(' ');
            Add(suite, words[0], words[1], words[2], parts.ElementAtOrDefault(1) ?? "", parts.ElementAtOrDefault(2) ?? "");
        }
        foreach (var each in Suites)
        {
            Publish(each);
        }
        Write("machine/etc/apt/sources.list.d/ubuntu.sources", Encoding.ASCII.GetBytes(
            $"Types: deb\nURIs: file://{folder}/mirror/\nSuites: {string.Join(' ', Suites)}\nComponents: main restricted universe multiverse\nSigned-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg\n"));
        Write("machine/usr/share/keyrings/ubuntu-archive-keyring.gpg", key.Public.GetEncoded());
    }

    public StoragePaths Paths => new(Path.Combine(folder, "state"), Path.Combine(folder, "run"), Path.Combine(folder, "cache"));

    public PackageImage Open() => new(
        Paths, ArchiveSources.OfMachine(Path.Combine(folder, "machine")) with { AsksOfficial = false }, new TestArchive.FixedTime());

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private void Add(string suite, string name, string version, string component, string depends, string provides)
    {
        var deb = TestDeb.Make(".zst", [TestDeb.File($"./usr/share/doc/{name}/copyright", name), .. Files(name)]);
        var path = $"pool/{component}/{name}_{version.Replace(':', '_')}_amd64.deb";
        Write("mirror/" + path, deb);
        if (!lists.TryGetValue((suite, component), out var list))
        {
            lists[(suite, component)] = list = new StringBuilder();
        }
        list.Append(CultureInfo.InvariantCulture, $"Package: {name}\nArchitecture: amd64\nVersion: {version}\nOrigin: Ubuntu\n");
        list.Append(depends.Length > 0 ? $"Depends: {depends}\n" : "").Append(provides.Length > 0 ? $"Provides: {provides}\n" : "");
        list.Append(CultureInfo.InvariantCulture, $"Filename: {path}\nSize: {deb.Length}\nSHA256: {Hash(deb)}\n\n");
    }

    private static TarEntry[] Files(string name) => name switch
    {
        "base-files" => [TestDeb.Link("./bin", "usr/bin"), TestDeb.Link("./lib", "usr/lib"), TestDeb.Link("./sbin", "usr/sbin"), TestDeb.File("./etc/os-release", "ID=ubuntu\n")],
        "busybox-static" => [TestDeb.File("./usr/bin/busybox", "busybox", 0x1ed)],
        "ca-certificates" => [TestDeb.File("./usr/share/ca-certificates/mozilla/Some_Root.crt", "PEM\n")],
        _ => [],
    };

    // Ubuntu's suites of one release differ in their Suite only; the Codename of all is the release's.
    private void Publish(string suite)
    {
        var hashes = new StringBuilder();
        foreach (var component in Components)
        {
            var index = TestDeb.Compress(Encoding.UTF8.GetBytes(lists.GetValueOrDefault((suite, component))?.ToString() ?? ""), ".xz");
            Write($"mirror/dists/{suite}/{component}/binary-amd64/by-hash/SHA256/{Hash(index)}", index);
            hashes.Append(CultureInfo.InvariantCulture, $"\n {Hash(index)} {index.Length,16} {component}/binary-amd64/Packages.xz");
        }
        var date = TestArchive.Now.AddDays(-1);
        Write($"mirror/dists/{suite}/InRelease", Encoding.UTF8.GetBytes(key.Sign($"""
            Origin: Ubuntu
            Label: Ubuntu
            Suite: {suite}
            Version: 24.04
            Codename: noble
            Date: {date.ToString("R", CultureInfo.InvariantCulture).Replace("GMT", "UTC", StringComparison.Ordinal)}
            Architectures: amd64 arm64
            Components: main restricted universe multiverse
            Description: Ubuntu Noble 24.04
            Acquire-By-Hash: yes
            SHA256:{hashes}

            """, date)));
    }

    private void Write(string path, byte[] bytes)
    {
        var full = Path.Combine(folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, bytes);
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
