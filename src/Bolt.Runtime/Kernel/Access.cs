using System.Text;

namespace Bolt.Kernel;

/// <summary>What access(2) says for this process; capabilities count, unlike in a look at the mode bits.</summary>
internal static unsafe class Access
{
    private const int WriteOk = 2;

    public static bool IsWritable(string path)
    {
        fixed (byte* bytes = Encoding.UTF8.GetBytes(path + "\0"))
        {
            return Sys.Access(bytes, WriteOk) == 0;
        }
    }
}
