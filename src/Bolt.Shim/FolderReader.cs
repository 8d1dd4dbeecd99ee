using System.Buffers.Binary;
using Bolt.Kernel;

namespace Bolt.Shim;

/// <summary>The names in an open folder, each with its NUL, "." and ".." left out.</summary>
internal static unsafe class FolderReader
{
    public static List<byte[]> Names(int folder, out Errno error)
    {
        var names = new List<byte[]>();
        var buffer = new byte[32 << 10];
        while (true)
        {
            nint got;
            fixed (byte* start = buffer)
                got = Sys.ReadFolder(folder, start, (nuint)buffer.Length);
            error = got.Error();
            if (got <= 0)
                return names;
            for (var at = 0; at < got;)
            {
                // struct linux_dirent64: inode 8, offset 8, length 2, type 1, name with NUL.
                var entry = buffer.AsSpan(at);
                var name = entry[19..];
                name = name[..(name.IndexOf((byte)0) + 1)];
                if (!name.SequenceEqual(".\0"u8) && !name.SequenceEqual("..\0"u8))
                    names.Add(name.ToArray());
                at += BinaryPrimitives.ReadUInt16LittleEndian(entry[16..]);
            }
        }
    }
}
