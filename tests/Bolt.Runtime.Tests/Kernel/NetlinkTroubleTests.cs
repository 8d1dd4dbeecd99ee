using Bolt.Kernel;

namespace Bolt.Runtime.Tests.Kernel;

public unsafe class NetlinkTroubleTests
{
    /// <summary>What `tc qdisc replace dev lo root netem delay 100ms 10ms loss 5% limit 1000` of iproute2 6.1 sends, but for its number.</summary>
    [Fact]
    public void A_late_link_is_asked_for_as_tc_does()
    {
        const string tc =
            "4c000000" + "2400" + "0505" + "01000000" + "00000000"
            + "00000000" + "01000000" + "00000000" + "ffffffff" + "00000000"
            + "0a000100" + "6e6574656d000000"
            + "1c000200" + "84d71700" + "e8030000" + "cdcccc0c" + "00000000" + "00000000" + "5a620200";
        var buffer = stackalloc byte[NetlinkMessage.Capacity];
        var message = NetlinkTrouble.SetMessage(buffer, 1, TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(10), 0.05);
        var start = message.Finish(out var length);
        Assert.Equal(tc, Convert.ToHexStringLower(new ReadOnlySpan<byte>(start, length)));
    }
}
