using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Bolt.Diagnostics;
using Bolt.Storage;

namespace Bolt.Packages;

/// <summary>Opens suites: a Release whose signature is good and which is no older than the one seen last, and its indexes.</summary>
internal sealed class Archive(StoragePaths paths, Downloads downloads, TimeProvider time)
{
    private const int MaxRelease = 16 << 20;
    /// <summary>Debian's main unpacks to 50 MB, Ubuntu's universe to 80 MB.</summary>
    private const long MaxIndex = 1L << 30;

    /// <summary>Null when the archive behind the source is not Debian's or Ubuntu's, or is one that apt takes nothing from unasked.</summary>
    public async Task<OpenSuite?> OpenAsync(ArchiveSource source, string architecture, bool offline, CancellationToken cancellationToken)
    {
        if (!source.Architectures.IsEmpty && !source.Architectures.Contains(architecture))
        {
            return null;
        }
        var keys = Keyring.Load(source.Keys);
        Release release;
        byte[] file;
        try
        {
            file = await ReadReleaseAsync(source, offline, cancellationToken).ConfigureAwait(false);
            release = Verify(source, keys, file);
        }
        // Some vendor's archive that happens to use a release's name must not keep recipes from working.
        catch (BoltException) when (!keys.IsOfDistribution)
        {
            return null;
        }
        if (!release.OfDistribution || release.NotAutomatic)
        {
            return null;
        }
        if (await SeenAsync(source, cancellationToken).ConfigureAwait(false) is { } seen && release.Date < seen)
        {
            (file, release) = await NewerAsync(source, keys, release, seen, cancellationToken).ConfigureAwait(false);
        }
        await CheckAsync(source, release, file, cancellationToken).ConfigureAwait(false);
        var indexes = new List<(string Sha256, ArchiveIndex Index)>();
        foreach (var component in source.Components)
        {
            if (await OpenIndexAsync(source, release, component, architecture, offline, cancellationToken).ConfigureAwait(false) is { } index)
            {
                indexes.Add(index);
            }
        }
        var locked = new LockedSuite(release.Id, release.Date, Hash(file),
            [.. indexes.Select(i => i.Sha256).Order(StringComparer.Ordinal)], release.Fingerprint);
        return new OpenSuite(source, locked, [.. indexes.Select(i => i.Index)]);
    }

    private async Task<byte[]> ReadReleaseAsync(ArchiveSource source, bool offline, CancellationToken cancellationToken)
    {
        if (!offline)
        {
            return await downloads.ReadAsync($"{source.Uri}/dists/{source.Suite}/InRelease", MaxRelease, cancellationToken).ConfigureAwait(false);
        }
        return File.Exists(KeptPath(source))
            ? await File.ReadAllBytesAsync(KeptPath(source), cancellationToken).ConfigureAwait(false)
            : throw new BoltException(PackageErrors.Offline($"the index of `{source}`"));
    }

    private Release Verify(ArchiveSource source, Keyring keys, byte[] file) =>
        Release.Parse(ClearSigned.Verify(file, keys, source.ToString(), time.GetUtcNow()), source.ToString());

    /// <summary>Date of the last index that was taken; null when there was none.</summary>
    private async Task<DateTimeOffset?> SeenAsync(ArchiveSource source, CancellationToken cancellationToken) =>
        File.Exists(SeenPath(source)) && DateTimeOffset.TryParseExact(
            await File.ReadAllTextAsync(SeenPath(source), cancellationToken).ConfigureAwait(false), "o", CultureInfo.InvariantCulture, DateTimeStyles.None, out var seen)
            ? seen
            : null;

    /// <summary>
    /// A mirror is often many machines, and one of them lags: as apt does, the index that was taken before is taken again. It
    /// is refused when that is there no more, because then nothing is known to be newer than a mirror that was set back.
    /// </summary>
    private async Task<(byte[] File, Release Release)> NewerAsync(
        ArchiveSource source, Keyring keys, Release older, DateTimeOffset seen, CancellationToken cancellationToken)
    {
        if (File.Exists(KeptPath(source)))
        {
            var file = await File.ReadAllBytesAsync(KeptPath(source), cancellationToken).ConfigureAwait(false);
            if (Verify(source, keys, file) is { } kept && kept.Date >= seen)
            {
                return (file, kept);
            }
        }
        throw new BoltException(PackageErrors.Rollback(source.ToString(), older.Date, seen));
    }

