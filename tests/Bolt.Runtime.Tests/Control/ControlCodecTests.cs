using System.Text;
using Bolt.Control;
using Bolt.Runtime.Tests.Surge;
using Bolt.Surge;
using CsCheck;

namespace Bolt.Runtime.Tests.Control;

public class ControlCodecTests
{
    private static ControlRequest[] Requests =>
    [
        new ControlRequest.Status(),
        new ControlRequest.Watch(),
        new ControlRequest.Up(StackRequest.Of(Shop.File(), Shop.Up("web") with { StrictPorts = true })),
        new ControlRequest.Stop(["web", "db"]),
        new ControlRequest.Start([]),
        new ControlRequest.Restart(["db"]),
        new ControlRequest.Down(true),
    ];

    [Fact]
    public void Requests_come_back_as_they_went()
    {
        foreach (var request in Requests)
        {
            var line = ControlCodec.Write(request);
            Assert.Equal((byte)'\n', line[^1]);
            var read = ControlCodec.ReadRequest(line);
            Assert.NotNull(read);
            Assert.Equal(line, ControlCodec.Write(read));
        }
    }

    [Fact]
    public void A_stack_resolves_alike_on_both_sides()
    {
        var up = (ControlRequest.Up)ControlCodec.ReadRequest(ControlCodec.Write(new ControlRequest.Up(StackRequest.Of(Shop.File(), Shop.Up()))))!;
        var there = Stack.Resolve(up.Request.Wanted, Shop.Inputs, "shop-12345678", "/srv/shop/Boltfile.toml").Value!;
        Assert.Equal(Shop.Stack().Services.Select(s => s.Hash), there.Services.Select(s => s.Hash));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"verb\":\"explode\"}")]
    [InlineData("{\"verb\":\"stop\"}")]
    [InlineData("{\"verb\":\"stop\",\"services\":[null]}")]
    [InlineData("{\"verb\":\"up\",\"request\":null}")]
    [InlineData("{\"verb\":\"up\",\"request\":{\"id\":\"x\"}}")]
    [InlineData("{\"verb\":\"down\",\"volumes\":\"yes\"}")]
    [InlineData("\u0000\u0001")]
    public void What_is_not_understood_is_refused(string text) => Assert.Null(ControlCodec.ReadRequest(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void No_bytes_throw() => Gen.Byte.Array[0, 200].Sample(bytes =>
    {
        _ = ControlCodec.ReadRequest(bytes);
        _ = ControlCodec.ReadReply(bytes);
    });

    [Fact]
    public void No_damaged_request_throws()
    {
        var lines = Requests.Select(ControlCodec.Write).ToArray();
        Gen.Select(Gen.Int[0, lines.Length - 1], Gen.Int[0, 5000], Gen.Byte).Sample((which, at, value) =>
        {
            var line = (byte[])lines[which].Clone();
            line[at % line.Length] = value;
            _ = ControlCodec.ReadRequest(line);
        });
    }

    [Fact]
    public async Task A_line_without_an_end_is_cut_off()
    {
        await using var lines = new LineReader(new MemoryStream(new byte[ControlCodec.LongestLine + (1 << 20)]));
        Assert.Null(await lines.ReadAsync(CancellationToken.None));
    }
}
