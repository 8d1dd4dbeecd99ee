using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Bolt.Diagnostics;
using Bolt.Dns;
using Bolt.Kernel;
using Bolt.Launch;
using Bolt.Networking;
using Bolt.Storage;

namespace Bolt.Host.Tests.Networking;

public class NetworkTests
{
    private const string UdpServer =
        "use IO::Socket::INET; $|=1; $s=IO::Socket::INET->new(Proto=>q(udp),LocalPort=>53) or die; print qq(ready\\n); while($p=$s->recv($b,99)){$s->send(uc $b,0,$p)}";

    [Fact]
    public async Task A_network_has_its_bridge_and_leaves_nothing()
    {
        var before = await FootprintAsync();
        await using (var net = new SandboxFixture())
        {
            var network = await net.CreateAsync(net.Spec());
            Assert.Contains("10.89.77.1/24", await net.RunInsideAsync("ip -br address show br0"), StringComparison.Ordinal);
            Assert.Contains("10.89.77.2\tdb", await File.ReadAllTextAsync(network.Seat(net.Db).HostsFile), StringComparison.Ordinal);
            await network.RemoveAsync(CancellationToken.None);
            Assert.Equal(0, ProcessStart.Of(network.SandboxPid));
            Assert.False(Directory.Exists(net.Folder));
        }
        Assert.Equal(before, await FootprintAsync());
    }

