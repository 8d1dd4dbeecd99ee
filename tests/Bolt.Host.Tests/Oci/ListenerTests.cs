using System.Net.Sockets;
using System.Text.Json.Nodes;
using Bolt.Kernel;

namespace Bolt.Host.Tests.Oci;

/// <summary>config-linux.md#seccomp, listenerPath: the filter's listener goes to whoever decides over its calls.</summary>
public sealed class ListenerTests : IDisposable
{
    private readonly Bundle _bundle = new();

    [Theory]
    [InlineData("bolt")]
    [InlineData("runc")]
    public async Task The_listener_comes_with_the_state_and_decides(string runtime)
    {
        // Bolt's answers are right where the other is not installed too.
        var peer = runtime == "runc" ? OciPeer.Runc(_bundle.Folder) ?? OciPeer.Bolt(_bundle.Folder) : OciPeer.Bolt(_bundle.Folder);
        var path = Path.Combine(_bundle.Folder, "listener");
        using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        server.Bind(new UnixDomainSocketEndPoint(path));
        server.Listen();
        var config = _bundle.Config("mkdir /tmp/d 2>&1 | grep -c 'not implemented'");
        config["linux"]!["seccomp"] = JsonNode.Parse($$"""
            {"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"{{path}}","listenerMetadata":"kept",
             "syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_NOTIFY"}]}
            """);
        _bundle.Write(config);
        var id = _bundle.NextId();
        var running = Task.Run(() => peer.Call("run", "--bundle", _bundle.Folder, id), TestContext.Current.CancellationToken);
        var accepting = server.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.True(await Task.WhenAny(running, accepting) == accepting, running.IsCompleted ? (await running).Error : "");
        using var client = await accepting;
        var (message, listeners) = Receive(client);
        Assert.Equal("kept", (string?)message["metadata"]);
        Assert.Equal("seccompFd", (string?)message["fds"]!.AsArray().Single());
        Assert.True((int)message["pid"]! > 0);
        Assert.Equal(id, (string?)message["state"]!["id"]);
        // A listener that is closed answers all calls so.
        Assert.Single(listeners).Dispose();
        Assert.Equal("1\n", (await running).Output);
    }

    public void Dispose() => _bundle.Dispose();

    private static (JsonNode Message, List<Fd> Descriptors) Receive(Socket client)
    {
        using var own = new Fd((int)client.Handle);
        using var socket = PacketSocket.Adopt(Descriptors.Above(own, 3));
        own.Release();
        var packet = new byte[64 << 10];
        var descriptors = new List<Fd>();
        var length = 0;
        do
        {
            _ = socket.WaitReadable(Timeout.InfiniteTimeSpan);
        }
        while (socket.TryReceive(packet, descriptors, out length) == Errno.EAGAIN);
        return (JsonNode.Parse(packet.AsSpan(0, length))!, descriptors);
    }
}
