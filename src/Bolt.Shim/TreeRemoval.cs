using System.Text;
using Bolt.Kernel;

namespace Bolt.Shim;

/// <summary>
/// Deletes a tree without following a link and with one open folder at a time, so that no depth exhausts the descriptors:
/// it goes down by name and up by "..", and checks that up leads to where it came from.
/// </summary>
internal static unsafe class TreeRemoval
{
    private const uint AllOfOwner = 0b111_000_000;

    private sealed record Level((ulong, ulong) Identity, byte[] Name, Stack<byte[]> Left);

    /// <summary>A path that is not there is no error.</summary>
    public static Errno Delete(string path)
    {
        var trimmed = path.TrimEnd('/');
        var slash = trimmed.LastIndexOf('/');
        if (slash < 0 || trimmed.Length == slash + 1)
            return Errno.EINVAL;
        nint parent;
        fixed (byte* text = Encoding.UTF8.GetBytes((slash == 0 ? "/" : trimmed[..slash]) + "\0"))
            parent = Sys.Open(text, Sys.OPath | Sys.ODirectory | Sys.OCloseOnExec);
        if (parent.Error() == Errno.ENOENT)
            return Errno.None;
        if (parent < 0)
            return parent.Error();
        var error = DeleteAt((int)parent, Encoding.UTF8.GetBytes(trimmed[(slash + 1)..] + "\0"));
        _ = Sys.Close((int)parent);
        return error;
    }

    private static Errno DeleteAt(int parent, byte[] name)
    {
        if (Unlink(parent, name) is var first and not Errno.ENOTEMPTY)
            return first == Errno.ENOENT ? Errno.None : first;
        var error = Descend(parent, name, out var folder, out var level);
        if (error != Errno.None)
            return error;
        var levels = new Stack<Level>();
        levels.Push(level!);
        while (levels.Count > 0 && error == Errno.None)
            error = Step(levels, ref folder);
        if (folder >= 0)
            _ = Sys.Close(folder);
        return error == Errno.None ? Unlink(parent, name) : error;
    }

    private static Errno Step(Stack<Level> levels, ref int folder)
    {
        var level = levels.Peek();
        if (level.Left.TryPop(out var name))
        {
            var error = Unlink(folder, name);
            if (error is Errno.None or Errno.ENOENT)
                return Errno.None;
            if (error != Errno.ENOTEMPTY)
                return error;
            error = Descend(folder, name, out var inner, out var next);
            if (error != Errno.None)
                return error;
            _ = Sys.Close(folder);
            folder = inner;
            levels.Push(next!);
            return Errno.None;
        }
        levels.Pop();
        return levels.Count == 0 ? Errno.None : Ascend(levels.Peek(), level.Name, ref folder);
    }

    private static Errno Ascend(Level level, byte[] emptied, ref int folder)
    {
        nint up;
        fixed (byte* dots = "..\0"u8)
            up = Sys.OpenAt(folder, dots, Sys.OReadOnly | Sys.ODirectory | Sys.OCloseOnExec);
        _ = Sys.Close(folder);
        folder = (int)up;
        if (up < 0)
            return up.Error();
        // Someone has moved the folder away while we were in it.
        return Sys.Identity(folder) == level.Identity ? Unlink(folder, emptied) : Errno.ESTALE;
    }

    private static Errno Descend(int parent, byte[] name, out int folder, out Level? level)
    {
        level = null;
        const int flags = Sys.OReadOnly | Sys.ODirectory | Sys.ONoFollow | Sys.OCloseOnExec;
        fixed (byte* text = name)
        {
            var opened = Sys.OpenAt(parent, text, flags);
            if (opened.Error() == Errno.EACCES && Sys.ChangeModeAt(parent, text, AllOfOwner) == 0)
                opened = Sys.OpenAt(parent, text, flags);
            folder = (int)opened;
            if (opened < 0)
                return opened.Error();
        }
        // Its entries can be removed only if it is ours to write and search; as root of the map it always is.
        if (Sys.ModeOf(folder) is >= 0 and var mode && ((uint)mode & AllOfOwner) != AllOfOwner)
            _ = Sys.ChangeMode(folder, ((uint)mode & 0xFFF) | AllOfOwner);
        var names = FolderReader.Names(folder, out var error);
        level = new Level(Sys.Identity(folder), name, new Stack<byte[]>(names));
        if (error == Errno.None)
            return Errno.None;
        _ = Sys.Close(folder);
        folder = -1;
        return error;
    }

    private static Errno Unlink(int folder, byte[] name)
    {
        fixed (byte* text = name)
        {
            var result = Sys.Unlink(folder, text);
            // Landlock asks for the right to remove files before anyone asks whether it is one.
            if (result.Error() is Errno.EISDIR or Errno.EPERM or Errno.EACCES && Sys.RemoveFolderAt(folder, text) is var removed && removed.Error() != Errno.ENOTDIR)
                result = removed;
            return result.Error() == Errno.EEXIST ? Errno.ENOTEMPTY : result.Error();
        }
    }
}
