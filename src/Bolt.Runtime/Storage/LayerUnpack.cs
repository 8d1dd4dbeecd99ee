using System.Formats.Tar;
using Bolt.Diagnostics;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Storage;

/// <summary>
/// One layer's archive becoming a tree (image-spec layer.md). All is made as the current user; owners that are not his
/// are returned, to be set at the end, when nothing more is written.
/// </summary>
internal sealed class LayerUnpack
{
    private const int MaxEntries = 2_000_000;
    private const string WhiteoutPrefix = ".wh.", OpaqueMark = ".wh..wh..opq", AufsPrefix = ".wh..wh.";
    private const uint ModeMask = 0xFFF, FolderMode = 0b111_101_101;

    private readonly IdMap ids;
    private readonly TreePaths paths;
    private readonly byte[] buffer = new byte[1 << 17];
    private readonly Dictionary<string, OwnedEntry> owned = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (uint Mode, DateTime Time)> folders = new(StringComparer.Ordinal);
    private readonly HashSet<string> whiteouts = new(StringComparer.Ordinal);

    private IReadOnlyList<(string Name, byte[] Value)> attributes = [];

    private LayerUnpack(string root, IdMap ids)
    {
        this.ids = ids;
        paths = new TreePaths(root) { FolderMade = MissingFolder };
    }

