using System.Globalization;
using System.Text.Json;

namespace Bolt.Tool.Oci;

/// <summary>`bolt oci update`: the limits as a file, or one by one.</summary>
internal static class OciUpdateVerb
{
    // Option, object and field of linux.resources.
    private static readonly (string Option, string Object, string Field, bool Text)[] Fields =
    [
        ("blkio-weight", "blockIO", "weight", false), ("cpu-period", "cpu", "period", false), ("cpu-quota", "cpu", "quota", false),
        ("cpu-burst", "cpu", "burst", false), ("cpu-share", "cpu", "shares", false), ("cpu-rt-period", "cpu", "realtimePeriod", false),
        ("cpu-rt-runtime", "cpu", "realtimeRuntime", false), ("cpu-idle", "cpu", "idle", false), ("cpuset-cpus", "cpu", "cpus", true),
        ("cpuset-mems", "cpu", "mems", true), ("memory", "memory", "limit", false), ("memory-reservation", "memory", "reservation", false),
        ("memory-swap", "memory", "swap", false), ("pids-limit", "pids", "limit", false),
    ];

    public static int Run(OciCall call, ReadOnlySpan<string> words)
    {
        var given = OciArguments.Parse(words, new OciVerbOptions(["resources,r", .. Fields.Select(field => field.Option)]));
        var id = given.One("container id");
        call.Open().Update(id, given.Value("resources") switch
        {
            "-" => ReadInput(),
            { } file => File.ReadAllBytes(file),
            null => Write(given),
        });
        return ExitCode.Done;
    }

    private static byte[] ReadInput()
    {
        using var input = Console.OpenStandardInput();
        using var memory = new MemoryStream();
        input.CopyTo(memory);
        return memory.ToArray();
    }

    private static byte[] Write(OciArguments given)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            foreach (var group in Fields.Where(field => given.Value(field.Option) is not null).GroupBy(field => field.Object))
            {
                json.WriteStartObject(group.Key);
                foreach (var field in group)
                    Field(json, field.Option, field.Field, field.Text, given.Value(field.Option)!);
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        return stream.ToArray();
    }

    private static void Field(Utf8JsonWriter json, string option, string field, bool text, string value)
    {
        if (text)
            json.WriteString(field, value);
        else
            json.WriteNumber(field, long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                ? number : throw new OciUsage($"`--{option} {value}` is no number"));
    }
}
