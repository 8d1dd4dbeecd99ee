using System.Collections.Immutable;

namespace Bolt.Launch;

/// <summary>One file operation of bolt-shim. Owners are ids inside.</summary>
internal abstract record FileOperation
{
    /// <summary>Owner and mode of a path below the sheet's root; a link at its end is not followed.</summary>
    public sealed record Own(string Path, uint Uid, uint Gid, uint Mode) : FileOperation;
    /// <summary>Deletes what an absolute path names, with all below it.</summary>
    public sealed record Delete(string Path) : FileOperation;
    /// <summary>Makes a folder whose parent exists; one that is there gets owner and mode.</summary>
    public sealed record MakeFolder(string Path, uint Uid, uint Gid, uint Mode) : FileOperation;
    /// <summary>Copies a tree to an absolute path that does not exist.</summary>
    public sealed record Copy(string Source, string Target) : FileOperation;
}

/// <summary>File operations to do in order, until one fails.</summary>
internal sealed record FilesSheet(IdMap Ids, string Root, ImmutableArray<FileOperation> Operations)
{
    /// <summary>Most operations in one sheet; whoever has more writes several.</summary>
    public const int MaxOperations = 16384;

    public byte[] ToMessage()
    {
        var writer = new SheetWriter();
        Ids.Write(writer);
        writer.Text(Root);
        writer.Number(Operations.Length);
        foreach (var operation in Operations)
            Write(writer, operation);
        return writer.ToMessage();
    }

    // Arguments are evaluated in the order that they are written, which is the order of ToMessage.
    public static FilesSheet Read(SheetReader reader)
    {
        var ids = IdMap.Read(reader);
        var root = reader.Text();
        var operations = ImmutableArray.CreateBuilder<FileOperation>((int)reader.Number(0, MaxOperations));
        while (operations.Count < operations.Capacity)
            operations.Add(ReadOperation(reader));
        return new FilesSheet(ids, root, operations.MoveToImmutable());
    }

    private static void Write(SheetWriter writer, FileOperation operation)
    {
        switch (operation)
        {
            case FileOperation.Own(var path, var uid, var gid, var mode):
                Write(writer, 1, path, uid, gid, mode);
                break;
            case FileOperation.Delete(var path):
                writer.Number(2);
                writer.Text(path);
                break;
            case FileOperation.MakeFolder(var path, var uid, var gid, var mode):
                Write(writer, 3, path, uid, gid, mode);
                break;
            case FileOperation.Copy(var source, var target):
                writer.Number(4);
                writer.Text(source);
                writer.Text(target);
                break;
        }
    }

    private static void Write(SheetWriter writer, int kind, string path, uint uid, uint gid, uint mode)
    {
        writer.Number(kind);
        writer.Text(path);
        writer.Number(uid);
        writer.Number(gid);
        writer.Number(mode);
    }

    private static FileOperation ReadOperation(SheetReader reader) => reader.Number(1, 4) switch
    {
        1 => new FileOperation.Own(reader.Text(), reader.Id(), reader.Id(), Mode(reader)),
        2 => new FileOperation.Delete(reader.Text()),
        3 => new FileOperation.MakeFolder(reader.Text(), reader.Id(), reader.Id(), Mode(reader)),
        _ => new FileOperation.Copy(reader.Text(), reader.Text()),
    };

    private static uint Mode(SheetReader reader) => (uint)reader.Number(0, 0xFFF);
}
