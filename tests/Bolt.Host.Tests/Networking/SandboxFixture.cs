using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Bolt.Launch;
using Bolt.Networking;

namespace Bolt.Host.Tests.Networking;

/// <summary>A network of its own for one test, with processes that sit in it as members do.</summary>
internal sealed class SandboxFixture : IAsyncDisposable
{
    /// <summary>Port 80; one line for each connection.</summary>
    public const string TcpServer =
        "use IO::Socket::INET; $|=1; $s=IO::Socket::INET->new(Listen=>9,LocalPort=>80) or die; print qq(ready\\n); while($c=$s->accept){print $c qq(hello from db\\n); close $c}";

    private readonly List<Process> _members = [];
    private readonly string _root = Directory.CreateTempSubdirectory("bolt-net-").FullName;

    public SandboxFixture() => File.SetUnixFileMode(_root, (UnixFileMode)0b111_001_001);

    public static string Shim { get; } = ShimLocation.Find(null) ?? throw new InvalidOperationException("bolt-shim is not beside the tests");

    public string Root => _root;
    public string Folder => Path.Combine(_root, "net");
    public IPNetwork Subnet { get; init; } = IPNetwork.Parse("10.89.77.0/24");
    public IPAddress Db => Member(0);
    public Network? Network { get; private set; }

    public IPAddress Member(int n) => SubnetPool.MemberAddress(Subnet, n);

    public NetworkSpec Spec(params ImmutableArray<PublishedPort> ports) => new()
    {
        Id = "shop-" + Path.GetFileName(_root).ToLowerInvariant(),
        Folder = Folder,
        Ids = IdMap.OfCurrentUser(),
        Subnet = Subnet,
        Members = [new NetworkMember(["db"], Member(0)), new NetworkMember(["web", "www"], Member(1))],
        Ports = ports,
        DieWithOwner = true,
    };

    public PublishedPort Published(int hostPort, int memberPort, bool udp = false) => new(IPAddress.Loopback, hostPort, Db, memberPort, udp);

    public async Task<Network> CreateAsync(NetworkSpec spec, NetworkHost? host = null)
    {
        try
        {
            return Network = await Network.CreateAsync(Shim, spec, TestContext.Current.CancellationToken, host);
        }
        catch (Bolt.Diagnostics.BoltException e)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(e.Diagnostic.ToString());
            throw;
        }
    }

    /// <summary>A perl program in a network namespace with a veth to the bridge, as a capsule has it. Returns once it has said "ready".</summary>
    public async Task<Process> StartMemberAsync(IPAddress address, string perl)
    {
        var seat = Network!.Seat(address);
        var script = $$"""
            set -e
            exec unshare --net sh -c '
              set -e
              echo started $$
              read go
              ip link set lo up
              ip addr add {{address}}/{{seat.PrefixLength}} dev eth0
              ip link set eth0 mtu {{seat.Mtu}} up
              ip route add default via {{seat.Gateway}}
              exec perl -e "$1"
            ' member "$1"
            """;
        var process = Process.Start(new ProcessStartInfo("nsenter",
            ["-t", $"{Network.SandboxPid}", "-U", "-n", "sh", "-c", script, "member", perl])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        _members.Add(process);
        Assert.StartsWith("started", await process.StandardOutput.ReadLineAsync());
        await RunInsideAsync(
            $"ip link add {seat.VethName} mtu {seat.Mtu} type veth peer name eth0 netns {process.Id} && ip link set {seat.VethName} master {seat.Bridge} up");
        await process.StandardInput.WriteLineAsync("go");
        await process.StandardInput.FlushAsync();
        Assert.Equal("ready", await process.StandardOutput.ReadLineAsync());
        return process;
    }

    /// <summary>A shell command in the sandbox's own namespaces; its output.</summary>
    public async Task<string> RunInsideAsync(string command) =>
        await RunAsync("nsenter", "-t", $"{Network!.SandboxPid}", "-U", "-n", "sh", "-c", command);

    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : output + await error + $"(exit {process.ExitCode})";
    }

    public static int FreePort(bool udp = false) =>
        Assert.IsType<PortFinding.Free>(Network.CheckPort(new PublishedPort(IPAddress.Loopback, 0, IPAddress.Loopback, 1, udp))).Port;

    public static async Task<string> TalkAsync(int port)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var member in _members)
        {
            member.Kill(entireProcessTree: true);
            await member.WaitForExitAsync();
            member.Dispose();
        }
        if (Network is not null) await Network.RemoveAsync(CancellationToken.None);
        Directory.Delete(_root, recursive: true);
    }
}
