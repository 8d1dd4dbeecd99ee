using Bolt.Diagnostics;

namespace Bolt.Oci;

/// <summary>Reads JSON that came from outside: bounded, and with what is wrong and where.</summary>
internal static partial class OciConfigReader
{
    /// <summary>Podman's longest are some 100 KiB.</summary>
    public const int MaxBytes = 8 << 20;

    public static OciConfig Config(string path) => Config(Bytes(path), path);

    public static OciConfig Config(ReadOnlyMemory<byte> bytes, string path) => OciNode.Parse(bytes, path, Config);

    public static OciProcess Process(string path) => OciNode.Parse(Bytes(path), path, Process);

    public static OciResources Resources(ReadOnlyMemory<byte> bytes, string path) => OciNode.Parse(bytes, path, Resources);

    public static OciState State(string path) => OciNode.Parse(Bytes(path), path, State);

    private static byte[] Bytes(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1);
            if (file.CanSeek && file.Length > MaxBytes)
                throw new BoltException(OciErrors.BadJson(path, $"it is longer than {MaxBytes} bytes"));
            return ReadAll(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BoltException(OciErrors.NoFile(path, Reason(e)), e);
        }
    }

    private static byte[] ReadAll(FileStream file)
    {
        var bytes = new byte[16 << 10];
        var length = 0;
        while (file.Read(bytes, length, bytes.Length - length) is > 0 and var got)
        {
            length += got;
            if (length > MaxBytes)
                throw new BoltException(OciErrors.BadJson(file.Name, $"it is longer than {MaxBytes} bytes"));
            if (length == bytes.Length)
                Array.Resize(ref bytes, length * 2);
        }

        return bytes[..length];
    }

    private static string Reason(Exception e) => e is FileNotFoundException or DirectoryNotFoundException ? "no such file or directory" : e.Message;
}
