using System.Collections.Immutable;
using System.Formats.Tar;
using System.Security.Cryptography;
using Bolt.Diagnostics;
using Bolt.Images;
using Bolt.Storage;

namespace Bolt.Evidence;

/// <summary>A file of an image's root.</summary>
/// <param name="Path">Without a slash in front.</param>
/// <param name="Layer">From 0, lowest first.</param>
internal sealed record InventoryFile(string Path, int Layer, string Sha1, string Sha256);

/// <summary>The files that an image's root has, and the texts among them that name packages.</summary>
/// <param name="Files">By path.</param>
/// <param name="Texts">By path.</param>
internal sealed record ImageInventory(ImmutableArray<InventoryFile> Files, ImmutableSortedDictionary<string, byte[]> Texts)
{
    private const int MaxText = 16 << 20, MaxTexts = 256 << 20, MaxEntries = 2_000_000, MaxPath = 4096;
    private const string Whiteout = ".wh.", Opaque = ".wh..wh..opq";

    public static ImageInventory Of(LocalImage image, ContentStore content, CancellationToken cancellationToken)
    {
        var files = new SortedDictionary<string, InventoryFile>(StringComparer.Ordinal);
        var texts = ImmutableSortedDictionary.CreateBuilder<string, byte[]>(StringComparer.Ordinal);
        var (entries, textBytes) = (0, 0L);
        // From the top down: what a path is there, or is not any more, holds for all below.
        var (seen, shut) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        for (var number = image.Layers.Length - 1; number >= 0; number--)
        {
            var (own, closing, links) = (new Dictionary<string, InventoryFile>(StringComparer.Ordinal), new List<string>(), new List<(string Path, string Target)>());
            using var guard = new TarGuard(LayerStream.Decompress(content.OpenRead(image.Layers[number].Blob)), ContentStore.MaxBlob);
            using var reader = new TarReader(guard);
            while (LayerUnpack.Next(reader) is { } entry)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (++entries > MaxEntries || entry.Name.Length > MaxPath)
                {
                    throw new BoltException(StorageErrors.BadArchive(entry.Name.Length > MaxPath ? "a path in it is too long" : "it has too many entries"));
                }
                var path = Clean(entry.Name);
                var name = path[(path.LastIndexOf('/') + 1)..];
                if (name.StartsWith(Whiteout, StringComparison.Ordinal))
                {
                    closing.Add(name == Opaque ? path[..^name.Length] : path[..^name.Length] + name[Whiteout.Length..]);
                    continue;
                }
                switch (entry.EntryType)
                {
                    case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                        var keep = IsText(path) && entry.Length <= MaxText && (textBytes += entry.Length) <= MaxTexts && !IsHidden(path, seen, shut);
                        own[path] = Hash(path, number, entry.DataStream, keep ? bytes => texts[path] = bytes : null);
                        break;
                    case TarEntryType.HardLink:
                        links.Add((path, Clean(entry.LinkName)));
                        break;
                    case TarEntryType.SymbolicLink:
                        own.Remove(path);
                        closing.Add(path);
                        break;
                }
            }
            foreach (var (path, target) in links.Where(l => own.ContainsKey(l.Target)))
            {
                own[path] = own[target] with { Path = path };
            }
            foreach (var file in own.Values.Where(f => !IsHidden(f.Path, seen, shut)))
            {
                files[file.Path] = file;
            }
            seen.UnionWith(own.Keys);
            shut.UnionWith(closing);
        }
        return new ImageInventory([.. files.Values], texts.ToImmutable());
    }

    // dpkg's and apk's lists, what a .NET program says of itself, and whose system it is.
    private static bool IsText(string path) =>
        path is "var/lib/dpkg/status" or "lib/apk/db/installed" or "usr/lib/apk/db/installed" or "etc/os-release" or "usr/lib/os-release"
        || (path.StartsWith("var/lib/dpkg/status.d/", StringComparison.Ordinal) && !path.EndsWith(".md5sums", StringComparison.Ordinal))
        || path.EndsWith(".deps.json", StringComparison.Ordinal);

    private static InventoryFile Hash(string path, int layer, Stream? data, Action<byte[]>? keep)
    {
        using var sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var text = keep is null ? null : new MemoryStream();
        var buffer = new byte[1 << 16];
        while (data?.Read(buffer) is > 0 and var count)
        {
            sha1.AppendData(buffer, 0, count);
            sha256.AppendData(buffer, 0, count);
            text?.Write(buffer, 0, count);
        }
        keep?.Invoke(text!.ToArray());
        return new InventoryFile(path, layer, Convert.ToHexStringLower(sha1.GetHashAndReset()), Convert.ToHexStringLower(sha256.GetHashAndReset()));
    }

    private static bool IsHidden(string path, HashSet<string> seen, HashSet<string> shut)
    {
        if (seen.Contains(path) || shut.Contains(path) || shut.Contains(""))
        {
            return true;
        }
        for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
        {
            // A file in a folder's place hides it as a whiteout does; an opaque mark has the slash.
            if (seen.Contains(path[..slash]) || shut.Contains(path[..slash]) || shut.Contains(path[..(slash + 1)]))
            {
                return true;
            }
        }
        return false;
    }

    private static string Clean(string name) => string.Join('/', name.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(p => p is not "."));
}
