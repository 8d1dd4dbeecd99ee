using System.Collections.Immutable;
using System.Formats.Tar;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Bolt.Storage;

namespace Bolt.Images;

/// <summary>One thing in which two images differ.</summary>
/// <param name="Layer">Counted from 1, lowest first; 0: the config.</param>
/// <param name="Step">What made the layer; empty: its maker does not say.</param>
/// <param name="Path">The file, from "/"; in the config the member: "config.Env[0]".</param>
/// <param name="Field">"content at byte 17", "time", "mode", "owner", "kind", "link", "attributes", "place in the archive", "value", or "is missing in the first", "is missing in the second".</param>
/// <param name="First">As the first image has it; empty where it has nothing to show.</param>
/// <param name="Second">As the second has it.</param>
public sealed record ImageDifference(int Layer, string Step, string Path, string Field, string First, string Second);

/// <summary>Says exactly in what two images differ: layer, file, field.</summary>
internal sealed class ImageComparison(ContentStore content, ImageStore store)
{
    /// <summary>Of a content, around the first byte that differs.</summary>
    private const int Shown = 48;

    public ImmutableArray<ImageDifference> Between(LocalImage first, LocalImage second)
    {
        var found = ImmutableArray.CreateBuilder<ImageDifference>();
        var steps = OciConfig.Read(store.ReadDocument(first.Id)).History.Where(h => !h.EmptyLayer).Select(h => h.CreatedBy ?? "").ToArray();
        for (var i = 0; i < Math.Max(first.Layers.Length, second.Layers.Length); i++)
        {
            var (one, other) = (first.Layers.ElementAtOrDefault(i), second.Layers.ElementAtOrDefault(i));
            if (one is null || other is null)
            {
                found.Add(new ImageDifference(i + 1, steps.ElementAtOrDefault(i) ?? "", "/", one is null ? "is missing in the first" : "is missing in the second", "", ""));
            }
            else if (one.DiffId != other.DiffId)
            {
                found.AddRange(Layers(i + 1, steps.ElementAtOrDefault(i) ?? "", one, other));
            }
        }
        // The digests of layers that differ have been explained by now.
        found.AddRange(Documents(store.ReadDocument(first.Id), store.ReadDocument(second.Id)).Where(d => !d.Path.StartsWith("rootfs.", StringComparison.Ordinal)));
        return found.ToImmutable();
    }

    private List<ImageDifference> Layers(int number, string step, ImageLayer first, ImageLayer second)
    {
        var (one, other) = (Entries(first), Entries(second));
        var found = new List<ImageDifference>();
        foreach (var path in one.Keys.Union(other.Keys).Order(StringComparer.Ordinal))
        {
            void Add(string field, string a, string b) => found.Add(new ImageDifference(number, step, "/" + path, field, a, b));
            if (!one.TryGetValue(path, out var a) || !other.TryGetValue(path, out var b))
            {
                Add(one.ContainsKey(path) ? "is missing in the second" : "is missing in the first", "", "");
                continue;
            }
            foreach (var (field, x, y) in a.Facts.Zip(b.Facts, (f, s) => (f.Field, f.Value, s.Value)).Where(f => f.Item2 != f.Item3))
            {
                Add(field, x, y);
            }
            if (a.Content != b.Content)
            {
                var (at, x, y) = Contents(first, second, path);
                Add(string.Create(CultureInfo.InvariantCulture, $"content at byte {at}"), x, y);
            }
        }
        if (found.Count == 0)
        {
            var moved = one.Where(e => other[e.Key].Place != e.Value.Place).Select(e => e.Key).FirstOrDefault();
            found.Add(new ImageDifference(number, step, "/" + moved, moved is null ? "bytes of the archive" : "place in the archive", moved is null ? "" : $"{one[moved].Place}", moved is null ? "" : $"{other[moved].Place}"));
        }
        return found;
    }

