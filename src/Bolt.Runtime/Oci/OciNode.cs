using System.Numerics;
using System.Text.Json;
using Bolt.Diagnostics;

namespace Bolt.Oci;

/// <summary>
/// An object of a JSON document, read by name: what is absent or null is null, false or zero, what is of another kind is
/// a diagnostic with its path. A serializer does the same, but its tables take longer to make than a container.
/// </summary>
internal readonly struct OciNode(JsonElement value)
{
    public static T Parse<T>(ReadOnlyMemory<byte> bytes, string file, Func<OciNode, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            return document.RootElement.ValueKind == JsonValueKind.Object ? read(new OciNode(document.RootElement)) : throw new Wrong("it", "no object");
        }
        catch (JsonException e)
        {
            throw new BoltException(OciErrors.BadJson(file, $"line {e.LineNumber + 1}: {e.Message}"), e);
        }
        catch (Wrong e)
        {
            throw new BoltException(OciErrors.BadJson(file, $"`{e.Place}` is {e.Problem}"), e);
        }
        catch (InvalidOperationException e)
        {
            // A text that is no Unicode.
            throw new BoltException(OciErrors.BadJson(file, e.Message), e);
        }
    }

    public string? Text(string name) => Find(name, JsonValueKind.String, "no text") is { } found ? found.GetString() : null;

    public bool Flag(string name) => MaybeFlag(name) ?? false;

    public bool? MaybeFlag(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw new Wrong(name, "neither true nor false"),
    };

    public T Number<T>(string name)
        where T : struct, IBinaryInteger<T> => MaybeNumber<T>(name) ?? default;

    public T? MaybeNumber<T>(string name)
        where T : struct, IBinaryInteger<T> => Find(name) is { } found ? Integer<T>(found, name) : null;

    public DateTime Time(string name) => Find(name, JsonValueKind.String, "no time") is not { } found ? default
        : found.TryGetDateTime(out var time) ? time : throw new Wrong(name, "no time");

    public JsonElement? Any(string name) => Find(name)?.Clone();

    public T? Object<T>(string name, Func<OciNode, T> read)
        where T : class => Find(name) is { } found ? Read(found, name, read) : null;

    public IReadOnlyList<T>? List<T>(string name, Func<OciNode, T> read) => Items(name, (item, place) => Read(item, place, read));

    public IReadOnlyList<string>? Texts(string name) => Items(name, (item, place) => AsText(item, place));

    public IReadOnlyList<T>? Numbers<T>(string name)
        where T : struct, IBinaryInteger<T> => Items(name, Integer<T>);

    public IReadOnlyDictionary<string, T>? Map<T>(string name, Func<OciNode, T> read) => Entries(name, (item, place) => Read(item, place, read));

    public IReadOnlyDictionary<string, string>? TextMap(string name) => Entries(name, AsText);

    private static string AsText(JsonElement item, string place) =>
        item.ValueKind == JsonValueKind.String ? item.GetString()! : throw new Wrong(place, "no text");

    private static T Integer<T>(JsonElement found, string place)
        where T : struct, IBinaryInteger<T>
    {
        if (found.ValueKind != JsonValueKind.Number)
            throw new Wrong(place, "no number");
        Int128 wide = found.TryGetInt64(out var signed) ? signed : found.TryGetUInt64(out var unsigned) ? unsigned : Int128.MaxValue;
        var narrow = T.CreateTruncating(wide);
        return Int128.CreateTruncating(narrow) == wide ? narrow : throw new Wrong(place, $"no whole number of {typeof(T).Name}");
    }

    private static T Read<T>(JsonElement item, string place, Func<OciNode, T> read)
    {
        if (item.ValueKind != JsonValueKind.Object)
            throw new Wrong(place, "no object");
        try
        {
            return read(new OciNode(item));
        }
        catch (Wrong e)
        {
            throw e.In(place);
        }
    }

    private List<T>? Items<T>(string name, Func<JsonElement, string, T> read)
    {
        if (Find(name, JsonValueKind.Array, "no list") is not { } found)
            return null;
        var items = new List<T>(found.GetArrayLength());
        foreach (var item in found.EnumerateArray())
            items.Add(read(item, $"{name}[{items.Count}]"));
        return items;
    }

    private Dictionary<string, T>? Entries<T>(string name, Func<JsonElement, string, T> read)
    {
        if (Find(name, JsonValueKind.Object, "no object") is not { } found)
            return null;
        var entries = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (var entry in found.EnumerateObject())
            entries[entry.Name] = read(entry.Value, $"{name}.{entry.Name}");
        return entries;
    }

    private JsonElement? Find(string name) => value.TryGetProperty(name, out var found) && found.ValueKind != JsonValueKind.Null ? found : null;

    private JsonElement? Find(string name, JsonValueKind kind, string problem) =>
        Find(name) is not { } found ? null : found.ValueKind == kind ? found : throw new Wrong(name, problem);

    private sealed class Wrong(string place, string problem) : Exception
    {
        public string Place => place;
        public string Problem => problem;

        public Wrong In(string above) => new(place.StartsWith('[') ? above + place : above + "." + place, problem);
    }
}
