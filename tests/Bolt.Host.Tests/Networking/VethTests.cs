using System.Net;
using System.Net.Sockets;
using Bolt.Kernel;
using Bolt.Launch;
using Bolt.Networking;

namespace Bolt.Host.Tests.Networking;

/// <summary>Root's uplink, in a network namespace that stands for the host: this machine's own rules stay untouched.</summary>
public class VethTests
{
    [Fact]
    public async Task Root_publishes_and_reaches_out_over_veth()
    {
        Assert.SkipUnless(NetworkHost.Read().Root, "BOLT9407: an ordinary user has pasta instead");
        await using var net = new SandboxFixture();
        await OnHostOfItsOwn(() =>
        {
            var (local, everywhere) = (SandboxFixture.FreePort(), SandboxFixture.FreePort());
            var spec = net.Spec(net.Published(local, 80), new PublishedPort(IPAddress.Any, everywhere, net.Db, 80, false));
            net.CreateAsync(spec).GetAwaiter().GetResult();
            Assert.Equal(UplinkKind.Veth, NetworkRecord.Read(net.Folder)!.Uplink);
            net.StartMemberAsync(net.Db, SandboxFixture.TcpServer).GetAwaiter().GetResult();
            Assert.Equal("hello from db\n", Talk(IPAddress.Loopback, local));

            using var world = World($"$c=$s->accept; print $c $c->peerhost, qq(\\n); close $c; $c=IO::Socket::INET->new(PeerAddr=>q(198.51.100.1),PeerPort=>{everywhere}) or die; print <$c>");
            var member = net.StartMemberAsync(net.Member(1),
                "use IO::Socket::INET; $|=1; print qq(ready\\n); $c=IO::Socket::INET->new(PeerAddr=>q(198.51.100.2),PeerPort=>7) or die; print <$c>").GetAwaiter().GetResult();
            // The world sees the host's address, and reaches the port that is published everywhere.
            Assert.Equal("198.51.100.1", member.StandardOutput.ReadLine());
            Assert.Equal("hello from db", world.StandardOutput.ReadLine());
            world.WaitForExit();

            net.Network!.RemoveAsync(CancellationToken.None).GetAwaiter().GetResult();
            Assert.DoesNotContain("bolt", Run("nft", "list", "tables"), StringComparison.Ordinal);
            Assert.DoesNotContain("bolt", Run("ip", "-br", "link"), StringComparison.Ordinal);
        });
    }

    /// <summary>Processes and sockets made by this thread are in its namespace; the thread ends with it.</summary>
    private static Task OnHostOfItsOwn(Action body)
    {
        var done = new TaskCompletionSource();
        var thread = new Thread(() =>
        {
            try
            {
                Assert.Equal(0, Sys.Unshare(Sys.CloneNewNet));
                Run("ip", "link", "set", "lo", "up");
                File.WriteAllText("/proc/sys/net/ipv4/ip_forward", "1");
                body();
                done.SetResult();
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        thread.Start();
        return done.Task;
    }

    /// <summary>A neighbour 198.51.100.2 of the host 198.51.100.1, which listens on port 7 as $s and then does as told.</summary>
    private static System.Diagnostics.Process World(string perl)
    {
        var world = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("unshare", ["--net", "sh", "-c",
            "echo $$; read go; ip addr add 198.51.100.2/24 dev w1; ip link set w1 up; exec perl -e \"$1\"", "world",
            "use IO::Socket::INET; $|=1; $s=IO::Socket::INET->new(Listen=>9,LocalPort=>7) or die; print qq(ready\\n); " + perl])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var pid = world.StandardOutput.ReadLine()!;
        Run("ip", "link", "add", "w0", "type", "veth", "peer", "name", "w1", "netns", pid);
        Run("ip", "addr", "add", "198.51.100.1/24", "dev", "w0");
        Run("ip", "link", "set", "w0", "up");
        world.StandardInput.WriteLine("go");
        world.StandardInput.Flush();
        Assert.Equal("ready", world.StandardOutput.ReadLine());
        return world;
    }

    private static string Talk(IPAddress address, int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(address, port);
        using var reader = new StreamReader(new NetworkStream(socket));
        return reader.ReadToEnd();
    }

    private static string Run(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
