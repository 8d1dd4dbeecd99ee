using System.Net;
using Bolt.Networking;

namespace Bolt.Runtime.Tests.Networking;

public class AddressTests
{
    [Theory]
    [InlineData("10.1.2.0/24", true)]
    [InlineData("172.30.0.0/16", true)]
    [InlineData("10.1.2.3/24", false)]
    [InlineData("10.1.2.0/29", false)]
    [InlineData("10.1.2.0", false)]
    [InlineData("127.0.0.0/8", false)]
    [InlineData("fd00::/64", false)]
    [InlineData("", false)]
    public void Subnets_of_a_Boltfile(string text, bool good) => Assert.Equal(good, SubnetPool.Parse(text) is not null);

    [Fact]
    public void A_stack_keeps_its_subnet_and_goes_on_when_it_is_taken()
    {
        var first = SubnetPool.Pick("shop-1", [])!.Value;
        Assert.Equal(first, SubnetPool.Pick("shop-1", []));
        var second = SubnetPool.Pick("shop-1", [first])!.Value;
        Assert.False(Addresses.Overlap(first, second));
        Assert.Null(SubnetPool.Pick("shop-1", [IPNetwork.Parse("10.0.0.0/8")]));
    }

    [Fact]
    public void Host_routes_are_read_from_the_kernels_table()
    {
        string[] lines =
        [
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
            "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0",
            "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0",
        ];
        Assert.Equal([IPNetwork.Parse("192.0.2.0/24")], SubnetPool.HostRoutes(lines));
        Assert.True(NetworkHost.HasDefaultRoute(lines));
        Assert.False(NetworkHost.HasDefaultRoute(lines.Where(l => !l.Contains("010200C0", StringComparison.Ordinal))));
    }

    [Fact]
    public void Members_and_uplink_share_a_subnet_without_meeting()
    {
        var subnet = IPNetwork.Parse("10.89.3.0/28");
        Assert.Equal("10.89.3.1", NetworkNames.Gateway(subnet).ToString());
        Assert.Equal("10.89.3.2", SubnetPool.MemberAddress(subnet, 0).ToString());
        Assert.Equal("10.89.3.11", SubnetPool.MemberAddress(subnet, 9).ToString());
        Assert.Throws<Bolt.Diagnostics.BoltException>(() => SubnetPool.MemberAddress(subnet, 10));
        Assert.Equal(("10.89.3.12/30", "10.89.3.13", "10.89.3.14"),
            (NetworkNames.UplinkSubnet(subnet).ToString(), NetworkNames.UplinkHostSide(subnet).ToString(), NetworkNames.UplinkSandboxSide(subnet).ToString()));
    }

    [Fact]
    public void Listeners_are_found_by_port_and_state()
    {
        const string table = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1
               1: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1
               2: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1
            """;
        Assert.Equal(["4711"], HostPorts.Inodes(table, new PublishedPort(IPAddress.Loopback, 8080, IPAddress.Loopback, 80, false)));
    }
}
