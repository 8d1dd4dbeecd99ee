using System.Text;

namespace Bolt.Kernel;

/// <summary>Reads files of another process's root, whose links lead nowhere but in that root.</summary>
internal static unsafe class RootFile
{
    /// <summary>Null when there is no such plain file, it is longer, or this user may not look into that root.</summary>
    public static byte[]? Read(int pid, string path, int most)
    {
        nint root, fd;
        fixed (byte* text = Encoding.UTF8.GetBytes($"/proc/{pid}/root\0"))
            root = Sys.Open(text, Sys.OPath | Sys.ODirectory | Sys.OCloseOnExec);
        if (root < 0)
            return null;
        using var folder = new Fd((int)root);
        // O_PATH opens nothing, no FIFO and no device either: it only finds out what is there.
        fixed (byte* text = Encoding.UTF8.GetBytes(path + "\0"))
            fd = Sys.OpenAt2(folder.Number, text, Sys.OPath | Sys.OCloseOnExec, 0, Sys.ResolveInRoot | Sys.ResolveNoMagicLinks);
        if (fd < 0)
            return null;
        using var found = new Fd((int)fd);
        return ((uint)Sys.ModeOf(found.Number) & Sys.TypeMask) == Sys.TypeFile
            && PlainFile.Read($"/proc/self/fd/{found.Number}", most, out var content) == Errno.None ? content : null;
    }
}
