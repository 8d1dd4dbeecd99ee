using System.Text;
using System.Text.Json;
using Bolt.Surge;

namespace Bolt.Runtime.Tests.Surge;

/// <summary>What is written by hand is what the serializer would write, and so reads back the same.</summary>
public class RecordTextTests
{
    [Fact]
    public void Owner()
    {
        var record = new OwnerRecord(42);
        Same(RecordText.Of(record), JsonSerializer.Serialize(record, StackJsonShapes.Default.OwnerRecord));
    }

    [Fact]
    public void Stack()
    {
        var record = new StackRecord(true, "10.89.1.0/24", "abc", [new("web", new PortStatus("127.0.0.1", 8080, 80, "tcp", 80))]);
        Same(RecordText.Of(record), JsonSerializer.Serialize(record, StackJsonShapes.Default.StackRecord));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1.2345678)]
    public void Service(double? ready)
    {
        var record = new ServiceRecord("web", "bolt://nginx \u00e9 \"<+>\"", "10.89.1.2", "h", "m", ["db", "api"], 3, 1,
            new DateTimeOffset(2026, 11, 24, 14, 0, 0, 123, TimeSpan.Zero), ready is { } seconds ? TimeSpan.FromSeconds(seconds) : null, true,
            ready is null ? null : ["/trees/1/rootfs", "/trees/2/rootfs"]);
        Same(RecordText.Of(record), JsonSerializer.Serialize(record, StackJsonShapes.Default.ServiceRecord));
    }

    private static void Same(ReadOnlySpan<byte> written, string serialized) => Assert.Equal(serialized, Encoding.UTF8.GetString(written));
}
