using Bolt.Kernel;

namespace Bolt;

/// <summary>For commands that are called often: Linux only, and none of what System.Console sets up (a terminal, a thread for signals).</summary>
public static class BareProcess
{
    /// <summary>Whether this process was executed by a path that ends in this file name, also when it is a link's.</summary>
    /// <param name="name">A file name in ASCII.</param>
    public static bool IsNamed(ReadOnlySpan<byte> name)
    {
        var path = OwnProcess.Name;
        return path.EndsWith(name) && (path.Length == name.Length || path[^(name.Length + 1)] == (byte)'/');
    }

    /// <summary>Writes to standard output at once.</summary>
    /// <param name="bytes">All of them are written.</param>
    /// <exception cref="IOException">The reader is gone or the disk is full.</exception>
    public static void Write(ReadOnlySpan<byte> bytes)
    {
        if (OwnProcess.WriteOut(bytes) is var error && error != Errno.None) throw new IOException($"write to standard output: {error}");
    }
}