    [Fact]
    public async Task Without_published_ports_the_way_out_is_made_when_somebody_wants_out()
    {
        await using var net = new SandboxFixture();
        var network = await net.CreateAsync(net.Spec());
        Assert.Null(NetworkRecord.Read(net.Folder)!.Pasta);
        Assert.Equal("", await net.RunInsideAsync("nft list tables"));
        var settled = network.SettledAsync(net.Spec(), TestContext.Current.CancellationToken);
        await net.StartMemberAsync(net.Db,
            "use IO::Socket::INET; $|=1; print qq(ready\n); $u=IO::Socket::INET->new(Proto=>q(udp),PeerAddr=>q(198.51.100.2),PeerPort=>9); $u->send(q(x)); <STDIN>");
        Assert.Null(await settled);
        Assert.Contains("policy drop", await net.RunInsideAsync("nft list table inet bolt"), StringComparison.Ordinal);
        var routes = await net.RunInsideAsync("ip route show");
        Assert.Contains($"dev {NetworkNames.Uplink}", routes, StringComparison.Ordinal);
        var record = NetworkRecord.Read(net.Folder)!;
        Assert.SkipUnless(record.Uplink == UplinkKind.Pasta, "root has veth on this host");
        Assert.True(record.Pasta is { Alive: true });
        Assert.Contains("blackhole default proto static metric 4294967295", routes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ports_published_later_need_no_one_inside_who_wants_out()
    {
        await using var net = new SandboxFixture();
        var network = await net.CreateAsync(net.Spec());
        await net.StartMemberAsync(net.Db, SandboxFixture.TcpServer);
        var port = SandboxFixture.FreePort();
        await network.UpdateAsync(net.Spec(net.Published(port, 80)), TestContext.Current.CancellationToken);
        Assert.Equal("hello from db\n", await SandboxFixture.TalkAsync(port));
    }

    [Fact]
    public async Task A_way_out_that_this_host_cannot_give_is_a_warning_and_members_reach_each_other()
    {
        await using var net = new SandboxFixture();
        var poor = NetworkHost.Read() with { Forwarding = false, DefaultRoute = true, Pasta = null };
        var network = await net.CreateAsync(net.Spec(), poor);
        var warning = Assert.Single(network.Warnings);
        Assert.Equal(Severity.Warning, warning.Severity);
        Assert.StartsWith("BOLT94", warning.Code, StringComparison.Ordinal);
        Assert.NotNull(warning.Fix);
        await net.StartMemberAsync(net.Db, SandboxFixture.TcpServer);
        Assert.Equal("hello from db\n", await net.RunInsideAsync($"perl -e 'use IO::Socket::INET; print IO::Socket::INET->new(q({net.Db}:80))->getline'"));
        var published = await Assert.ThrowsAsync<BoltException>(() =>
            Network.CreateAsync(SandboxFixture.Shim, net.Spec(net.Published(SandboxFixture.FreePort(), 80)) with { Folder = net.Folder + "2" }, TestContext.Current.CancellationToken, poor));
        Assert.Equal((warning.Code, Severity.Error), (published.Diagnostic.Code, published.Diagnostic.Severity));
        Assert.False(Directory.Exists(net.Folder + "2"));
    }

    [Fact]
    public async Task Published_port_reaches_the_member()
    {
        await using var net = new SandboxFixture();
        var tcp = SandboxFixture.FreePort();
        await net.CreateAsync(net.Spec(net.Published(tcp, 80)));
        await net.StartMemberAsync(net.Db, SandboxFixture.TcpServer);
        Assert.Equal("hello from db\n", await SandboxFixture.TalkAsync(tcp));
    }

    [Fact]
    public async Task On_a_host_without_a_route_pasta_publishes_all_the_same()
    {
        await using var net = new SandboxFixture();
        Directory.CreateDirectory(net.Folder);
        // The host of this test is a network namespace that has loopback and nothing else.
        var spec = net.Spec(net.Published(8123, 8123));
        await File.WriteAllTextAsync(net.Root + "/host", """
            ip link set lo up
            cd "$1"; server=$2; shift 3
            mkfifo listens net/uplink.ready
            unshare --user --map-root-user --net sh -c 'ip link set lo up; exec perl -e "$1"' in "$server" > listens & holder=$!
            read -r word < listens
            for word; do
              case $word in /proc/{holder}/*) word=/proc/$holder/ns/${word##*/} ;; esac
              set -- "$@" "$word"; shift
            done
            # Its pid when it is ready, else what it said. An ignored SIGPIPE, as .NET leaves it, is an error to it.
            (env --default-signal=PIPE pasta "$@" > words 2>&1; cat words 1<> net/uplink.ready) &
            read -r pid < net/uplink.ready
            case $pid in
              *[!0-9]*) echo "$pid" ;;
              *) perl -e 'use IO::Socket::INET; print IO::Socket::INET->new(q(127.0.0.1:8123))->getline'; kill "$pid" ;;
            esac
            kill $holder
            """, TestContext.Current.CancellationToken);
        var server = SandboxFixture.TcpServer.Replace("LocalPort=>80", "LocalPort=>8123", StringComparison.Ordinal);
        string[] host = ["--user", "--map-root-user", "--net", "sh", net.Root + "/host", net.Root, server];
        Assert.Equal("hello from db\n", await SandboxFixture.RunAsync("unshare", [.. host, .. PastaArguments.Of(spec, root: false, routed: false)]));
    }

    [Fact]
    public async Task Published_udp_port_reaches_the_member()
    {
        await using var net = new SandboxFixture();
        var port = SandboxFixture.FreePort(udp: true);
        await net.CreateAsync(net.Spec(net.Published(port, 53, udp: true)));
        await net.StartMemberAsync(net.Db, UdpServer);
        using var client = new UdpClient();
        client.Connect(IPAddress.Loopback, port);
        await client.SendAsync("shout"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal("SHOUT", Encoding.ASCII.GetString((await client.ReceiveAsync(TestContext.Current.CancellationToken)).Buffer));
    }

    [Fact]
    public async Task Members_reach_each_other_and_names_resolve()
    {
        await using var net = new SandboxFixture();
        var network = await net.CreateAsync(net.Spec());
        await net.StartMemberAsync(net.Db, SandboxFixture.TcpServer);
        using var stop = new CancellationTokenSource();
        var (udp, tcp) = network.OpenResolverSockets();
        var serving = new DnsServer(new Zone("shop", [new ZoneEntry("db", net.Db)]), []).RunAsync(udp, tcp, stop.Token);
        // A query for db.shop, type A, written out (RFC 1035 section 4.1), then a connection to the address that came back.
        var web = await net.StartMemberAsync(net.Member(1), """
            use IO::Socket::INET; $|=1; print qq(ready\n);
            $u=IO::Socket::INET->new(Proto=>q(udp),PeerAddr=>q(10.89.77.1),PeerPort=>53); $u->send(pack(q(H*),q(000701000001000000000000026462)).pack(q(C/a*),q(shop)).pack(q(H*),q(0000010001)));
            $u->recv($r,512); $a=join(q(.),unpack(q(C4),substr($r,-4))); $c=IO::Socket::INET->new(PeerAddr=>$a,PeerPort=>80); print $a,q( ),<$c>;
            """);
        Assert.Equal("10.89.77.2 hello from db", await web.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        await stop.CancelAsync();
        await serving;
    }

    [Fact]
    public async Task Two_networks_with_the_same_subnet_run_apart()
    {
        await using var one = new SandboxFixture();
        await using var two = new SandboxFixture();
        var (first, second) = (SandboxFixture.FreePort(), SandboxFixture.FreePort());
        await one.CreateAsync(one.Spec(one.Published(first, 80)));
        await two.CreateAsync(two.Spec(two.Published(second, 80)));
        await one.StartMemberAsync(one.Db, SandboxFixture.TcpServer);
        await two.StartMemberAsync(two.Db, SandboxFixture.TcpServer.Replace("hello", "welcome", StringComparison.Ordinal));
        Assert.Equal("hello from db\n", await SandboxFixture.TalkAsync(first));
        Assert.Equal("welcome from db\n", await SandboxFixture.TalkAsync(second));
    }

    [Fact]
    public async Task A_port_in_use_is_named_with_its_holder_and_nothing_is_left()
    {
        await using var net = new SandboxFixture();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var error = await Assert.ThrowsAsync<BoltException>(() => net.CreateAsync(net.Spec(net.Published(port, 80))));
        Assert.Equal("BOLT4001", error.Diagnostic.Code);
        Assert.Contains($"127.0.0.1:{port}/tcp", error.Diagnostic.Message, StringComparison.Ordinal);
        Assert.Contains($"(pid {Environment.ProcessId})", error.Diagnostic.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(net.Folder));
    }

    [Fact]
    public async Task A_network_in_use_holds_its_ports()
    {
        await using var net = new SandboxFixture();
        var port = SandboxFixture.FreePort();
        await net.CreateAsync(net.Spec(net.Published(port, 80)));
        Assert.IsType<PortFinding.InUse>(Network.CheckPort(net.Published(port, 80)));
    }

    [Fact]
    public async Task A_detached_network_is_adopted_and_changed_while_it_runs()
    {
        await using var net = new SandboxFixture();
        var (old, next) = (SandboxFixture.FreePort(), SandboxFixture.FreePort());
        var spec = net.Spec(net.Published(old, 80)) with { DieWithOwner = false };
        await net.CreateAsync(spec);
        await net.StartMemberAsync(net.Db, SandboxFixture.TcpServer);

        var adopted = Network.TryAdopt(net.Folder);
        Assert.NotNull(adopted);
        Assert.Equal(Network.FingerprintOf(spec), adopted.Fingerprint);
        var changed = net.Spec(net.Published(next, 80)) with { DieWithOwner = false };
        await adopted.UpdateAsync(changed, TestContext.Current.CancellationToken);
        Assert.Equal("hello from db\n", await SandboxFixture.TalkAsync(next));
        await Assert.ThrowsAsync<SocketException>(() => SandboxFixture.TalkAsync(old));
        Assert.Equal(Network.FingerprintOf(changed), adopted.Fingerprint);
    }

    [Fact]
    public async Task A_killed_pasta_is_started_again()
    {
        await using var net = new SandboxFixture();
        var port = SandboxFixture.FreePort();
        await net.CreateAsync(net.Spec(net.Published(port, 80)));
        var pasta = NetworkRecord.Read(net.Folder)!.Pasta;
        Assert.SkipWhen(pasta is null, "BOLT9402: root has veth on this host");
        await net.StartMemberAsync(net.Db, SandboxFixture.TcpServer);
        using (var pidfd = Pidfd.Open(pasta!.Pid)) Pidfd.Signal(pidfd!, Sys.SigKill);
        Assert.Equal("hello from db\n", await AnsweredAsync(port));
        Assert.NotEqual(pasta, NetworkRecord.Read(net.Folder)!.Pasta);
    }

    private static async Task<string> AnsweredAsync(int port)
    {
        while (true)
        {
            try
            {
                return await SandboxFixture.TalkAsync(port);
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    [Fact]
    public async Task A_network_ends_with_its_owner()
    {
        var before = await FootprintAsync();
        await using (var net = new SandboxFixture())
        {
            var spec = net.Spec(net.Published(SandboxFixture.FreePort(), 80));
            var host = NetworkHost.Read();
            Directory.CreateDirectory(net.Folder);
            var owned = new ConcurrentDictionary<string, System.Diagnostics.Process>();
            var holder = await SandboxProcess.StartAsync(
                SandboxFixture.Shim, SandboxOrder.Of(spec, host, host.ChooseUplink(spec).Kind), spec, owned, TestContext.Current.CancellationToken);
            var record = NetworkRecord.Read(net.Folder)!;
            Assert.True(record is { Keeper.Alive: true, Holder.Alive: true });
            // What the kernel does with the pipe of an owner that was killed.
            owned[net.Folder].StandardInput.Close();
            await owned[net.Folder].WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, ProcessStart.Of(holder));
            Assert.True(record.Pasta is not { Alive: true });
            Assert.False(Directory.Exists(net.Folder));
        }
        Assert.Equal(before, await FootprintAsync());
    }

    [Fact]
    public async Task What_a_killed_owner_left_of_its_stack_goes_with_the_network()
    {
        await using var net = new SandboxFixture();
        var (run, state) = (Path.Combine(net.Root, "stacks/shop"), Path.Combine(net.Root, "state"));
        var spec = net.Spec() with { Folder = run + "/net", Remains = new SandboxRemains(run, state, net.Root + "/volumes") };
        foreach (var folder in new[] { spec.Folder, run + "/capsules/web.1", state }) Directory.CreateDirectory(folder);
        foreach (var file in new[] { run + "/owner.lock", run + "/capsules/web.1/exit", state + "/passwords.json" }) File.WriteAllText(file, "");
        // A service's own user: whoever deletes this needs the id map.
        var files = new MappedFiles(SandboxFixture.Shim, spec.Ids);
        if (!spec.Ids.Single) await files.MakeFolderAsync(run + "/capsules/web.1/upper", 70, 70, 0b111_000_000, TestContext.Current.CancellationToken);
        var host = NetworkHost.Read();
        var owned = new ConcurrentDictionary<string, System.Diagnostics.Process>();
        await SandboxProcess.StartAsync(
            SandboxFixture.Shim, SandboxOrder.Of(spec, host, host.ChooseUplink(spec).Kind), spec, owned, TestContext.Current.CancellationToken);
        owned[spec.Folder].StandardInput.Close();
        await owned[spec.Folder].WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Empty(Directory.GetFileSystemEntries(net.Root + "/stacks"));
        Assert.False(Directory.Exists(state));
    }

    [Fact]
    public async Task What_a_new_owner_holds_is_left_to_it()
    {
        await using var net = new SandboxFixture();
        var run = Path.Combine(net.Root, "stacks/shop");
        var spec = net.Spec() with { Folder = run + "/net", Remains = new SandboxRemains(run, net.Root + "/state", net.Root + "/volumes") };
        Directory.CreateDirectory(spec.Folder);
        using var held = new FileStream(run + "/owner.lock", FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        var host = NetworkHost.Read();
        var owned = new ConcurrentDictionary<string, System.Diagnostics.Process>();
        await SandboxProcess.StartAsync(
            SandboxFixture.Shim, SandboxOrder.Of(spec, host, host.ChooseUplink(spec).Kind), spec, owned, TestContext.Current.CancellationToken);
        owned[spec.Folder].StandardInput.Close();
        await owned[spec.Folder].WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(File.Exists(run + "/owner.lock"));
    }

    [Fact]
    public async Task What_a_killed_sandbox_left_is_removed_at_adoption()
    {
        var before = await FootprintAsync();
        await using (var net = new SandboxFixture())
        {
            await net.CreateAsync(net.Spec(net.Published(SandboxFixture.FreePort(), 80)) with { DieWithOwner = false });
            var keeper = NetworkRecord.Read(net.Folder)!.Keeper!;
            using var process = System.Diagnostics.Process.GetProcessById(keeper.Pid);
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Null(Network.TryAdopt(net.Folder));
            Assert.False(Directory.Exists(net.Folder));
        }
        Assert.Equal(before, await FootprintAsync());
    }

    /// <summary>Links and rules of the host, as far as this user may see them.</summary>
    private static async Task<string> FootprintAsync() =>
        await SandboxFixture.RunAsync("ip", "-br", "link") + await SandboxFixture.RunAsync("nft", "list", "tables");
}
