using System.Globalization;
using System.Text;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Shim;

/// <summary>Does a sheet's operations in order, until one fails. With <paramref name="shift"/>, inner ids become host ids here.</summary>
internal sealed unsafe class FileOperations(FilesSheet sheet, bool shift)
{
    private int _root = -1;

    public ShimReport Apply()
    {
        foreach (var operation in sheet.Operations)
        {
            var (error, path) = operation switch
            {
                FileOperation.Own own => (Own(own), own.Path),
                FileOperation.Delete delete => (TreeRemoval.Delete(delete.Path), delete.Path),
                FileOperation.MakeFolder make => (MakeFolder(make), make.Path),
                FileOperation.Copy copy => Copy(copy),
                FileOperation.Pack pack => Pack(pack),
                FileOperation.DropStub stub => (StubRemoval.Run(stub), stub.Path),
                _ => (Errno.EINVAL, ""),
            };
            if (error != Errno.None)
                return new ShimReport(0, Step(operation), path, error);
        }
        return ShimReport.Success();
    }

    private static string Step(FileOperation operation) => operation switch
    {
        FileOperation.Own => "set owner and mode",
        FileOperation.Delete => "delete",
        FileOperation.MakeFolder => "make folder",
        FileOperation.Pack => "pack",
        FileOperation.DropStub => "take back a mount's target",
        _ => "copy",
    };

    private Errno Own(FileOperation.Own own)
    {
        if (_root < 0)
            fixed (byte* path = Encoding.UTF8.GetBytes(sheet.Root + "\0"))
                _root = (int)Sys.Open(path, Sys.OPath | Sys.ODirectory | Sys.OCloseOnExec);
        if (_root < 0)
            return ((nint)_root).Error();
        nint fd;
        fixed (byte* path = Encoding.UTF8.GetBytes((own.Path.TrimStart('/') is { Length: > 0 } inner ? inner : ".") + "\0"))
            fd = Sys.OpenAt2(_root, path, Sys.OPath | Sys.ONoFollow | Sys.OCloseOnExec, 0, Sys.ResolveInRoot | Sys.ResolveNoMagicLinks);
        if (fd < 0)
            return fd.Error();
        var error = SetOwnerAndMode((int)fd, own.Uid, own.Gid, own.Mode);
        _ = Sys.Close((int)fd);
        return error;
    }

    private Errno MakeFolder(FileOperation.MakeFolder make)
    {
        nint fd;
        fixed (byte* path = Encoding.UTF8.GetBytes(make.Path + "\0"))
        {
            var made = Sys.MakeFolder(Sys.AtFdCwd, path, 0b111_000_000);
            if (made < 0 && made.Error() != Errno.EEXIST)
                return made.Error();
            fd = Sys.Open(path, Sys.OPath | Sys.ODirectory | Sys.ONoFollow | Sys.OCloseOnExec);
        }
        if (fd < 0)
            return fd.Error();
        var error = SetOwnerAndMode((int)fd, make.Uid, make.Gid, make.Mode);
        _ = Sys.Close((int)fd);
        return error;
    }

    private (Errno, string) Copy(FileOperation.Copy copy)
    {
        var tree = new TreeCopy(sheet.Ids.Single);
        var error = tree.Copy(copy.Source, copy.Target);
        return (error, tree.FailedAt.Length == 0 ? copy.Target : copy.Source + "/" + tree.FailedAt);
    }

    private (Errno, string) Pack(FileOperation.Pack pack)
    {
        var packing = new TreePacking(pack, id => Inner(id, sheet.Ids.HostUid, sheet.Ids.SubUid), id => Inner(id, sheet.Ids.HostGid, sheet.Ids.SubGid));
        var error = packing.Run();
        return (error, packing.FailedAt.Length == 0 ? pack.Path : packing.FailedAt);
    }

    // The other way round; whoever is no one inside is 0, as he is with a single id.
    private uint Inner(uint id, uint zero, uint rest) => !shift ? (sheet.Ids.Single ? 0 : id)
        : id == zero || id < rest || id - rest >= sheet.Ids.Count ? 0 : id - rest + 1;

    // The mode after the owner: chown(2) clears set-id bits.
    private Errno SetOwnerAndMode(int fd, uint uid, uint gid, uint mode)
    {
        byte empty = 0;
        // With a single id map all files are the user's by design.
        if (!sheet.Ids.Single)
        {
            if (Map(uid, sheet.Ids.HostUid, sheet.Ids.SubUid) is not { } owner || Map(gid, sheet.Ids.HostGid, sheet.Ids.SubGid) is not { } group)
                return Errno.EINVAL;
            var changed = Sys.ChangeOwnerAt(fd, &empty, owner, group, Sys.AtEmptyPath);
            if (changed < 0)
                return changed.Error();
        }
        var found = Sys.ModeOf(fd);
        if (found < 0 || ((uint)found & Sys.TypeMask) == Sys.TypeLink)
            return found.Error();
        // fchmod(2) refuses an O_PATH descriptor; its magic link does not.
        fixed (byte* path = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{fd}\0")))
            return Sys.ChangeModeAt(Sys.AtFdCwd, path, mode).Error();
    }

    private uint? Map(uint id, uint zero, uint rest)
    {
        if (id > sheet.Ids.Count)
            return null;
        return !shift ? id : id == 0 ? zero : rest + id - 1;
    }
}
