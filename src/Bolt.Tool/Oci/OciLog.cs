using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Bolt.Tool.Oci;

/// <summary>Where engines look for what went wrong: the file of `--log`, and standard error.</summary>
internal sealed class OciLog(string? path, bool json)
{
    public void Write(string level, string message)
    {
        Console.Error.WriteLine(level == "error" ? message : $"{level}: {message}");
        if (path is null)
            return;
        var time = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);
        try
        {
            File.AppendAllText(path, json ? Json(level, message, time) : $"time=\"{time}\" level={level} msg={Quote(message)}\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"warning: write `{path}`: {e.Message}");
        }
    }

    private static string Json(string level, string message, string time)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("level", level);
            writer.WriteString("msg", message);
            writer.WriteString("time", time);
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static string Quote(string text) => "\"" + text.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n") + "\"";
}
