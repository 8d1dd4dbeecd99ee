using System.Formats.Tar;

namespace Bolt.Builds;

/// <summary>A layer of files that were chosen: in the order of their names, without clock, so that equal files are equal layers.</summary>
internal static class LayerTar
{
    /// <summary>Never 0: some programs take that for "no time"; 1980 is also the first that zip knows.</summary>
    public static readonly long FixedTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds();

    /// <param name="nodes">By the path that they have in the image.</param>
    /// <param name="latest">No entry is newer; entries whose time says nothing have this time. Null: 1980.</param>
    public static void Write(Stream target, IEnumerable<SourceNode> nodes, long? latest, CancellationToken cancellationToken)
    {
        // GNU headers: the pax ones of System.Formats.Tar carry the process id.
        using var writer = new TarWriter(target, TarEntryFormat.Gnu, leaveOpen: true);
        foreach (var node in nodes.OrderBy(n => n.Path, StringComparer.Ordinal))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var type = node.Kind switch
            {
                SourceKind.Folder => TarEntryType.Directory,
                SourceKind.Link => TarEntryType.SymbolicLink,
                _ => TarEntryType.RegularFile,
            };
            var time = Math.Min(node.Time ?? latest ?? FixedTime, latest ?? long.MaxValue);
            var entry = new GnuTarEntry(type, node.Kind == SourceKind.Folder ? node.Path + "/" : node.Path)
            {
                Mode = (UnixFileMode)node.Mode,
                Uid = (int)node.Uid,
                Gid = (int)node.Gid,
                ModificationTime = DateTimeOffset.FromUnixTimeSeconds(Math.Max(0, time)),
            };
            if (node.Kind == SourceKind.Link)
            {
                entry.LinkName = node.Link;
            }
            using var data = node.Kind == SourceKind.File ? node.Open!() : null;
            if (data is not null)
            {
                // The writer asks a stream for its length.
                entry.DataStream = data.CanSeek ? data : new SizedStream(data, node.Size);
            }
            writer.WriteEntry(entry);
        }
    }

    private sealed class SizedStream(Stream inner, long size) : Stream
    {
        private long at;

        public override bool CanRead => true;
        public override bool CanSeek => true;
        public override bool CanWrite => false;
        public override long Length => size;
        public override long Position { get => at; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var count = inner.Read(buffer[..(int)Math.Min(buffer.Length, size - at)]);
            at += count;
            return count == 0 && at < size && !buffer.IsEmpty ? throw new EndOfStreamException() : count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
