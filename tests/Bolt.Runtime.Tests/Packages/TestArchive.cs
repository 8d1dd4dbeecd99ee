using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Bolt.Packages;
using Bolt.Storage;

namespace Bolt.Runtime.Tests.Packages;

/// <summary>A small signed archive in a folder, with its own clock, and the stores of whoever uses it.</summary>
internal sealed class TestArchive : IDisposable
{
    private readonly StringBuilder packages = new();

    public static readonly DateTime Now = new(2026, 11, 24, 12, 0, 0, DateTimeKind.Utc);

    public TestArchive() => Directory.CreateDirectory(Folder);

    public string Folder { get; } = Path.Combine(Path.GetTempPath(), "bolt-archive-" + Guid.NewGuid().ToString("n"));
    public TestKey Key { get; set; } = new(Now.AddDays(-100));
    public string Origin { get; set; } = "Debian";
    public string Suite { get; set; } = "stable";
    public string Codename { get; set; } = "trixie";
    public DateTime Date { get; set; } = Now.AddDays(-1);
    public DateTime? ValidUntil { get; set; }
    public string IndexExtension { get; set; } = ".gz";
    public StoragePaths Paths => new(Path.Combine(Folder, "state"), Path.Combine(Folder, "run"), Path.Combine(Folder, "cache"));

    public ArchiveSources Sources => new([new ArchiveSource("file://" + Folder + "/mirror", Codename, ["main"], [], Key.Source, "test:1")], true) { AsksOfficial = false };

    public string InRelease => Path.Combine(Folder, "mirror/dists", Codename, "InRelease");

    public TestArchive Add(string name, string version, byte[] deb, string fields = "")
    {
        var path = $"pool/main/{name}_{version.Replace(':', '_')}_amd64.deb";
        Write(path, deb);
        packages.Append(CultureInfo.InvariantCulture, $"Package: {name}\nVersion: {version}\nArchitecture: amd64\n{fields}Filename: {path}\nSize: {deb.Length}\nSHA256: {Hash(deb)}\n\n");
        return this;
    }

    /// <summary>A package without any file.</summary>
    public TestArchive Add(string name, string version, string fields = "") => Add(name, version, TestDeb.Make(".gz", TestDeb.Folder("./usr/")), fields);

    /// <summary>Writes the indexes anew and signs them.</summary>
    public TestArchive Publish()
    {
        var index = TestDeb.Compress(Encoding.UTF8.GetBytes(packages.ToString()), IndexExtension);
        Write($"dists/{Codename}/main/binary-amd64/by-hash/SHA256/{Hash(index)}", index);
        var release = $"""
            Origin: {Origin}
            Label: {Origin}
            Suite: {Suite}
            Codename: {Codename}
            Date: {Date.ToString("R", CultureInfo.InvariantCulture).Replace("GMT", "UTC", StringComparison.Ordinal)}
            {(ValidUntil is { } until ? $"Valid-Until: {until.ToString("R", CultureInfo.InvariantCulture).Replace("GMT", "UTC", StringComparison.Ordinal)}" : "Version: 1")}
            Acquire-By-Hash: yes
            SHA256:
             {Hash(index)} {index.Length,8} main/binary-amd64/Packages{IndexExtension}

            """;
        Write($"dists/{Codename}/InRelease", Encoding.UTF8.GetBytes(Key.Sign(release, Date)));
        return this;
    }

    public PackageImage Open(ArchiveSources? sources = null, bool managed = false) =>
        new(Paths, sources ?? Sources, new FixedTime()) { ManagedDecoders = managed };

    public async Task<PackageLock> ResolveAsync(params string[] wanted) => await ResolveAsync(Request(wanted));

    public async Task<PackageLock> ResolveAsync(PackageRequest request)
    {
        using var image = Open();
        return await image.ResolveAsync(request, null, CancellationToken.None);
    }

    public static PackageRequest Request(params string[] wanted) => new() { For = "test", Wanted = [.. wanted], Architecture = "amd64" };

    public async Task<Digest> BuildAsync(PackageLock locked, LayerExtras? extras = null, bool managed = false)
    {
        using var image = Open(managed: managed);
        return await image.BuildLayerAsync("test", locked, extras ?? new LayerExtras(), new ContentStore(Paths), false, null, CancellationToken.None);
    }

    public string FileOf(LockedPackage package) => Path.Combine(Folder, "mirror", package.Path);

    /// <summary>Neither a layer, nor a part of one, nor of a download.</summary>
    public void AssertNothingBuilt()
    {
        Assert.Empty(Files(Path.Combine(Paths.State, "blobs")));
        Assert.Empty(Files(Path.Combine(Paths.Cache, "packages/sha256")));
    }

    private static string[] Files(string folder) => Directory.Exists(folder) ? Directory.GetFiles(folder, "*", SearchOption.AllDirectories) : [];

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private void Write(string path, byte[] bytes)
    {
        var full = Path.Combine(Folder, "mirror", path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, bytes);
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    internal sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Now;
    }
}
