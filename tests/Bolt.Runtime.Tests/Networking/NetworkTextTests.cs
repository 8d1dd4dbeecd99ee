using System.Net;
using Bolt.Kernel;
using Bolt.Launch;
using Bolt.Networking;

namespace Bolt.Runtime.Tests.Networking;

public class NetworkTextTests
{
    private static readonly NetworkHost Host = new(false, false, true, "/usr/sbin/nft", "/usr/bin/pasta", null);

    private static NetworkSpec Spec() => new()
    {
        Id = "shop-0123abcd",
        Folder = "/run/bolt/stacks/shop-0123abcd/net",
        Ids = new IdMap(1000, 1000, 100000, 100000, 65536),
        Subnet = IPNetwork.Parse("10.89.3.0/24"),
        Members = [new(["web", "www"], IPAddress.Parse("10.89.3.2")), new(["db"], IPAddress.Parse("10.89.3.3"))],
        Ports =
        [
            new(IPAddress.Loopback, 8080, IPAddress.Parse("10.89.3.2"), 80, false),
            new(IPAddress.Parse("192.0.2.7"), 8080, IPAddress.Parse("10.89.3.3"), 80, false),
            new(IPAddress.Any, 5353, IPAddress.Parse("10.89.3.3"), 53, true),
        ],
        ExtraHosts = [new("printer", IPAddress.Parse("192.0.2.9"))],
    };

    [Fact]
    public void Rules_inside() => Golden.Check("Networking/sandbox-rules", NftText.Sandbox(Spec()));

    [Fact]
    public void Rules_inside_without_a_way_out() => Golden.Check("Networking/sandbox-rules-closed", NftText.Sandbox(Spec() with { Outbound = false, Ports = [] }));

    [Fact]
    public void Rules_on_the_host() => Golden.Check("Networking/host-rules", NftText.Host(Spec()) + NftText.HostEnd(NetworkNames.Hash(Spec())));

    [Fact]
    public void Arguments_of_pasta() => Golden.Check("Networking/pasta", string.Join('\n', PastaArguments.Of(Spec(), root: false, routed: true)));

    [Fact]
    public void Without_a_default_route_pasta_is_told_what_it_would_look_for()
    {
        var (with, without) = (PastaArguments.Of(Spec(), root: false, routed: true), PastaArguments.Of(Spec(), root: false, routed: false));
        Assert.Equal("--interface lo --address 10.89.3.254 --netmask 30 --gateway 10.89.3.253 --mac-addr 02:b0:00:00:00:01", string.Join(' ', without.Except(with).ToArray()));
        Assert.Equal(without, SandboxOrder.Of(Spec(), Host with { Root = false, DefaultRoute = false }, UplinkKind.Pasta).PastaArguments);
    }

    [Fact]
    public void Files_that_members_see() => Golden.Check("Networking/files",
        NetworkFiles.Hosts(Spec()) + "--\n" + NetworkFiles.Resolv(Spec(), UpstreamResolvers.Parse(["nameserver 127.0.0.53", "nameserver 192.0.2.53 # lan", "search x"])));

    [Fact]
    public void A_sheet_survives_the_way_to_the_shim()
    {
        var sheet = SandboxOrder.Of(Spec(), Host, UplinkKind.Veth);
        var back = SandboxSheet.Read(SheetReader.FromStream(new MemoryStream(sheet.ToMessage()))!);
        Assert.Equal(sheet.ToMessage(), back.ToMessage());
        Assert.Equal(3, back.Ports.Length);
    }

    [Fact]
    public void A_record_survives_the_way_to_disk()
    {
        var record = new NetworkRecord("shop", "0a1b2c3d", IPNetwork.Parse("10.89.3.0/24"), UplinkKind.Pasta, true, "ff");
        Assert.Equal(record with { Keeper = new RecordedProcess(7, 99) }, NetworkRecord.Parse(record.ToText().Split('\n').Append("keeper 7 99")));
        Assert.Null(NetworkRecord.Parse(["id shop", "subnet nonsense"]));
    }

    [Theory]
    [InlineData(true, true, true, true, UplinkKind.Veth, null)]
    [InlineData(true, false, true, true, UplinkKind.Pasta, null)]
    [InlineData(true, false, false, true, UplinkKind.Veth, null)]
    [InlineData(true, false, true, false, UplinkKind.None, "BOLT9407")]
    [InlineData(false, true, true, true, UplinkKind.Pasta, null)]
    [InlineData(false, true, true, false, UplinkKind.None, "BOLT9402")]
    internal void The_uplink_is_chosen_by_what_the_host_has(bool root, bool forwarding, bool route, bool pasta, UplinkKind expected, string? problem)
    {
        var host = Host with { Root = root, Forwarding = forwarding, DefaultRoute = route, Pasta = pasta ? "/usr/bin/pasta" : null };
        var (kind, found) = host.ChooseUplink(Spec());
        Assert.Equal((expected, problem), (kind, found?.Code));
    }

    [Theory]
    [InlineData("\t\ttype filter hook forward priority filter; policy drop;", true)]
    [InlineData("\t\ttype filter hook forward priority filter; policy accept;", false)]
    [InlineData("\t\ttype filter hook input priority filter; policy drop;", false)]
    public void A_firewall_that_shuts_forwarding_is_seen(string line, bool shut) =>
        Assert.Equal(shut, NetworkHost.ForwardIsShut(["table ip filter {", "\tchain FORWARD {", line]));

    [Fact]
    public void No_way_out_and_no_ports_need_no_uplink() =>
        Assert.Equal(UplinkKind.None, Host.ChooseUplink(Spec() with { Outbound = false, Ports = [] }).Kind);

    [Theory]
    [InlineData("err 3 -1 0", "BOLT9401")]
    [InlineData("err 4 -1 0", "BOLT9408")]
    [InlineData("err 4 -2 0", "BOLT9403")]
    [InlineData("err 9 1 0", "BOLT4007")]
    [InlineData("err 10 -98 1", "BOLT4001")]
    [InlineData("err 11 1 0", "BOLT4007")]
    [InlineData("err 99 nonsense", "BOLT4010")]
    [InlineData(null, "BOLT4010")]
    public void A_report_becomes_a_sentence(string? line, string code) => Assert.Equal(code, SandboxReport.Failure(line, Spec()).Code);

    [Theory]
    [InlineData("/proc/sys/user/max_user_namespaces", "0", "sudo sysctl -w user.max_user_namespaces=28633")]
    [InlineData("/proc/sys/kernel/unprivileged_userns_clone", "0", "sudo sysctl -w kernel.unprivileged_userns_clone=1")]
    [InlineData("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0")]
    public void A_forbidden_user_namespace_has_its_remedy(string file, string content, string fix) =>
        Assert.Equal(fix, UserNamespaces.Remedy(Errno.EPERM, path => path == file ? content : null));
}
