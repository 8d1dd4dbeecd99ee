using System.Collections.Immutable;

namespace Bolt.Launch;

/// <summary>One file operation of bolt-shim. Owners are ids inside.</summary>
internal abstract record FileOperation
{
    public const string FoundName = "found";

    /// <summary>Owner and mode of a path below the sheet's root; a link at its end is not followed.</summary>
    public sealed record Own(string Path, uint Uid, uint Gid, uint Mode) : FileOperation;
    /// <summary>Deletes what an absolute path names, with all below it.</summary>
    public sealed record Delete(string Path) : FileOperation;
    /// <summary>Makes a folder whose parent exists; one that is there gets owner and mode.</summary>
    public sealed record MakeFolder(string Path, uint Uid, uint Gid, uint Mode) : FileOperation;
    /// <summary>Copies a tree to an absolute path that does not exist.</summary>
    public sealed record Copy(string Source, string Target) : FileOperation;
    /// <summary>
    /// Writes what is at <paramref name="Path"/> of merged layers as a tar into the file <paramref name="Target"/>, which exists: the
    /// folders on the way to it, and with <paramref name="Recurse"/> all below it. Without <paramref name="Marks"/> the first entry is a
    /// link <see cref="FoundName"/> to "/WHERE-IT-LED\nWHAT-DOES-NOT-EXIST".
    /// </summary>
    /// <param name="Layers">Trees, the lowest first.</param>
    /// <param name="Marks">What one layer deletes is written as whiteouts.</param>
    /// <param name="Latest">Times after this one (seconds since 1970) become it; -1: they stay.</param>
    public sealed record Pack(ImmutableArray<string> Layers, string Path, bool Recurse, bool Marks, long Latest, string Target) : FileOperation;
    /// <summary>
    /// Takes back what a mount's target made of a layer: the empty file or folder at <paramref name="Path"/>, and the folders above
    /// it that are empty and either new or as those of the layers below are.
    /// </summary>
    /// <param name="Below">Trees, the lowest first.</param>
    public sealed record DropStub(string Layer, ImmutableArray<string> Below, string Path) : FileOperation;
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
            case FileOperation.Pack pack:
                writer.Number(5);
                writer.Texts(pack.Layers);
                writer.Text(pack.Path);
                writer.Flag(pack.Recurse);
                writer.Flag(pack.Marks);
                writer.Number(pack.Latest);
                writer.Text(pack.Target);
                break;
            case FileOperation.DropStub(var layer, var below, var path):
                writer.Number(6);
                writer.Text(layer);
                writer.Texts(below);
                writer.Text(path);
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

    private static FileOperation ReadOperation(SheetReader reader) => reader.Number(1, 6) switch
    {
        1 => new FileOperation.Own(reader.Text(), reader.Id(), reader.Id(), Mode(reader)),
        2 => new FileOperation.Delete(reader.Text()),
        3 => new FileOperation.MakeFolder(reader.Text(), reader.Id(), reader.Id(), Mode(reader)),
        4 => new FileOperation.Copy(reader.Text(), reader.Text()),
        5 => new FileOperation.Pack(reader.Texts(), reader.Text(), reader.Flag(), reader.Flag(), reader.Number(-1, long.MaxValue), reader.Text()),
        _ => new FileOperation.DropStub(reader.Text(), reader.Texts(), reader.Text()),
    };

    private static uint Mode(SheetReader reader) => (uint)reader.Number(0, 0xFFF);
}
