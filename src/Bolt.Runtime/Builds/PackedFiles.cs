using System.Collections.Immutable;
using System.Formats.Tar;
using Bolt.Launch;

namespace Bolt.Builds;

/// <summary>What bolt-shim packed of merged layers (<see cref="FileOperation.Pack"/>), or an archive: entries whose content stays in the file.</summary>
/// <param name="Place">Where the asked path led, links followed; without a slash in front.</param>
/// <param name="Missing">What of the path does not exist; empty: all does.</param>
/// <param name="Files">By path.</param>
internal sealed record PackedFiles(string Place, string Missing, SourceFiles Files)
{
    private const int MaxEntries = 2_000_000;

    /// <param name="file">A plain tar that outlives what is made of it.</param>
    public static PackedFiles Read(string file)
    {
        var nodes = ImmutableSortedDictionary.CreateBuilder<string, SourceNode>(StringComparer.Ordinal);
        var (place, missing) = ("", "");
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 16);
        using var reader = new TarReader(stream);
        for (var first = true; reader.GetNextEntry() is { } entry; first = false)
        {
            if (first && entry is { EntryType: TarEntryType.SymbolicLink, Name: FileOperation.FoundName })
            {
                var found = entry.LinkName.Split('\n', 2);
                (place, missing) = (found[0].Trim('/'), found.ElementAtOrDefault(1) ?? "");
                continue;
            }
            if (nodes.Count > MaxEntries)
            {
                throw new InvalidDataException("it has more than two million entries");
            }
            Add(file, entry, nodes);
        }
        return new PackedFiles(place, missing, new SourceFiles(nodes.ToImmutable()));
    }

    private static void Add(string file, TarEntry entry, ImmutableSortedDictionary<string, SourceNode>.Builder nodes)
    {
        var name = entry.Name.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(p => p != ".").ToArray();
        if (name.Contains(".."))
        {
            throw new InvalidDataException($"`{entry.Name}` leads out of it");
        }
        var path = string.Join('/', name);
        if (path.Length == 0)
        {
            return;
        }
        var time = entry.ModificationTime.ToUnixTimeSeconds();
        var node = new SourceNode(path, SourceKind.Folder, (uint)entry.Mode & 0xFFF, (uint)entry.Uid, (uint)entry.Gid, "", 0, null) { Time = time };
        switch (entry.EntryType)
        {
            case TarEntryType.Directory:
                nodes[path] = node;
                break;
            case TarEntryType.SymbolicLink:
                nodes[path] = node with { Kind = SourceKind.Link, Link = entry.LinkName };
                break;
            case TarEntryType.HardLink when nodes.TryGetValue(string.Join('/', entry.LinkName.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(p => p != ".")), out var same):
                nodes[path] = same with { Path = path };
                break;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                var (offset, length) = (entry.DataOffset, entry.Length);
                nodes[path] = node with { Kind = SourceKind.File, Size = length, Open = () => new FilePart(file, offset, length) };
                break;
        }
    }

    /// <summary>A part of a file.</summary>
    private sealed class FilePart(string path, long offset, long length) : Packages.ReadStream
    {
        private readonly FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        private long at;

        public override int Read(Span<byte> target)
        {
            var count = RandomAccess.Read(file.SafeFileHandle, target[..(int)Math.Min(target.Length, length - at)], offset + at);
            at += count;
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            file.Dispose();
            base.Dispose(disposing);
        }
    }
}