    private Dictionary<string, Entry> Entries(ImageLayer layer)
    {
        var entries = new Dictionary<string, Entry>(StringComparer.Ordinal);
        using var guard = Open(layer);
        using var reader = new TarReader(guard);
        while (reader.GetNextEntry() is { } entry)
        {
            entries[Name(entry)] = new Entry(
                entries.Count,
                [
                    ("kind", entry.EntryType.ToString()), ("mode", Convert.ToString((int)entry.Mode, 8)), ("owner", string.Create(CultureInfo.InvariantCulture, $"{entry.Uid}:{entry.Gid}")),
                    ("time", entry.ModificationTime.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture)), ("link", entry.LinkName),
                    ("attributes", string.Join(", ", guard.Attributes.Select(a => $"{a.Name}={Convert.ToHexStringLower(a.Value)}"))),
                ],
                entry.DataStream is null ? "" : Convert.ToHexStringLower(SHA256.HashData(entry.DataStream)));
        }
        return entries;
    }

    // Where the first of the bytes is that differ, and what stands around it.
    private (long At, string First, string Second) Contents(ImageLayer first, ImageLayer second, string path)
    {
        using var one = Content(first, path);
        using var other = Content(second, path);
        byte[] a = new byte[1 << 16], b = new byte[1 << 16];
        for (long at = 0; ; at += a.Length)
        {
            var (x, y) = (one.ReadAtLeast(a, a.Length, throwOnEndOfStream: false), other.ReadAtLeast(b, b.Length, throwOnEndOfStream: false));
            var equal = a.AsSpan(0, x).CommonPrefixLength(b.AsSpan(0, y));
            if (equal < Math.Max(x, y) || x < a.Length)
            {
                return (at + equal, Text(a.AsSpan(0, x), equal), Text(b.AsSpan(0, y), equal));
            }
        }
    }

    private Stream Content(ImageLayer layer, string path)
    {
        var reader = new TarReader(Open(layer));
        while (reader.GetNextEntry() is { } entry)
        {
            if (Name(entry) == path)
            {
                return entry.DataStream ?? Stream.Null;
            }
        }
        return Stream.Null;
    }

    private TarGuard Open(ImageLayer layer) => new(LayerStream.Decompress(content.OpenRead(layer.Blob)), ContentStore.MaxBlob);

    private static string Name(TarEntry entry) => entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..].TrimEnd('/') : entry.Name.TrimEnd('/');

    // From the start of the line, where that is near.
    private static string Text(ReadOnlySpan<byte> bytes, int at)
    {
        var start = Math.Max(0, at - (Shown / 2));
        var line = bytes[start..at].LastIndexOf((byte)'\n');
        start += line + 1;
        var shown = bytes.Slice(start, Math.Min(Shown, bytes.Length - start));
        var end = shown[(at - start)..].IndexOf((byte)'\n') is var next and > 0 ? at - start + next : shown.Length;
        return string.Concat(shown[..end].ToArray().Select(b => b is >= 0x20 and < 0x7F ? ((char)b).ToString() : $"\\x{b:x2}"));
    }

    private static IEnumerable<ImageDifference> Documents(byte[] first, byte[] second)
    {
        using var one = JsonDocument.Parse(first);
        using var other = JsonDocument.Parse(second);
        var (a, b) = (Members(one.RootElement, "").ToDictionary(), Members(other.RootElement, "").ToDictionary());
        return [.. a.Keys.Union(b.Keys).Order(StringComparer.Ordinal).Where(p => a.GetValueOrDefault(p) != b.GetValueOrDefault(p))
            .Select(p => new ImageDifference(0, "", p, "value", a.GetValueOrDefault(p, ""), b.GetValueOrDefault(p, "")))];
    }

    private static IEnumerable<KeyValuePair<string, string>> Members(JsonElement element, string path) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(m => Members(m.Value, path.Length == 0 ? m.Name : $"{path}.{m.Name}")),
        JsonValueKind.Array => element.EnumerateArray().SelectMany((e, i) => Members(e, string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"))),
        _ => [new(path, element.ToString())],
    };

    /// <param name="Place">In the archive.</param>
    /// <param name="Content">SHA-256 of it.</param>
    private sealed record Entry(int Place, ImmutableArray<(string Field, string Value)> Facts, string Content);
}
