using System.Buffers;
using System.Text.Json;

namespace Bolt.Surge;

/// <summary>
/// The records that every start writes, in the shape of <see cref="StackJsonShapes"/> but written member by member: what the
/// serializer has to know of a type before its first use costs more than all the rest of a start's writing.
/// </summary>
internal static class RecordText
{
    public static ReadOnlySpan<byte> Of(OwnerRecord record) => Written(record, static (json, r) => json.WriteNumber("pid", r.Pid));

    public static ReadOnlySpan<byte> Of(StackRecord record) => Written(record, static (json, r) =>
    {
        json.WriteBoolean("detached", r.Detached);
        json.WriteString("subnet", r.Subnet);
        json.WriteString("networkHash", r.NetworkHash);
        json.WriteStartArray("ports");
        foreach (var (service, port) in r.Ports)
        {
            json.WriteStartObject();
            json.WriteString("service", service);
            json.WriteStartObject("port");
            json.WriteString("hostAddress", port.HostAddress);
            json.WriteNumber("hostPort", port.HostPort);
            json.WriteNumber("containerPort", port.ContainerPort);
            json.WriteString("protocol", port.Protocol);
            json.WriteNumber("asked", port.Asked);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    public static ReadOnlySpan<byte> Of(ServiceRecord record) => Written(record, static (json, r) =>
    {
        json.WriteString("name", r.Name);
        json.WriteString("image", r.Image);
        json.WriteString("address", r.Address);
        json.WriteString("hash", r.Hash);
        json.WriteString("sourceMark", r.SourceMark);
        json.WriteStartArray("dependsOn");
        foreach (var other in r.DependsOn) json.WriteStringValue(other);
        json.WriteEndArray();
        json.WriteNumber("run", r.Run);
        json.WriteNumber("restarts", r.Restarts);
        json.WriteString("startedAt", r.StartedAt);
        if (r.ReadyAfter is { } after) json.WriteNumber("readyAfter", SecondsConverter.Seconds(after));
        json.WriteBoolean("stoppedByUser", r.StoppedByUser);
        if (r.Layers is not { } layers) return;
        json.WriteStartArray("layers");
        foreach (var layer in layers) json.WriteStringValue(layer);
        json.WriteEndArray();
    });

    private static ReadOnlySpan<byte> Written<T>(T record, Action<Utf8JsonWriter, T> members)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            members(json, record);
            json.WriteEndObject();
        }
        return bytes.WrittenSpan;
    }
}
