using System.Collections;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Bolt.Diagnostics;
using Bolt.Oci;

namespace Bolt.Runtime.Tests.Oci;

public class OciConfigReaderTests
{
    // Keys that are not their field's name in camel case.
    private static readonly Dictionary<string, string> Keys = new()
    {
        ["ContainerId"] = "containerID",
        ["HostId"] = "hostID",
        ["ExecCpuAffinity"] = "execCPUAffinity",
        ["Kind"] = "class",
        ["KernelTcp"] = "kernelTCP",
        ["DisableOomKiller"] = "disableOOMKiller",
        ["BlockIo"] = "blockIO",
        ["ThrottleReadOperationsDevice"] = "throttleReadIOPSDevice",
        ["ThrottleWriteOperationsDevice"] = "throttleWriteIOPSDevice",
        ["ClassId"] = "classID",
    };

    private static int _number;

    /// <summary>A document with every key of every record, each with a value of its own, is read without loss.</summary>
    [Fact]
    public void Every_key_is_read()
    {
        var document = Document(typeof(OciConfig));
        var config = OciConfigReader.Config(Encoding.UTF8.GetBytes(document.ToJsonString()), "config.json");
        Assert.True(JsonNode.DeepEquals(document, Back(config)), $"{document.ToJsonString()}\n{Back(config)!.ToJsonString()}");
    }

    [Fact]
    public void What_is_written_of_a_state_is_read_again()
    {
        var state = new OciState
        {
            OciVersion = "1.2.0",
            Id = "a",
            Bundle = "/b \"ü\"",
            Rootfs = "/b/r",
            Pid = 7,
            Started = 1L << 40,
            Created = new DateTime(2026, 11, 28, 9, 0, 0, DateTimeKind.Utc),
            Uid = 4_000_000_000,
            Complete = true,
            Cgroups = ["/c"],
            Unit = "u.scope",
            Annotations = new Dictionary<string, string> { ["k"] = "v" },
        };
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, OciJsonWriter.Bytes(state));
            Assert.Equivalent(state, OciConfigReader.State(file), strict: true);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("""{"mounts":[{"destination":"/a"},{"options":["ro",7]}]}""", "`mounts[1].options[1]` is no text")]
    [InlineData("""{"process":{"user":{"uid":4294967296}}}""", "`process.user.uid` is no whole number of UInt32")]
    [InlineData("""{"linux":{"seccomp":{"syscalls":[{"args":[{"index":"x"}]}]}}}""", "`linux.seccomp.syscalls[0].args[0].index` is no number")]
    [InlineData("""{"annotations":{"a":1}}""", "`annotations.a` is no text")]
    [InlineData("""{"process":{"terminal":"yes"}}""", "`process.terminal` is neither true nor false")]
    [InlineData("[]", "`it` is no object")]
    [InlineData("{\n\"root\":}", "line 2")]
    public void Another_kind_is_said_with_its_place(string json, string words) =>
        Assert.Contains(words, Assert.Throws<BoltException>(() => OciConfigReader.Config(Encoding.UTF8.GetBytes(json), "config.json")).Message, StringComparison.Ordinal);

    private static JsonNode Document(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string))
            return JsonValue.Create($"text {++_number}");
        if (type == typeof(bool))
            return JsonValue.Create(true);
        if (type.IsPrimitive)
            return JsonValue.Create(++_number);
        if (type == typeof(JsonElement))
            return new JsonObject { ["any"] = ++_number };
        if (type.IsGenericType && type.GetGenericArguments() is [var item])
            return new JsonArray(Document(item), Document(item));
        if (type.IsGenericType && type.GetGenericArguments() is [_, var value])
            return new JsonObject { ["key"] = Document(value) };
        return new JsonObject(Properties(type).Select(p => KeyValuePair.Create(Key(p), (JsonNode?)Document(p.PropertyType))));
    }

    private static JsonNode? Back(object? value) => value switch
    {
        null => null,
        string text => JsonValue.Create(text),
        bool flag => JsonValue.Create(flag),
        JsonElement any => JsonNode.Parse(any.GetRawText()),
        IDictionary map => new JsonObject(map.Keys.Cast<string>().Select(key => KeyValuePair.Create(key, Back(map[key])))),
        IEnumerable items => new JsonArray([.. items.Cast<object>().Select(Back)]),
        _ when value.GetType().IsPrimitive => JsonValue.Create(Convert.ToInt64(value, null)),
        _ => new JsonObject(Properties(value.GetType()).Select(p => KeyValuePair.Create(Key(p), Back(p.GetValue(value))))),
    };

    private static IEnumerable<PropertyInfo> Properties(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).OrderBy(p => p.Name, StringComparer.Ordinal);

    private static string Key(PropertyInfo property) => Keys.GetValueOrDefault(property.Name) ?? JsonNamingPolicy.CamelCase.ConvertName(property.Name);
}
