using System.Globalization;
using System.Text.Json;

namespace Bolt.Tool.Oci;

/// <summary>`bolt oci update`: the limits as a file, or one by one. With a file all else is ignored, as by runc.</summary>
internal static class OciUpdateVerb
{
    /// <summary>More than this library takes: what is longer is refused by it.</summary>
    private const int MaxBytes = (8 << 20) + 1;

    private enum Kind { Number, Text, Size }

    // Option, object and field of linux.resources.
    private static readonly (string Option, string Object, string Field, Kind Kind)[] Fields =
    [
        ("blkio-weight", "blockIO", "weight", Kind.Number), ("cpu-period", "cpu", "period", Kind.Number), ("cpu-quota", "cpu", "quota", Kind.Number),
        ("cpu-burst", "cpu", "burst", Kind.Number), ("cpu-share", "cpu", "shares", Kind.Number), ("cpu-rt-period", "cpu", "realtimePeriod", Kind.Number),
        ("cpu-rt-runtime", "cpu", "realtimeRuntime", Kind.Number), ("cpu-idle", "cpu", "idle", Kind.Number), ("cpuset-cpus", "cpu", "cpus", Kind.Text),
        ("cpuset-mems", "cpu", "mems", Kind.Text), ("memory", "memory", "limit", Kind.Size), ("memory-reservation", "memory", "reservation", Kind.Size),
        ("memory-swap", "memory", "swap", Kind.Size), ("pids-limit", "pids", "limit", Kind.Number),
    ];

    // Version 2 of cgroups has none, and runc too says so and goes on.
    private static readonly string[] Ignored = ["kernel-memory", "kernel-memory-tcp"];
    private static readonly string[] Refused = ["l3-cache-schema", "mem-bw-schema"];

    public static int Run(OciCall call, ReadOnlySpan<string> words)
    {
        var given = OciArguments.Parse(words, new OciVerbOptions(["resources,r", .. Fields.Select(field => field.Option), .. Ignored, .. Refused]));
        var id = given.One("container id");
        foreach (var option in Refused.Where(option => given.Value(option) is { Length: > 0 }))
            throw new OciUsage($"`--{option}` needs Intel RDT, and this runtime does not speak to resctrl");
        foreach (var option in Ignored.Where(option => given.Value(option) is { Length: > 0 }))
            call.Log.Write("warning", $"`--{option}` is ignored: kernels have no such limit any more");
        call.Open().Update(id, given.Value("resources") switch
        {
            "-" => Read(Console.OpenStandardInput()),
            { Length: > 0 } file => ReadFile(file),
            _ => Write(given),
        });
        return ExitCode.Done;
    }

    private static byte[] ReadFile(string path)
    {
        try
        {
            return Read(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OciUsage($"read `{path}`: {(e is FileNotFoundException or DirectoryNotFoundException ? "no such file or directory" : e.Message)}");
        }
    }

    private static byte[] Read(Stream input)
    {
        using (input)
        {
            using var memory = new MemoryStream();
            var chunk = new byte[64 << 10];
            while (memory.Length < MaxBytes && input.Read(chunk, 0, (int)Math.Min(chunk.Length, MaxBytes - memory.Length)) is > 0 and var got)
                memory.Write(chunk, 0, got);
            return memory.ToArray();
        }
    }

    // An empty value is as none, as by runc.
    private static byte[] Write(OciArguments given)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            foreach (var group in Fields.Where(field => given.Value(field.Option) is { Length: > 0 }).GroupBy(field => field.Object))
            {
                json.WriteStartObject(group.Key);
                foreach (var field in group)
                    Field(json, field.Option, field.Field, field.Kind, given.Value(field.Option)!);
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        return stream.ToArray();
    }

    private static void Field(Utf8JsonWriter json, string option, string field, Kind kind, string value)
    {
        if (kind == Kind.Text)
            json.WriteString(field, value);
        else
            json.WriteNumber(field, (kind == Kind.Size ? Size(value) : Number(value)) ?? throw new OciUsage($"`--{option} {value}` is no {(kind == Kind.Size ? "size such as 64m" : "number")}"));
    }

    private static long? Number(string value) => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    // As docker and runc write them: 64m, 1.5GiB, 1048576, and -1 for none.
    private static long? Size(string value)
    {
        if (value == "-1")
            return -1;
        var text = value.EndsWith('b') || value.EndsWith('B') ? value[..^1] : value;
        text = text.Length > 1 && text[^1] is 'i' or 'I' ? text[..^1] : text;
        var steps = text.Length == 0 ? 0 : "kmgtp".IndexOf(char.ToLowerInvariant(text[^1]), StringComparison.Ordinal) + 1;
        if (!decimal.TryParse((steps > 0 ? text[..^1] : text).TrimEnd(' '), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            return null;
        var unit = 1L << (10 * steps);
        return number <= long.MaxValue / unit ? (long)(number * unit) : null;
    }
}
