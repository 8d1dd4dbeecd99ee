using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Bolt.Builds;
using Bolt.Host.Tests.Registries;

namespace Bolt.Host.Tests.Builds;

/// <summary>What comes from elsewhere: bases of a registry, files of an address, an agent's socket.</summary>
public sealed class DockerfileBaseTests : IAsyncDisposable
{
    private readonly BuildRoom room = new();

    public ValueTask DisposeAsync() => room.DisposeAsync();

    [Fact]
    public async Task A_base_of_a_registry_keeps_its_packed_layers_and_the_result_is_pushed()
    {
        await using var registry = await DebianRegistry.StartAsync();
        await registry.SkopeoAsync("--dest-compress", "--dest-compress-format", "gzip", "--format", "oci", $"oci:{room.Stack.Folder}/image", $"docker://{registry.Host}/base:1");
        await room.BuildAsync($"ARG HOST\nFROM $HOST/base:1\nRUN [\"/bin/busybox\", \"touch\", \"/made\"]\nCMD [\"sh\"]\n",
            o => o with { Arguments = o.Arguments.Add("HOST", registry.Host), Tags = [$"{registry.Host}/made:1"] });
        Assert.Contains("made", (await room.FilesAsync($"{registry.Host}/made:1")).Keys);
        var digest = await room.Runtime.PushAsync($"{registry.Host}/made:1", null, null, CancellationToken.None);
        // Another store gets the same image: the base's blob is the one that was there before.
        await using var other = new Storage.Stores();
        var pulled = await other.Registry().PullAsync(Bolt.Images.ImageReference.Parse($"{registry.Host}/made:1").Value!, null, CancellationToken.None);
        Assert.Equal(digest, pulled.Manifest!.Value.ToString());
        Assert.Equal(2, pulled.Layers.Length);
        Assert.All(pulled.Layers, l => Assert.EndsWith("+gzip", l.MediaType));
        Assert.True(File.Exists(other.Trees.Find(pulled.Config.DiffIds[1]) + "/made"));
        // --pull asks again and finds the same.
        await room.BuildAsync($"FROM {registry.Host}/base:1\nRUN [\"/bin/busybox\", \"touch\", \"/made\"]\nCMD [\"sh\"]\n", o => o with { Pull = true });
        Assert.Empty(room.Ran);
    }

    [Fact]
    public async Task ADD_fetches_an_address_and_holds_it_to_its_checksum()
    {
        var bytes = Encoding.UTF8.GetBytes("fetched");
        using var server = new HttpListener();
        var port = FreePort();
        server.Prefixes.Add($"http://127.0.0.1:{port}/");
        server.Start();
        var serving = Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    var call = await server.GetContextAsync();
                    await call.Response.OutputStream.WriteAsync(bytes);
                    call.Response.Close();
                }
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                // The test is over.
            }
        });
        var sum = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
        await room.BuildAsync($"FROM scratch\nADD --checksum={sum} --chmod=644 http://127.0.0.1:{port}/a/file.txt?x=1 /in/\nADD http://127.0.0.1:{port}/other /as\n");
        var files = await room.FilesAsync();
        Assert.Equal(("644 0:0 fetched", "600 0:0 fetched"), (files["in/file.txt"], files["as"]));
        Assert.Equal("BOLT2716", (await room.FailAsync($"FROM scratch\nADD --checksum=sha256:{new string('0', 64)} http://127.0.0.1:{port}/file /in/\n")).Code);
        server.Close();
        await serving;
        Assert.Equal("BOLT2715", (await room.FailAsync($"FROM scratch\nADD http://127.0.0.1:{port}/file /in/\n")).Code);
    }

    [Fact]
    public async Task An_agents_socket_is_there_for_its_step_alone()
    {
        var path = room.Stack.Folder + "/agent.sock";
        using var agent = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        agent.Bind(new UnixDomainSocketEndPoint(path));
        agent.Listen();
        await room.BuildAsync(BuildRoom.From + "RUN --mount=type=ssh test -S \"$SSH_AUTH_SOCK\" && echo socket\nRUN test -z \"$SSH_AUTH_SOCK\" && test ! -e /run\n",
            o => o with { SshAgents = o.SshAgents.Add("default", path) });
        Assert.Contains("socket", room.Output);
        Assert.Equal("BOLT2707", (await room.FailAsync(BuildRoom.From + "RUN --mount=type=ssh,required=true true\n")).Code);
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
