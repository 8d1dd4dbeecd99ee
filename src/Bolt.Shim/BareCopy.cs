using Bolt.Kernel;

namespace Bolt.Shim;

/// <summary>Copies a folder's content into another, in a forked child: on the stack alone. Devices and sockets are left out.</summary>
internal static unsafe class BareCopy
{
    private const int MaxDepth = 64, BlockSize = 16 << 10;

    public static nint Folder(int from, int to, int depth)
    {
        if (depth > MaxDepth)
            return -(int)Errno.ELOOP;
        FileStatus status;
        byte empty = 0;
        var result = Sys.Status(from, &empty, Sys.AtEmptyPath, &status);
        var block = stackalloc byte[4096];
        while (result >= 0)
        {
            var length = Sys.ReadFolder(from, block, 4096);
            if (length <= 0)
            {
                result = length;
                break;
            }

            // struct linux_dirent64: u64 inode, s64 offset, u16 length, u8 type, name.
            for (nint at = 0; at < length && result >= 0; at += *(ushort*)(block + at + 16))
            {
                var name = block + at + 19;
                if (!(name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0))))
                    result = Entry(from, to, name, depth);
            }
        }

        if (result >= 0)
            result = Sys.ChangeMode(to, status.Mode & 0xFFF);
        return result < 0 ? result : Sys.ChangeOwner(to, status.Uid, status.Gid);
    }

    private static nint Entry(int from, int to, byte* name, int depth)
    {
        FileStatus status;
        var result = Sys.Status(from, name, Sys.AtSymlinkNoFollow, &status);
        if (result < 0)
            return result;
        switch (status.Mode & Sys.TypeMask)
        {
            case Sys.TypeFolder:
                result = Sys.MakeFolder(to, name, 0x1C0);
                return result < 0 && result != -(int)Errno.EEXIST ? result : Below(from, to, name, depth);
            case Sys.TypeLink:
                result = Link(from, to, name);
                return result < 0 ? result : Sys.ChangeOwnerAt(to, name, status.Uid, status.Gid);
            case Sys.TypeFile:
                return File(from, to, name, status);
            default:
                return 0;
        }
    }

    private static nint Below(int from, int to, byte* name, int depth)
    {
        const int flags = Sys.OReadOnly | Sys.ODirectory | Sys.ONoFollow | Sys.OCloseOnExec;
        var source = Sys.OpenAt(from, name, flags);
        var target = source < 0 ? source : Sys.OpenAt(to, name, flags);
        var result = target < 0 ? target : Folder((int)source, (int)target, depth + 1);
        if (target >= 0)
            Sys.Close((int)target);
        if (source >= 0)
            Sys.Close((int)source);
        return result;
    }

    private static nint Link(int from, int to, byte* name)
    {
        var text = stackalloc byte[4097];
        var length = Sys.ReadLink(from, name, text, 4096);
        if (length < 0)
            return length;
        text[length] = 0;
        return Sys.Symlink(text, to, name);
    }

    private static nint File(int from, int to, byte* name, in FileStatus status)
    {
        var source = Sys.OpenAt(from, name, Sys.OReadOnly | Sys.ONoFollow | Sys.ONonBlock | Sys.OCloseOnExec);
        if (source < 0)
            return source;
        var target = Sys.OpenAt(to, name, Sys.OCreate | Sys.OExclusive | Sys.OWriteOnly | Sys.OCloseOnExec, 0x180);
        var result = target;
        var block = stackalloc byte[BlockSize];
        while (result >= 0)
        {
            result = Sys.Read((int)source, block, BlockSize);
            if (result == 0)
                break;
            if (result > 0)
                result = Sys.Write((int)target, block, (nuint)result);
        }

        if (result >= 0)
            result = Sys.ChangeOwner((int)target, status.Uid, status.Gid);
        if (result >= 0)
            result = Sys.ChangeMode((int)target, status.Mode & 0xFFF);
        if (target >= 0)
            Sys.Close((int)target);
        Sys.Close((int)source);
        return result;
    }
}
