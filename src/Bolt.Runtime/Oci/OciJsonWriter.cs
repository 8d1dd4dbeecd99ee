using System.Text;
using System.Text.Json;

namespace Bolt.Oci;

/// <summary>What this runtime says of a container, as JSON: the specification's state, runc's listing, and its own state.json.</summary>
internal static class OciJsonWriter
{
    public static byte[] Bytes(OciState state) => Written(json =>
    {
        Head(json, state.OciVersion, state.Id);
        json.WriteString("bundle", state.Bundle);
        json.WriteString("rootfs", state.Rootfs);
        json.WriteNumber("pid", state.Pid);
        json.WriteNumber("started", state.Started);
        json.WriteString("created", state.Created);
        json.WriteNumber("uid", state.Uid);
        json.WriteBoolean("complete", state.Complete);
        json.WriteStartArray("cgroups");
        foreach (var folder in state.Cgroups)
            json.WriteStringValue(folder);
        json.WriteEndArray();
        if (state.Unit is { } unit)
            json.WriteString("unit", unit);
        Annotations(json, state.Annotations);
    });

    public static byte[] Bytes(OciStateReport report) => Written(json => Fields(json, report));

    public static byte[] Bytes(OciProcessState state) => Written(json =>
    {
        json.WriteString("ociVersion", state.OciVersion);
        json.WriteStartArray("fds");
        foreach (var name in state.Fds)
            json.WriteStringValue(name);
        json.WriteEndArray();
        json.WriteNumber("pid", state.Pid);
        if (state.Metadata is { } metadata)
            json.WriteString("metadata", metadata);
        json.WriteStartObject("state");
        Fields(json, state.State);
        json.WriteEndObject();
    });

    public static string Text(OciStateReport report) => Encoding.UTF8.GetString(Bytes(report));

    public static string Text(OciListing listing) => Encoding.UTF8.GetString(Written(json => Fields(json, listing)));

    public static string Text(IEnumerable<OciListing> listings)
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory))
        {
            json.WriteStartArray();
            foreach (var listing in listings)
            {
                json.WriteStartObject();
                Fields(json, listing);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(memory.GetBuffer(), 0, (int)memory.Length);
    }

    private static void Fields(Utf8JsonWriter json, OciStateReport report)
    {
        Head(json, report.OciVersion, report.Id);
        json.WriteString("status", report.Status);
        if (report.Pid != 0)
            json.WriteNumber("pid", report.Pid);
        json.WriteString("bundle", report.Bundle);
        Annotations(json, report.Annotations);
    }

    private static void Fields(Utf8JsonWriter json, OciListing listing)
    {
        Head(json, listing.OciVersion, listing.Id);
        json.WriteNumber("pid", listing.Pid);
        json.WriteString("status", listing.Status);
        json.WriteString("bundle", listing.Bundle);
        json.WriteString("rootfs", listing.Rootfs);
        json.WriteString("created", listing.Created);
        Annotations(json, listing.Annotations);
        json.WriteString("owner", listing.Owner);
    }

    private static void Head(Utf8JsonWriter json, string version, string id)
    {
        json.WriteString("ociVersion", version);
        json.WriteString("id", id);
    }

    private static void Annotations(Utf8JsonWriter json, IReadOnlyDictionary<string, string>? annotations)
    {
        if (annotations is null)
            return;
        json.WriteStartObject("annotations");
        foreach (var (name, value) in annotations)
            json.WriteString(name, value);
        json.WriteEndObject();
    }

    private static byte[] Written(Action<Utf8JsonWriter> fields)
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory))
        {
            json.WriteStartObject();
            fields(json);
            json.WriteEndObject();
        }

        return memory.ToArray();
    }
}
