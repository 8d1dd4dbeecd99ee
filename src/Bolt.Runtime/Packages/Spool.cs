using Microsoft.Win32.SafeHandles;

namespace Bolt.Packages;

/// <summary>Contents of files between unpacking and the layer: on disk, since a database with its tools is 150 MB.</summary>
internal sealed class Spool(string folder) : IDisposable
{
    private readonly List<FileStream> files = [];

    public string Folder => folder;

    /// <summary>A file that has no name any more: it is gone when this process is, however it ends.</summary>
    public FileStream Open()
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"spool.{Guid.NewGuid():n}");
        var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, 64 << 10);
        File.Delete(path);
        return Keep(file);
    }

    /// <summary>Takes over a file, which ends with the spool.</summary>
    public FileStream Keep(FileStream file)
    {
        lock (files)
        {
            files.Add(file);
        }
        return file;
    }

    public void Dispose()
    {
        foreach (var file in files)
        {
            try
            {
                file.Dispose();
            }
            // Closing writes what is left in its buffer; on a full disk that fails a second time, and was said the first.
            catch (IOException)
            {
            }
        }
    }
}

/// <summary>A part of a spool file, or bytes in memory when <paramref name="File"/> is null.</summary>
internal readonly record struct Content(SafeFileHandle? File, long Offset, long Length, byte[]? Bytes)
{
    public static Content Of(byte[] bytes) => new(null, 0, bytes.Length, bytes);

    public int Read(long at, Span<byte> target)
    {
        target = target[..(int)Math.Min(target.Length, Length - at)];
        if (Bytes is not null)
        {
            Bytes.AsSpan((int)at, target.Length).CopyTo(target);
            return target.Length;
        }
        return RandomAccess.Read(File!, target, Offset + at);
    }
}
