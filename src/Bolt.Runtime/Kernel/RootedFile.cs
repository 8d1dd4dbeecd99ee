using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Bolt.Kernel;

/// <summary>Opens files below a folder that others may be writing to: no link on the way is followed.</summary>
internal static unsafe class RootedFile
{
    /// <summary>Null with the reason.</summary>
    public static SafeFileHandle? Open(string root, string path, out Errno errno)
    {
        nint folder, file;
        fixed (byte* text = Encoding.UTF8.GetBytes(root + "\0"))
            folder = Sys.Open(text, Sys.OPath | Sys.ODirectory | Sys.OCloseOnExec);
        if (folder < 0)
        {
            errno = folder.Error();
            return null;
        }
        // Not blocking: a file may have become a FIFO since it was looked at.
        fixed (byte* text = Encoding.UTF8.GetBytes(path + "\0"))
            file = Sys.OpenAt2((int)folder, text, Sys.OReadOnly | Sys.ONonBlock | Sys.OCloseOnExec, 0, Sys.ResolveBeneath | Sys.ResolveNoSymlinks);
        _ = Sys.Close((int)folder);
        errno = file.Error();
        return file < 0 ? null : new SafeFileHandle(file, ownsHandle: true);
    }

    /// <summary>A regular file, no socket, FIFO or device.</summary>
    public static bool IsPlain(string path)
    {
        FileStatus status;
        fixed (byte* text = Encoding.UTF8.GetBytes(path + "\0"))
            return Sys.Status(Sys.AtFdCwd, text, Sys.AtSymlinkNoFollow, &status) >= 0 && (status.Mode & Sys.TypeMask) == Sys.TypeFile;
    }
}
