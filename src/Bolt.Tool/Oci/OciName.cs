namespace Bolt.Tool.Oci;

/// <summary>The name that tells an engine's runtime from the tool. Asked at every start, so nothing else is made for it.</summary>
internal static class OciName
{
    /// <summary>True when this program was started by the runtime's own name.</summary>
    public static bool IsOurs()
    {
        if (!OperatingSystem.IsLinux())
            return false;
        // .NET puts the library's path in the place of the name that was typed.
        Span<byte> zero = stackalloc byte[4096];
        using var file = File.OpenHandle("/proc/self/cmdline");
        zero = zero[..RandomAccess.Read(file, zero, 0)];
        zero = zero.IndexOf((byte)0) is >= 0 and var end ? zero[..end] : zero;
        return zero.EndsWith("/bolt-oci"u8) || zero.SequenceEqual("bolt-oci"u8);
    }
}
