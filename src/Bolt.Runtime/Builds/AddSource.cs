using System.Collections.Immutable;
using Bolt.Diagnostics;
using Bolt.Dockerfiles;
using Bolt.Packages;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>What ADD does that COPY does not: archives of the folder are unpacked, addresses are fetched.</summary>
internal sealed class AddSource(DockerBuilding building, DockerInstruction.Copy add, Func<DockerWord, string> expand)
{
    private const long MaxBytes = KeptSources.MaxBytes;

    public static bool IsUrl(string text) => text.StartsWith("http://", StringComparison.Ordinal) || text.StartsWith("https://", StringComparison.Ordinal);

    public async Task<IEnumerable<CopyPick>> FetchAsync(DockerWord word, string url, CancellationToken cancellationToken)
    {
        string path;
        try
        {
            path = await FetchAsync(url, CheckSum(), cancellationToken).ConfigureAwait(false);
        }
        catch (BoltException e) when (e.Diagnostic.Code == LockErrors.SourceChangedCode && CheckSum() is { } wanted)
        {
            throw new BoltException(DockerBuildErrors.WrongChecksum(word.At, url, wanted.ToString()) with { Cause = e.Diagnostic.Cause }, e);
        }
        catch (BoltException e) when (e.Diagnostic.At is null)
        {
            throw new BoltException(DockerBuildErrors.BadUrl(word.At, url, e.Diagnostic), e);
        }
        var name = Uri.UnescapeDataString(new Uri(url).AbsolutePath).Split('/').LastOrDefault(p => p is not ("" or "." or "..")) ?? "index.html";
        // Docker gives what was fetched to root alone.
        var node = new SourceNode(name, SourceKind.File, 0x180, 0, 0, "", new FileInfo(path).Length, () => File.OpenRead(path));
        return add.Flags.Unpack == true && Archive(word, node) is { } inner ? inner : [new CopyPick(name, node)];
    }

    // What the Dockerfile says wins over what the lock says.
    private async Task<string> FetchAsync(string url, Digest? checksum, CancellationToken cancellationToken)
    {
        var @lock = building.Lock;
        var known = @lock.PinsBuilds ? @lock.TryGetSource(url) : null;
        using var sources = new KeptSources(building.Tools.Paths);
        var pin = checksum ?? known;
        if (pin is null && @lock.PinsBuilds)
        {
            @lock.Resolves(url);
        }
        var path = pin is { } there ? sources.Find(there) : null;
        if (path is null && pin is { } kept && VendorFolder.Beside(@lock)?.Find(kept.Hex) is { } beside)
        {
            path = await sources.TakeAsync(beside, kept, cancellationToken).ConfigureAwait(false);
        }
        if (path is null)
        {
            if (building.Options.Offline)
            {
                throw new BoltException(PackageErrors.Offline($"`{url}`"));
            }
            building.Progress?.Report(new BuildEvent.Fetching(url, 0, 0));
            (path, pin) = pin is { } wanted ? (await sources.FetchAsync(url, wanted, cancellationToken).ConfigureAwait(false), wanted)
                : await sources.FetchAsync(url, building.Place.NewFile("fetched"), @lock.PinsBuilds, cancellationToken).ConfigureAwait(false);
        }
        if (@lock is { PinsBuilds: true, Locked: false } && known != pin)
        {
            @lock.SetSource(url, pin!.Value);
        }
        @lock.Took(url, pin!.Value);
        return path;
    }

    /// <summary>Archives among the chosen files become what is in them.</summary>
    public IEnumerable<CopyPick> Unpacked(DockerWord word, IEnumerable<CopyPick> chosen)
    {
        var named = PathPattern.Clean(expand(word));
        foreach (var pick in chosen)
        {
            // Only a file that is named itself, or by a pattern; one within a folder stays as it is.
            var itself = pick.Node.Kind == SourceKind.File && (pick.Node.Path == named || PathPattern.HasWildcard(named));
            if (itself && add.Flags.Unpack != false && Archive(word, pick.Node) is { } inner)
            {
                foreach (var entry in inner)
                {
                    yield return entry;
                }
                continue;
            }
            yield return pick;
        }
    }

    private ImmutableArray<CopyPick>? Archive(DockerWord word, SourceNode node)
    {
        var head = new byte[512];
        using (var stream = node.Open!())
        {
            head = head[..stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        }
        var packed = head.AsSpan() switch
        {
            [0x1f, 0x8b, ..] => ".gz",
            [0x28, 0xb5, 0x2f, 0xfd, ..] => ".zst",
            [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, ..] => ".xz",
            [(byte)'B', (byte)'Z', (byte)'h', ..] => ".bz2",
            _ => head.Length > 262 && head.AsSpan(257, 5).SequenceEqual("ustar"u8) ? "" : null,
        };
        if (packed is null)
        {
            return null;
        }
        var plain = building.Place.NewFile("archive");
        try
        {
            using (var source = node.Open())
            using (var tar = new FileStream(plain, FileMode.Open, FileAccess.Write, FileShare.Read))
            using (var unpacked = packed == ".bz2" ? new BoundedStream(SharpCompress.Compressors.BZip2.BZip2Stream.Create(source, SharpCompress.Compressors.CompressionMode.Decompress, true), MaxBytes) : Decompression.Open(source, packed, MaxBytes)!)
            using (var guard = new TarGuard(unpacked, MaxBytes))
            {
                guard.CopyTo(tar);
            }
            return [.. PackedFiles.Read(plain).Files.All.Select(n => new CopyPick(n.Path, n))];
        }
        catch (Exception e) when (Decompression.IsDamage(e) || e is BoltException or IOException)
        {
            // A compressed file that holds no archive is copied as it is, as Docker does.
            return packed.Length > 0 && (Decompression.IsDamage(e) || e is BoltException) ? null
                : throw new BoltException(DockerBuildErrors.BadArchive(word.At, node.Path, e.Message), e);
        }
    }

    private Digest? CheckSum() => add.Flags.Checksum is not { } checksum ? null
        : Digest.Parse(expand(checksum)) ?? throw new BoltException(DockerBuildErrors.BadChecksum(checksum.At, expand(checksum)));
}
