using Bolt.Kernel;

namespace Bolt.Shim;

/// <summary>A name in a merged folder: its own status, the folder that has it, and, of a folder, what it is merged from.</summary>
internal readonly record struct MergedEntry(int Parent, FileStatus Status, MergedFolder? Folder);

/// <summary>
/// One folder of several layers, the topmost first, as overlayfs with userxattr shows it: deleted names are character devices
/// 0:0, and an opaque folder hides those below it.
/// </summary>
internal sealed unsafe class MergedFolder(List<int> folders) : IDisposable
{
    public const int OpenFolder = Sys.OReadOnly | Sys.ODirectory | Sys.ONoFollow | Sys.OCloseOnExec;

    public FileStatus Status { get; } = StatusOf(folders[0]);

    /// <summary>The topmost folder alone.</summary>
    public int Top => folders[0];

    /// <summary>All names, deleted ones too, each once with its NUL, in the order of their bytes. To be asked once.</summary>
    public List<byte[]> Names(out Errno error)
    {
        error = Errno.None;
        var all = new SortedSet<byte[]>(Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b)));
        foreach (var folder in folders)
        {
            all.UnionWith(FolderReader.Names(folder, out var failed));
            error = error == Errno.None ? failed : error;
        }
        return [.. all];
    }

    /// <summary>Null: no such name is to be seen.</summary>
    public MergedEntry? Find(ReadOnlySpan<byte> name)
    {
        List<int>? below = null;
        FileStatus first = default;
        fixed (byte* text = name)
        {
            foreach (var folder in folders)
            {
                FileStatus status;
                if (Sys.Status(folder, text, Sys.AtSymlinkNoFollow, &status) < 0)
                    continue;
                if ((status.Mode & Sys.TypeMask) != Sys.TypeFolder)
                {
                    if (below is not null || IsWhiteout(status))
                        break;
                    return new MergedEntry(folder, status, null);
                }
                var opened = Sys.OpenAt(folder, text, OpenFolder);
                if (opened < 0)
                    break;
                if (below is null)
                    first = status;
                (below ??= []).Add((int)opened);
                if (IsOpaque((int)opened))
                    break;
            }
        }
        return below is null ? null : new MergedEntry(folders[0], first, new MergedFolder(below));
    }

    public void Dispose()
    {
        foreach (var folder in folders)
            _ = Sys.Close(folder);
    }

    public static bool IsWhiteout(in FileStatus status) => (status.Mode & Sys.TypeMask) == Sys.TypeDevice && status.SpecialDevice == 0;

    public static bool IsOpaque(int folder)
    {
        byte value = 0;
        fixed (byte* name = "user.overlay.opaque\0"u8)
            return Sys.GetAttribute(folder, name, &value, 1) == 1 && value == (byte)'y';
    }

    private static FileStatus StatusOf(int folder)
    {
        FileStatus status;
        byte empty = 0;
        _ = Sys.Status(folder, &empty, Sys.AtEmptyPath, &status);
        return status;
    }
}