    /// <summary>Unpacks into a folder that is empty and private; gives the owners to set, deepest paths first.</summary>
    public static IReadOnlyList<OwnedEntry> Run(Stream tar, string root, IdMap ids, CancellationToken cancellationToken)
    {
        var unpack = new LayerUnpack(root, ids);
        unpack.MissingFolder("");
        using (var reader = new TarReader(tar, leaveOpen: true))
        {
            var count = 0;
            while (Next(reader) is { } entry)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (++count > MaxEntries)
                {
                    throw new BoltException(StorageErrors.TooManyEntries(MaxEntries));
                }
                unpack.attributes = (tar as TarGuard)?.Attributes ?? [];
                unpack.Add(entry);
            }
        }
        return unpack.Finish();
    }

    /// <summary>The next entry; an archive that is none is a diagnostic.</summary>
    public static TarEntry? Next(TarReader reader)
    {
        try
        {
            return reader.GetNextEntry();
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or OverflowException or ArgumentException)
        {
            throw new BoltException(StorageErrors.BadArchive(e.Message), e);
        }
    }

    private void Add(TarEntry entry)
    {
        // Nothing in a rootless tree can be a device, and the launcher gives every capsule its own /dev.
        if (entry.EntryType is TarEntryType.GlobalExtendedAttributes or TarEntryType.CharacterDevice or TarEntryType.BlockDevice)
        {
            return;
        }
        try
        {
            var sparse = entry.EntryType == TarEntryType.RegularFile ? SparseMap.Of(entry) : null;
            var place = paths.Resolve(sparse?.Name ?? entry.Name);
            if (!Whiteout(place))
            {
                Make(entry, place, sparse);
            }
        }
        catch (Exception e) when (e is not (BoltException or InvalidDataException) && StorageErrors.IsFileSystem(e))
        {
            throw (e.HResult & 0xffff) == (int)Errno.ENOSPC ? StorageErrors.Wrap(paths.Absolute(""), e)
                : new BoltException(StorageErrors.NotUnpacked(entry.Name, e.Message), e);
        }
        catch (Exception e) when (e is InvalidDataException)
        {
            throw new BoltException(StorageErrors.BadArchive(e.Message), e);
        }
    }

    private void Make(TarEntry entry, string place, SparseMap? sparse)
    {
        var path = paths.Absolute(place);
        var hidesLower = whiteouts.Remove(place);
        if (entry.EntryType == TarEntryType.Directory)
        {
            MakeFolder(place, path);
            if (hidesLower)
            {
                Check(TreeNodes.Opaque(path), entry.Name);
            }
            SetAttributes(path, entry.Name);
            folders[place] = ((uint)entry.Mode & ModeMask, entry.ModificationTime.UtcDateTime);
            Own(entry, place);
            return;
        }
        if (place.Length == 0)
        {
            throw new BoltException(StorageErrors.EntryKind(entry.Name, $"{entry.EntryType} in the root's place"));
        }
        if (entry.EntryType == TarEntryType.HardLink)
        {
            HardLink(entry, place, path);
            return;
        }
        Clear(place, path);
        switch (entry.EntryType)
        {
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                WriteFile(entry, path, sparse);
                break;
            case TarEntryType.SymbolicLink:
                File.CreateSymbolicLink(path, entry.LinkName);
                break;
            case TarEntryType.Fifo:
                Check(TreeNodes.Fifo(path), entry.Name);
                File.SetUnixFileMode(path, entry.Mode);
                break;
            default:
                throw new BoltException(StorageErrors.EntryKind(entry.Name, entry.EntryType.ToString()));
        }
        Own(entry, place);
    }

    private void MakeFolder(string place, string path)
    {
        var kind = place.Length == 0 ? TreeKind.Folder : TreeFiles.KindOf(path);
        if (kind != TreeKind.Folder)
        {
            // A link to a folder is replaced too: the entry says that a folder stands here.
            Clear(place, path);
            Directory.CreateDirectory(path, TreeFiles.WhileUnpacking);
        }
        paths.Made(place);
    }

    private void WriteFile(TarEntry entry, string path, SparseMap? sparse)
    {
        // CreateNew is O_EXCL, which follows no link.
        using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        if (entry.DataStream is { } data)
        {
            WriteData(data, file, sparse);
        }
        // Before the mode: it may take away the right to.
        SetAttributes(path, entry.Name);
        File.SetUnixFileMode(file.SafeFileHandle, entry.Mode & (UnixFileMode)ModeMask);
        File.SetLastWriteTimeUtc(file.SafeFileHandle, entry.ModificationTime.UtcDateTime);
    }

    private void WriteData(Stream data, FileStream file, SparseMap? sparse)
    {
        foreach (var (offset, length) in sparse?.Pieces ?? [(0, long.MaxValue)])
        {
            file.Position = offset;
            int read;
            for (var left = length; left > 0 && (read = data.Read(buffer, 0, (int)Math.Min(left, buffer.Length))) > 0; left -= read)
            {
                file.Write(buffer, 0, read);
            }
        }
        if (sparse is not null)
        {
            file.SetLength(sparse.Size);
        }
    }

    // `user.overlay.*` would let a layer steer overlayfs; `security.*` and `trusted.*` are the host's business.
    private void SetAttributes(string path, string entry)
    {
        foreach (var (name, value) in attributes)
        {
            if (name.StartsWith("user.", StringComparison.Ordinal) && !name.StartsWith("user.overlay.", StringComparison.Ordinal)
                && TreeNodes.SetAttribute(path, name, value) is var errno && errno is not (Errno.None or Errno.EOPNOTSUPP))
            {
                Check(errno, entry);
            }
        }
    }

    private void HardLink(TarEntry entry, string place, string path)
    {
        var target = paths.Resolve(entry.LinkName);
        if (target == place)
        {
            return;
        }
        if (TreeFiles.KindOf(paths.Absolute(target)) is TreeKind.Absent or TreeKind.Folder || whiteouts.Contains(target))
        {
            throw new BoltException(StorageErrors.LinkTarget(entry.Name, entry.LinkName));
        }
        Clear(place, path);
        Check(TreeNodes.Link(paths.Absolute(target), path), entry.Name);
        // One file has one owner: whichever name is set last must say the same.
        if (owned.TryGetValue(target, out var same))
        {
            owned[place] = same with { Path = place };
        }
    }

    // Overlayfs's own marks are made at once, so that a layer's tree is a lower folder as it is.
    private bool Whiteout(string place)
    {
        var slash = place.LastIndexOf('/');
        var name = place[(slash + 1)..];
        if (!name.StartsWith(WhiteoutPrefix, StringComparison.Ordinal))
        {
            return false;
        }
        var parent = slash < 0 ? "" : place[..slash];
        if (name == OpaqueMark)
        {
            Check(TreeNodes.Opaque(paths.Absolute(parent)), place);
        }
        else if (!name.StartsWith(AufsPrefix, StringComparison.Ordinal))
        {
            Hide(parent, name[WhiteoutPrefix.Length..], place);
        }
        return true;
    }

    private void Hide(string parent, string name, string entry)
    {
        if (name is "" or "." or "..")
        {
            throw new BoltException(StorageErrors.EntryLeaves(entry));
        }
        var place = parent.Length == 0 ? name : parent + "/" + name;
        var path = paths.Absolute(place);
        switch (TreeFiles.KindOf(path))
        {
            case TreeKind.Absent:
                Check(TreeNodes.Whiteout(path), entry);
                whiteouts.Add(place);
                break;
            case TreeKind.Folder:
                // What this layer has itself stays; only what lies below is hidden.
                Check(TreeNodes.Opaque(path), entry);
                break;
        }
    }

    private void Clear(string place, string path)
    {
        var kind = TreeFiles.KindOf(path);
        if (kind == TreeKind.Absent)
        {
            return;
        }
        TreeFiles.Remove(path, kind);
        paths.Gone(place);
        owned.Remove(place);
        if (kind == TreeKind.Folder)
        {
            var below = place + "/";
            folders.Remove(place);
            foreach (var gone in folders.Keys.Concat(owned.Keys).Where(k => k.StartsWith(below, StringComparison.Ordinal)).ToArray())
            {
                folders.Remove(gone);
                owned.Remove(gone);
            }
        }
    }

    private void MissingFolder(string place)
    {
        folders[place] = (FolderMode, DateTime.UnixEpoch);
        Own(place, 0, 0, FolderMode, place);
    }

    private void Own(TarEntry entry, string place) => Own(place, entry.Uid, entry.Gid, (uint)entry.Mode & ModeMask, entry.Name);

    private void Own(string place, int uid, int gid, uint mode, string entry)
    {
        if (!ids.Single && ((uint)uid > ids.Count || (uint)gid > ids.Count))
        {
            throw new BoltException(StorageErrors.OwnerNotMapped(entry, (uint)uid > ids.Count ? uid : gid, ids.Count));
        }
        // An ordinary user is id 0 inside: those entries are right as they were made.
        var already = ids.Single || (ids.HostUid == Sys.EffectiveUid() && uid == 0 && gid == 0);
        if (already)
        {
            owned.Remove(place);
        }
        else
        {
            owned[place] = new OwnedEntry(place, (uint)uid, (uint)gid, mode);
        }
    }

    // Deepest first: a folder's mode may shut its maker out of what is below it. Times before owners, while they are ours.
    private OwnedEntry[] Finish()
    {
        foreach (var (place, (mode, time)) in folders.OrderByDescending(f => f.Key, StringComparer.Ordinal))
        {
            var path = paths.Absolute(place);
            File.SetLastWriteTimeUtc(path, time);
            if (!owned.ContainsKey(place))
            {
                File.SetUnixFileMode(path, (UnixFileMode)mode);
            }
        }
        return [.. owned.Values.OrderByDescending(e => e.Path, StringComparer.Ordinal)];
    }

    private static void Check(Errno errno, string entry)
    {
        if (errno != Errno.None)
        {
            throw new BoltException(StorageErrors.NotUnpacked(entry, errno.Text()));
        }
    }
}
