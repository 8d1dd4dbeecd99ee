using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bolt.Boltfiles;
using Bolt.Diagnostics;

namespace Bolt.Surge;

/// <summary>
/// The one JSON shape of events, status, plans and diagnostics: `--json`, the control socket and files in the run folder
/// all use it. camelCase names; an event's kind is its first member, "event"; durations are seconds.
/// </summary>
public static class StackJson
{
    /// <summary>One line of JSON.</summary>
    public static string Write(StackEvent value) => JsonSerializer.Serialize(value, StackJsonShapes.Default.StackEvent);

    /// <summary>One line of JSON.</summary>
    public static string Write(StackStatus value) => JsonSerializer.Serialize(value, StackJsonShapes.Default.StackStatus);

    /// <summary>One line of JSON.</summary>
    public static string Write(ServiceStatus value) => JsonSerializer.Serialize(value, StackJsonShapes.Default.ServiceStatus);

    /// <summary>One line of JSON.</summary>
    public static string Write(Plan value) => JsonSerializer.Serialize(value, StackJsonShapes.Default.Plan);

    /// <summary>One line of JSON.</summary>
    public static string Write(LogLine value) => JsonSerializer.Serialize(value, StackJsonShapes.Default.LogLine);

    /// <summary>One line of JSON.</summary>
    public static string Write(Diagnostic value) => JsonSerializer.Serialize(value, StackJsonShapes.Default.Diagnostic);

    /// <summary>One line of JSON.</summary>
    public static string Write(HostCheck value) => JsonSerializer.Serialize(value, StackJsonShapes.Default.HostCheck);

    /// <summary>One line of JSON.</summary>
    public static string Write(ServiceProcess value) => JsonSerializer.Serialize(value, StackJsonShapes.Default.ServiceProcess);

    /// <summary>One line of JSON.</summary>
    public static string Write(ServiceUsage value) => JsonSerializer.Serialize(value, StackJsonShapes.Default.ServiceUsage);

    /// <summary>What <see cref="Write(StackEvent)"/> wrote; null when it is something else.</summary>
    public static StackEvent? ReadEvent(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, StackJsonShapes.Default.StackEvent);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(SecondsConverter), typeof(StateConverter), typeof(SeverityConverter), typeof(ProtocolConverter)])]
[JsonSerializable(typeof(StackEvent))]
[JsonSerializable(typeof(StackStatus))]
[JsonSerializable(typeof(Plan))]
[JsonSerializable(typeof(LogLine))]
[JsonSerializable(typeof(Diagnostic))]
[JsonSerializable(typeof(HostCheck))]
[JsonSerializable(typeof(ServiceProcess))]
[JsonSerializable(typeof(ServiceUsage))]
[JsonSerializable(typeof(Service))]
[JsonSerializable(typeof(StackRequest))]
[JsonSerializable(typeof(SuperviseOrder))]
[JsonSerializable(typeof(StackRecord))]
[JsonSerializable(typeof(ServiceRecord))]
[JsonSerializable(typeof(OwnerRecord))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class StackJsonShapes : JsonSerializerContext;

internal sealed class StateConverter() : JsonStringEnumConverter<ServiceState>(JsonNamingPolicy.CamelCase);

internal sealed class SeverityConverter() : JsonStringEnumConverter<Severity>(JsonNamingPolicy.CamelCase);

internal sealed class ProtocolConverter() : JsonStringEnumConverter<PortProtocol>(JsonNamingPolicy.CamelCase);

internal sealed class SecondsConverter : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDouble() is var seconds && Math.Abs(seconds) < 1e9 ? TimeSpan.FromSeconds(seconds) : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(Seconds(value));

    public static double Seconds(TimeSpan value) => Math.Round(value.TotalSeconds, 6);
}