    private async Task CheckAsync(ArchiveSource source, Release release, byte[] file, CancellationToken cancellationToken)
    {
        var name = source.ToString();
        if (source.Suite != release.Suite && source.Suite != release.Codename)
        {
            throw new BoltException(PackageErrors.WrongSuite(name, $"{release.Suite}, {release.Codename}"));
        }
        if (release.ValidUntil is { } until && until < time.GetUtcNow())
        {
            throw new BoltException(PackageErrors.ReleaseExpired(name, until));
        }
        // Most suites have no Valid-Until: that nothing older than the last one seen is taken is all the freshness there is.
        await WriteAsync(KeptPath(source), file, cancellationToken).ConfigureAwait(false);
        await WriteAsync(SeenPath(source), Encoding.ASCII.GetBytes(release.Date.ToString("o", CultureInfo.InvariantCulture)), cancellationToken).ConfigureAwait(false);
    }

    private async Task<(string, ArchiveIndex)?> OpenIndexAsync(
        ArchiveSource source, Release release, string component, string architecture, bool offline, CancellationToken cancellationToken)
    {
        var stem = $"{component}/binary-{architecture}/Packages";
        var extension = Decompression.Extensions.FirstOrDefault(e => release.Hashes.ContainsKey(stem + e));
        if (extension is null)
        {
            return null;
        }
        var (sha256, size) = release.Hashes[stem + extension];
        var kept = Path.Combine(paths.Cache, "packages/indexes", sha256);
        if (File.Exists(kept) && ArchiveIndex.Open(await File.ReadAllBytesAsync(kept, cancellationToken).ConfigureAwait(false)) is { } known)
        {
            return (sha256, known);
        }
        if (offline)
        {
            throw new BoltException(PackageErrors.Offline($"the package list of `{source}`"));
        }
        var folder = $"{source.Uri}/dists/{source.Suite}/{component}/binary-{architecture}";
        var url = release.ByHash ? $"{folder}/by-hash/SHA256/{sha256}" : $"{folder}/Packages{extension}";
        var path = await downloads.FetchAsync(url, sha256, size, cancellationToken).ConfigureAwait(false);
        byte[] index;
        try
        {
            index = Parse(path, extension, url);
        }
        catch (FileNotFoundException)
        {
            // Whoever asked for the same at the same time has parsed it, kept that, and deleted the download.
            return await OpenIndexAsync(source, release, component, architecture, offline, cancellationToken).ConfigureAwait(false);
        }
        await WriteAsync(kept, index, cancellationToken).ConfigureAwait(false);
        File.Delete(path);
        return (sha256, ArchiveIndex.Open(index)!);
    }

    private static byte[] Parse(string path, string extension, string url)
    {
        try
        {
            using var text = Decompression.Open(File.OpenRead(path), extension, MaxIndex)!;
            return IndexBuilder.Build(text);
        }
        catch (Exception e) when (Decompression.IsDamage(e))
        {
            throw new BoltException(PackageErrors.BadIndex(url, e.Message), e);
        }
    }

    private static async Task WriteAsync(string path, byte[] bytes, CancellationToken cancellationToken)
    {
        var beside = $"{path}.{Guid.NewGuid():n}";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllBytesAsync(beside, bytes, cancellationToken).ConfigureAwait(false);
            File.Move(beside, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            StoreFolders.Discard(beside);
            throw new BoltException(PackageErrors.NotWritten(path, e.Message), e);
        }
    }

    private string KeptPath(ArchiveSource source) => Path.Combine(paths.Cache, "packages/releases", Key(source));

    private string SeenPath(ArchiveSource source) => Path.Combine(paths.State, "archives", Key(source));

    private static string Key(ArchiveSource source) => Hash(Encoding.UTF8.GetBytes(source.ToString()));

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}

/// <summary>A suite whose indexes are at hand.</summary>
internal sealed record OpenSuite(ArchiveSource Source, LockedSuite Locked, IReadOnlyList<ArchiveIndex> Indexes);
