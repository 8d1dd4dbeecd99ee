using System.Text;

namespace Bolt.Kernel;

internal static unsafe partial class Sys
{
    /// <summary>mkdir(2), which says EEXIST where .NET's call is content.</summary>
    public static Errno MakeNewFolder(string path, uint mode)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(path + "\0"))
            return MakeFolder(AtFdCwd, text, mode).Error();
    }
}
