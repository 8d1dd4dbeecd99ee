using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Bolt.Kernel;

/// <summary>Reads files that others named: an open never waits for a FIFO's writer or wakes a device, and a read is bounded.</summary>
internal static unsafe class PlainFile
{
    /// <summary>EISDIR: a folder; ESPIPE: neither file nor folder; EFBIG: more than <paramref name="most"/> bytes.</summary>
    public static Errno Read(string path, int most, out byte[] content)
    {
        content = [];
        if (path.Contains('\0')) return Errno.EINVAL;
        // The numbers of system calls are x86-64's; elsewhere Boltfiles are still checked.
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64) return Bounded(path, most, out content);
        nint fd;
        // O_PATH opens nothing: it only finds out what is there.
        fixed (byte* text = Encoding.UTF8.GetBytes(path + "\0")) fd = Sys.Open(text, Sys.OPath | Sys.OCloseOnExec);
        if (fd < 0) return fd.Error();
        using var found = new Fd((int)fd);
        return ((uint)Sys.ModeOf(found.Number) & Sys.TypeMask) switch
        {
            Sys.TypeFile => Bounded($"/proc/self/fd/{found.Number}", most, out content),
            Sys.TypeFolder => Errno.EISDIR,
            _ => Errno.ESPIPE,
        };
    }

    private static Errno Bounded(string path, int most, out byte[] content)
    {
        content = [];
        try
        {
            using SafeFileHandle file = File.OpenHandle(path);
            if (RandomAccess.GetLength(file) > most) return Errno.EFBIG;
            var bytes = new byte[RandomAccess.GetLength(file) + 1];
            var length = 0;
            // Files of /proc say that they have no length.
            while (RandomAccess.Read(file, bytes.AsSpan(length), length) is > 0 and var got)
            {
                length += got;
                if (length > most) return Errno.EFBIG;
                if (length == bytes.Length) Array.Resize(ref bytes, Math.Min(bytes.Length * 2, most + 1));
            }
            content = bytes[..length];
            return Errno.None;
        }
        catch (UnauthorizedAccessException)
        {
            return Errno.EACCES;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Errno.ENOENT;
        }
        catch (IOException)
        {
            return Errno.EIO;
        }
    }
}
