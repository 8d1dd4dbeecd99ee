using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Bolt.Diagnostics;

namespace Bolt.Oci;

/// <summary>Reads JSON that came from outside: bounded, and with what is wrong and where.</summary>
internal static class OciConfigReader
{
    /// <summary>Podman's longest are some 100 KiB.</summary>
    public const int MaxBytes = 8 << 20;

    public static OciConfig Config(string path) => Read(path, OciRuntimeJson.Default.OciConfig);

    public static T Read<T>(string path, JsonTypeInfo<T> type)
        where T : class
    {
        byte[] bytes;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1);
            if (file.CanSeek && file.Length > MaxBytes)
                throw new BoltException(OciErrors.BadJson(path, $"it is longer than {MaxBytes} bytes"));
            bytes = ReadAll(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BoltException(OciErrors.NoFile(path, Reason(e)), e);
        }
        return Parse(bytes, path, type);
    }

    public static T Parse<T>(ReadOnlySpan<byte> bytes, string path, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, type) ?? throw new BoltException(OciErrors.BadJson(path, "it is null"));
        }
        catch (JsonException e)
        {
            throw new BoltException(OciErrors.BadJson(path, $"{e.Path} in line {e.LineNumber + 1}: {e.Message}"), e);
        }
        catch (InvalidOperationException e)
        {
            // A text that is no Unicode.
            throw new BoltException(OciErrors.BadJson(path, e.Message), e);
        }
    }

    private static byte[] ReadAll(FileStream file)
    {
        using var memory = new MemoryStream();
        var chunk = new byte[64 << 10];
        while (file.Read(chunk) is > 0 and var got)
        {
            memory.Write(chunk, 0, got);
            if (memory.Length > MaxBytes)
                throw new BoltException(OciErrors.BadJson(file.Name, $"it is longer than {MaxBytes} bytes"));
        }
        return memory.ToArray();
    }

    private static string Reason(Exception e) => e is FileNotFoundException or DirectoryNotFoundException ? "no such file or directory" : e.Message;
}
