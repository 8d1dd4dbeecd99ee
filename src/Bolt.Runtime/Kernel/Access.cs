using System.Text;

namespace Bolt.Kernel;

/// <summary>What access(2) says for this process; capabilities count, unlike in a look at the mode bits.</summary>
internal static unsafe class Access
{
    private const int WriteOk = 2;

    /// <summary>A file belongs to this user, to root, or to whom a folder belongs that is trusted already: nobody else decides what is in it.</summary>
    public static bool IsTrusted(string path, string beside) =>
        OwnerOf(path) is { } owner && (owner == 0 || owner == Sys.EffectiveUid() || owner == OwnerOf(beside));

    private static uint? OwnerOf(string path)
    {
        FileStatus status;
        fixed (byte* bytes = Encoding.UTF8.GetBytes(path + "\0"))
        {
            return Sys.Status(Sys.AtFdCwd, bytes, 0, &status) >= 0 ? status.Uid : null;
        }
    }

    public static bool IsWritable(string path)
    {
        fixed (byte* bytes = Encoding.UTF8.GetBytes(path + "\0"))
        {
            return Sys.Access(bytes, WriteOk) == 0;
        }
    }
}
